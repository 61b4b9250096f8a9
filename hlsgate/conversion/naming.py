"""Names that may be written into C++, CMake, Tcl, Verilog and file names.

hls4ml writes a model's names as they are. A model may come from anybody, so a name that is not
plain is replaced by one that is made here, before hls4ml sees it; people are shown their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hlsgate.infra.escaping import shown

LONGEST = 64
"""Characters; hls4ml appends its own, and some tools read 255."""

_MADE = "renamed"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", re.ASCII)
"""No underscore at either end and no two in a row: those names belong to C++ itself."""

_WORDS = """
alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor
bool break case catch char char16_t char32_t char8_t class co_await co_return co_yield compl
concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int
long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected
public reflexpr register reinterpret_cast requires restrict return short signed sizeof static
static_assert static_cast struct switch synchronized template this thread_local throw true try
typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor
xor_eq
abort alloca assert errno i386 linux major main makedev minor offsetof setjmp signbit stderr
stdin stdout unix va_arg va_copy va_end va_start
ac ap fpga ihc ihc_fpga intel nnet std sycl
"""
"""Keywords of C++, C and their successors; macros of the C library; namespaces of hls4ml's code."""

_RESERVED = frozenset(_WORDS.split())

_HLS4MLS = re.compile(r"(config|layer|[bswz])\d+(_\w+)?|\w+_t", re.ASCII)
"""What hls4ml calls its own things: ``w2``, ``layer2_out``, ``config2``, ``result_t``."""

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", re.ASCII)
"""Of a variable, or of a member of one."""


def is_safe(name: str) -> bool:
    """Whether a name of a layer can be written as it is.

    Examples
    --------
    >>> is_safe("dense_1"), is_safe("dense 1"), is_safe("class"), is_safe("EOF")
    (True, False, False, False)
    """
    return (
        len(name) <= LONGEST
        and _PLAIN.fullmatch(name) is not None
        and _HLS4MLS.fullmatch(name) is None
        and name not in _RESERVED
        and name != name.upper()  # macros are written so
    )


def safe_names(names: Iterable[str]) -> dict[str, str]:
    r"""Return a safe name for each of several, all different, in upper and in lower case too.

    Examples
    --------
    >>> safe_names(["dense", "Dense", "out\n#define x", "dense"])
    {'dense': 'dense', 'Dense': 'renamed1', 'out\n#define x': 'renamed2'}
    """
    given = list(dict.fromkeys(names))
    taken = {name.lower() for name in given}
    free = (made for n in range(1, len(taken) + len(given) + 1)
            if (made := f"{_MADE}{n}") not in taken)  # fmt: skip
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in given:
        found[name] = name if is_safe(name) and name.lower() not in used else next(free)
        used.add(found[name].lower())
    return found


def for_people(text: str, names: Mapping[str, str]) -> str:
    """Put people's names back into a text about layers, those made here with what hls4ml appends.

    Parameters
    ----------
    text : str
        A name, or a sentence.
    names : mapping of str to str
        From `safe_names`.

    Examples
    --------
    >>> for_people("renamed1_relu differs", {"my layer": "renamed1"})
    'my layer_relu differs'
    """
    own = {made: shown(name) for name, made in names.items() if made != name}
    if not own:
        return text
    return re.sub(rf"(?<![A-Za-z0-9_]){_MADE}\d+", lambda at: own.get(at[0], at[0]), text)


def strange(names: Iterable[str]) -> list[str]:
    """Return the names that C++ would not read as those of variables or of their members."""
    return [name for name in names if _IDENTIFIER.fullmatch(name) is None]
