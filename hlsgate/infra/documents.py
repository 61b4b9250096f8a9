"""JSON that is kept and read back: read strictly, checked against a schema, written at once.

``baselines.json`` and ``results.json`` are read by gates, and results may come from a stranger's
upload. So a doubt is an error: a key twice, a number that is none or is too large to be a count,
text with control characters, nesting without end.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hlsgate.infra import opening
from hlsgate.infra.cache import write_atomically
from hlsgate.infra.errors import HlsgateError

LARGEST_FILE = 16 * 2**20
"""Bytes; results of a thousand designs are a few MiB."""

MOST_VALUES = 200_000
"""Values in one file; a schema is checked value by value, and more would take minutes."""

LARGEST_NUMBER = 2**53
"""Beyond it a float no longer counts one by one."""

DEEPEST = 16
"""Levels of nesting; the schemas need nine."""

_LONGEST_MESSAGE = 300

_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls of terminals and of writing direction, which would rewrite the line that shows them."""


def read(path: Path, schema: Path, error: type[HlsgateError], hint: str) -> Any:
    """Read a JSON file that must follow a schema.

    Parameters
    ----------
    path, schema : pathlib.Path
        The file, and the JSON Schema (draft 2020-12) that it must follow.
    error : type
        What to raise; its message names the file and the place in it.
    hint : str
        What to do about a file that cannot be used, in a few words.
    """
    text, content = _loaded(path, error, hint)
    known = (schema, hashlib.sha256(text.encode()).hexdigest())
    if known not in _GOOD:
        check(content, path, schema, error)
        _GOOD.add(known)
    return content


_GOOD: set[tuple[Path, str]] = set()
"""Texts that were found to follow a schema: one run reads the same baselines many times."""


def load(path: Path, error: type[HlsgateError], hint: str) -> Any:
    """Read a JSON file strictly, of whatever schema; parameters are those of `read`."""
    return _loaded(path, error, hint)[1]


def _loaded(path: Path, error: type[HlsgateError], hint: str) -> tuple[str, Any]:
    try:
        text = _text(path)
        return text, parse(text)
    except OSError as problem:
        what = problem.strerror or problem
        raise error(f"{path} cannot be read ({what}); {hint}.") from problem
    except RecursionError as problem:
        raise error(f"{path} is not what it should be: nested too deeply; {hint}.") from problem
    except ValueError as problem:
        what = shortened(str(problem))
        raise error(f"{path} is not what it should be: {what}; {hint}.") from problem


def _text(path: Path) -> str:
    return opening.read(path, LARGEST_FILE).decode("utf-8")


def parse(text: str, deepest: int = DEEPEST) -> Any:
    """Parse JSON strictly.

    Parameters
    ----------
    text : str
        The JSON.
    deepest : int
        Levels of nesting that it may have.

    Raises
    ------
    ValueError
        If it is no JSON, or holds what no file of hlsgate has; the message names the place.

    Examples
    --------
    >>> parse('{"alut": 1, "alut": 2}')
    Traceback (most recent call last):
    ValueError: the key 'alut' is there twice in one object
    """
    if text.count(",") > MOST_VALUES:  # before any is made
        raise ValueError(f"more than {MOST_VALUES:,} values")
    content = json.loads(
        text,
        object_pairs_hook=unique_keys,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_countable,
    )
    for place, value in _texts(content, deepest):
        if _NO_TEXT.search(value):
            raise ValueError(f"{place}: {value!a} holds characters that are no text")
    return content


def _texts(content: Any, deepest: int) -> Iterator[tuple[str, str]]:
    """Give every text, keys included, and where it stands; without recursion."""
    todo: list[tuple[tuple[Any, ...], Any]] = [((), content)]
    while todo:
        steps, value = todo.pop()
        if len(steps) > deepest:
            raise ValueError(f"nested deeper than {deepest} levels")
        if isinstance(value, str):
            yield place(steps), value
        elif isinstance(value, dict):
            yield from ((place(steps), key) for key in value)
            todo.extend(((*steps, key), item) for key, item in value.items())
        elif isinstance(value, list):
            todo.extend(((*steps, index), item) for index, item in enumerate(value))


def place(steps: Iterable[Any]) -> str:
    """Name a place in a document: its keys and indices, joined.

    Examples
    --------
    >>> place(["resources", "jets-float-da4ml", "budgets", 0])
    'resources/jets-float-da4ml/budgets/0'
    """
    return "/".join(str(step) for step in steps) or "top level"


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Be the `object_pairs_hook` of a JSON reader that takes no key twice in one object."""
    unique = dict(pairs)
    if len(unique) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {shortened(repr(name))} is there twice in one object")
            seen.add(name)
    return unique


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise ValueError(f"the number {shortened(text)} is too large to be a count")
    return value


def _countable(text: str) -> int:
    if len(text) > len(str(-LARGEST_NUMBER)) or abs(int(text)) > LARGEST_NUMBER:
        raise ValueError(f"the number {shortened(text)} is too large to be a count")
    return int(text)


def check(content: Any, path: Path, schema: Path, error: type[HlsgateError]) -> None:
    """Raise `error`, naming file and place, where content does not follow a schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    problems = sorted(validator.iter_errors(content), key=lambda one: place(one.absolute_path))
    if problems:
        first = best_match(problems[:1])
        where = place(first.absolute_path)
        raise error(f"{path}: {where}: {shortened(first.message)}")


def shortened(text: str) -> str:
    """Return a text, or its beginning and end where it is long."""
    # a message quotes what it is about, which may be the whole file; so its end says more
    if len(text) <= _LONGEST_MESSAGE:
        return text
    half = _LONGEST_MESSAGE // 2
    return f"{text[:half]} ... {text[-half:]}"


def write(path: Path, content: Any, error: type[HlsgateError]) -> None:
    """Write a JSON file with sorted keys; readers see the old content or the new, never a part."""
    write_text(path, dumps(content), error)


def dumps(content: Any) -> str:
    """Return content as the text that `write` writes."""
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_text(path: Path, text: str, error: type[HlsgateError]) -> None:
    """Write a text file in the same way; `error` names it where that cannot be done."""
    try:
        write_atomically(path, text)
    except OSError as problem:
        what = problem.strerror or problem
        raise error(f"{path} cannot be written ({what}); nothing was changed.") from problem
