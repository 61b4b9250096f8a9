"""Copies of written sources, made so that g++ takes them and is quick; values stay the same.

Source: the files that hls4ml 1.3.0 writes. What is written otherwise is left as it is.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from hlsgate.infra.cache import digest


def adapt(firmware: Path, *, as_written: bool = False) -> None:
    """Adapt the copied sources of a project.

    Parameters
    ----------
    firmware : pathlib.Path
        The folder that hls4ml calls so; changed in place.
    as_written : bool
        Change only what g++ would refuse: ``constexpr`` where Mentor's types cannot have it. Every
        loop, table and type stays hls4ml's own, and takes the time that it takes.
    """
    if not as_written:
        _quicken(firmware)
    for file in firmware.glob("weights/*.h"):
        file.write_text(file.read_text().replace("static constexpr ", "static const "))
    parameters = firmware / "parameters.h"
    if parameters.is_file():
        parameters.write_text(_PARAMETER.sub(r"\1inline static const \2", parameters.read_text()))
    for header in firmware.glob("nnet_utils/nnet_conv*_stream.h"):  # of oneAPI; see `_weights`
        header.write_text(header.read_text().replace("constexpr auto padds", "const auto padds"))


def _quicken(firmware: Path) -> None:
    """Let tables be filled in loops, dense layers be summed in integers, and types be cut."""
    for file in firmware.glob("weights/*.h"):
        file.write_text(_weights(file.read_text()))
    _dense(firmware / "nnet_utils")
    types = firmware / "ap_types" / "etc" / "ap_private.h"
    if types.is_file():
        types.write_text(_types(types.read_text()))


def _weights(text: str) -> str:
    """Fill a weight table in a loop: a list is one constructor call for each weight to compile.

    The loop calls the same constructor, with the same number. A table that stays a list becomes
    ``const`` in `adapt`: hls4ml writes it ``constexpr`` for oneAPI, which Mentor's ac_fixed, unlike
    Intel's, cannot be, for want of a constexpr constructor.
    """
    return _ARRAY.sub(_ARRAY_IN_LOOP, _LIST.sub(_OBJECT_IN_LOOP, text))


_NUMBER = r"\s*-?\d+\.\d*(?:e[-+]?\d+)?\s*"
_NUMBERS = rf"({_NUMBER}(?:,{_NUMBER})*)"
_LIST = re.compile(rf"static constexpr (\w+) (\w+) = \{{\{{{_NUMBERS}\}}\}};")
_ARRAY = re.compile(rf"static const (\w+) (\w+)\[(\d+)\] = \{{{_NUMBERS}\}};")

_OBJECT_IN_LOOP = r"""static const double \2_numbers[] = {\3};
static const \1 \2 = [] {
    \1 table;
    for (unsigned i = 0; i < sizeof(\2_numbers) / sizeof(double); ++i)
        table[i] = typename \1::value_type(\2_numbers[i]);
    return table;
}();"""

_ARRAY_IN_LOOP = r"""static const double \2_numbers[\3] = {\4};
static \1 \2[\3];
static const bool \2_filled = [] {
    for (unsigned i = 0; i < \3; ++i)
        \2[i] = \1(\2_numbers[i]);
    return true;
}();"""


_PARAMETER = re.compile(
    r"^(\s*)static constexpr "
    r"(?!(?:unsigned|signed|bool|int|long|auto|float|double|size_t)\b)(\w+ \w+ =)",
    re.MULTILINE,
)
"""A layer's number of a fixed-point type (slope and shift of hard sigmoid and hard tanh), which
hls4ml writes ``constexpr`` for oneAPI; see `_weights`."""

KNOWN_DENSE = ("3156a26f528a35e9", "aaadb7dda3dd0f6c")
"""Hashes over nnet_dense.h and nnet_mult.h of hls4ml 1.3.0: Quartus, oneAPI.

What ``host/dense.h`` computes instead was held against these very texts.
"""

QUICK_DENSE = Path(__file__).parent / "host" / "dense.h"


def _dense(folder: Path) -> None:
    """Compute dense layers in plain integers where that is exact, else as quickly as written."""
    file, products = folder / "nnet_dense.h", folder / "nnet_mult.h"
    if not file.is_file():
        return
    text = file.read_text()
    if products.is_file() and digest([text, products.read_text()])[:16] in KNOWN_DENSE:
        for known, quick in _QUICK:
            text = text.replace(known, quick, 1)
        shutil.copy(QUICK_DENSE, folder / "hlsgate_dense.h")
    file.write_text(_UNROLL.sub("#pragma GCC unroll 8", text))


_QUICK = (
    ("namespace nnet {\n", '#include "hlsgate_dense.h"\n\nnamespace nnet {\n'),
    (
        "    if (CONFIG_T::reuse_factor <= CONFIG_T::n_in) {\n",
        """    using Quick =
        hlsgate::Dense<decltype(data), decltype(res), decltype(weights), CONFIG_T>;
    if constexpr (Quick::suits()) {
        Quick::run(data, res, weights, biases);
    } else if constexpr (CONFIG_T::reuse_factor <= CONFIG_T::n_in) {
""",
    ),
)

_UNROLL = re.compile(r"#pragma unroll(?=\s*\n\s*for \()")
"""Intel's word for it, which g++ passes over; its own has to stand right before a loop."""


def _types(text: str) -> str:
    """Give AMD's type a cut to its width that does not force every result through memory.

    The one that is there is ``volatile``; objects that are not get an equal one that is not.
    """
    return _CUT.sub(r"\1\2\n  \1 volatile\2", text)


_CUT = re.compile(r"(INLINE void clearUnusedBits\(void\)) volatile(.*?\n  \}\n)", re.DOTALL)
