"""Plain values of a configuration: names, numbers, shapes, words, and calls that QKeras reads."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from hlsgate.inspection import known

LARGEST = 2**24
"""Largest whole number: of units, rows, steps."""

LONGEST_NAME = 200
LONGEST_QUANTIZER = 300

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(value: object) -> str:
    """Return a value for a message, escaped and shortened."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-10:]}"  # noqa: PLR2004


def fits(name: Any) -> bool:
    """Tell whether this may be a name: of a layer, a network, a variable."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and not _CONTROLS.search(name)


def is_plain(key: str, value: Any) -> bool:
    """Tell whether a key may hold this number, word or list."""
    if key in ("name", "var_name"):
        return fits(value)
    if key in known.FALSE:
        return value is False or value == 0
    if isinstance(value, str):
        auto = key == "alpha" and value in ("auto", "auto_po2")
        policy = key == "name" and value in known.WORDS["dtype"].split()
        return auto or policy or value in known.WORDS.get(key, "").split()
    if isinstance(value, list):
        return is_shape(value)
    return _finite(value) or is_whole(value, known.SIZES.get(key, LARGEST))


def is_call(text: str) -> bool:
    """Tell whether a text calls a quantizer with plain values, as in ``quantized_bits(4,0,1)``.

    QKeras looks the name up among all that its module has, and takes the rest apart by commas.

    Examples
    --------
    >>> is_call("quantized_bits(4, 0, alpha='auto')"), is_call("get_quantizer('quantized_bits')")
    (True, False)
    """
    if len(text) > LONGEST_QUANTIZER or _CONTROLS.search(text):
        return False
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    if isinstance(tree, ast.Name):
        return tree.id in known.QUANTIZERS
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        return False
    names = known.QUANTIZERS.get(tree.func.id, "").split()
    pairs = [*zip(names, tree.args, strict=False), *((one.arg, one.value) for one in tree.keywords)]
    given = [name for name, _ in pairs]
    fits = len(tree.args) <= len(names) and len(given) == len(set(given)) and set(given) <= {*names}
    return fits and all(_is_literal(str(name), value) for name, value in pairs)


def _is_literal(name: str, value: ast.expr) -> bool:
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    scalar = isinstance(literal, bool | int | float | str | None)
    return scalar and (literal is None or is_plain(name, literal))


def is_whole(value: Any, most: int = LARGEST) -> bool:
    """Tell whether this is a whole number that is not too large."""
    return isinstance(value, int) and abs(value) <= most


def is_shape(value: Any, depth: int = 0) -> bool:
    """Tell whether this is a short list of small numbers and None, or of such lists."""
    if not isinstance(value, list) or len(value) > 16 or depth > 2:  # noqa: PLR2004
        return False
    return all(
        one is None or is_shape(one, depth + 1) or is_whole(one) or _finite(one) for one in value
    )


def _finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)
