"""Reader of the synthesis baselines that hls4ml's own test suite keeps, one JSON file a test.

Source of every name below: ``test/pytest/baselines/<Backend>/<version>/<test>.json`` of hls4ml, as
its ``hls4ml/report/oneapi_report.py`` and ``vivado_report.py`` write them, and the tolerances of
its ``test/pytest/synthesis_helpers.py`` (2026). A file holds numbers alone: no part, no weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlsgate.infra import documents
from hlsgate.infra.errors import BaselineError

_DECIMAL = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_UNKNOWN = "undef"  # Vitis HLS, where a latency depends on the data
_HINT = "give a file as hls4ml's test suite keeps it"
_BEST = "a best case; hlsgate keeps the worst"
_CAPACITY = "what the device has, which every report states itself"


@dataclass(frozen=True)
class Field:
    """One number of a file, and what it is here.

    Parameters
    ----------
    metric : str
        Metric (`hlsgate.spec.metrics`); ``""`` for the clock that was aimed at.
    rel : float
        hls4ml's tolerance, relative.
    period : bool
        Whether it is a clock period in ns, which becomes a frequency in MHz.
    none : tuple of float
        Values that its reader starts from, and leaves where a report has none.
    """

    metric: str
    rel: float = 0.1
    period: bool = False
    none: tuple[float, ...] = ()


@dataclass(frozen=True)
class Form:
    """How the files of one backend are laid out.

    Parameters
    ----------
    toolchain : str
        The toolchain whose HLS estimate the numbers are.
    fields : mapping of str to Field
        By place in the file.
    left_out : mapping of str to str
        By pattern of a place: why hlsgate has no use for it.
    """

    toolchain: str
    fields: Mapping[str, Field]
    left_out: Mapping[str, str]


_HLS, _LOOP, _CSYNTH = "report/HLS", "report/Loop", "CSynthesisReport"
FORMS: Mapping[str, Form] = {
    "oneAPI": Form(
        "oneapi",
        {
            f"{_HLS}/total/alut": Field("alut"),
            f"{_HLS}/total/reg": Field("ff"),
            f"{_HLS}/total/ram": Field("ram"),
            f"{_HLS}/total/dsp": Field("dsp"),
            f"{_HLS}/total/mlab": Field("mlab"),
            f"{_LOOP}/worstFrequency": Field("fmax_mhz", none=(1e9,)),
            f"{_LOOP}/worstII": Field("ii_cycles", none=(0,)),
            f"{_LOOP}/worstLatency": Field("latency_cycles", none=(0,)),
        },
        {rf"{_HLS}/available/\w+": _CAPACITY},
    ),
    "Vitis": Form(
        "vitis",
        {
            f"{_CSYNTH}/TargetClockPeriod": Field("", period=True),
            f"{_CSYNTH}/EstimatedClockPeriod": Field("fmax_mhz", 0.0099, period=True),
            f"{_CSYNTH}/WorstLatency": Field("latency_cycles", 0.02),
            f"{_CSYNTH}/IntervalMax": Field("ii_cycles", 0.02),
            f"{_CSYNTH}/BRAM_18K": Field("bram_18k"),
            f"{_CSYNTH}/DSP": Field("dsp"),
            f"{_CSYNTH}/FF": Field("ff"),
            f"{_CSYNTH}/LUT": Field("lut"),
            f"{_CSYNTH}/URAM": Field("uram"),
        },
        {
            rf"{_CSYNTH}/Available\w+": _CAPACITY,
            rf"{_CSYNTH}/(BestLatency|IntervalMin)": _BEST,
        },
    ),
}
"""By hls4ml's backend; a period 1 % longer is a frequency 0.99 % lower."""


@dataclass(frozen=True)
class Imported:
    """What one file says.

    Parameters
    ----------
    toolchain, tool_version : str
        Toolchain, and the version that its folder names.
    values : mapping of str to float
        Metric to value.
    target_fmax_mhz : float or None
        Clock that was aimed at, in MHz, where the file states it.
    slack : mapping of str to float
        hls4ml's tolerance by metric, relative.
    left_out : mapping of str to str
        By place in the file: why it was not taken.
    """

    toolchain: str
    tool_version: str
    values: Mapping[str, float]
    target_fmax_mhz: float | None
    slack: Mapping[str, float]
    left_out: Mapping[str, str]


def read(path: Path, backend: str, version: str) -> Imported:
    """Read one file; clocks in MHz, latencies and intervals in cycles.

    Raises
    ------
    BaselineError
        If the backend is one that hlsgate has no toolchain of, or the file is a link, no JSON,
        larger than 16 MiB, of another form, or holds something else than a number in a place that
        should hold one.
    """
    _refuse_foreign(path, backend)
    form = FORMS[backend]
    places = dict(_places(documents.load(path, BaselineError, _HINT), path))
    left_out = {place: _why(place, form) for place in places if place not in form.fields}
    values: dict[str, float] = {}
    target = None
    for place, kind in form.fields.items():
        value = _value(places, place, kind, path)
        if isinstance(value, str):
            left_out[place] = value
        elif kind.metric:
            values[kind.metric] = value
        else:
            target = value
    if not values:
        raise BaselineError(f"{path} holds no number that hlsgate knows; {_HINT}.")
    slack = {one.metric: one.rel for one in form.fields.values() if one.metric in values}
    return Imported(form.toolchain, version, values, target, slack, left_out)


def _refuse_foreign(path: Path, backend: str) -> None:
    if backend not in FORMS:
        raise BaselineError(
            f"{path}: hlsgate has no toolchain that makes the numbers of hls4ml's backend "
            f"{backend}, only those of {' and '.join(FORMS)}; nothing could be held against them."
        )
    if path.is_symlink():
        raise BaselineError(f"{path} is a link; {_HINT}.")


def _places(content: Any, path: Path) -> list[tuple[str, Any]]:
    """List every value that is no object, by its place."""
    if not isinstance(content, dict):
        raise BaselineError(f"{path} is no JSON object; {_HINT}.")
    found, todo = [], list(content.items())
    while todo:
        place, value = todo.pop(0)
        if isinstance(value, dict):
            todo += [(f"{place}/{key}", one) for key, one in value.items()]
        else:
            found.append((place, value))
    return found


def _why(place: str, form: Form) -> str:
    for pattern, why in form.left_out.items():
        if re.fullmatch(pattern, place):
            return why
    return "hlsgate knows no such value"


def _value(places: Mapping[str, Any], place: str, kind: Field, path: Path) -> float | str:
    """Return a value, or why there is none."""
    stated = places.get(place)
    if stated is None:
        return "not stated"
    if stated == _UNKNOWN:
        return f"{_UNKNOWN}: it depends on the data"
    value = _number(stated, path, place)
    if value in kind.none:
        return "no block of the report states it"
    if not kind.period:
        return value
    return round(1000 / value, 3) if value else "a period of 0, of a design without any path"


def _number(stated: object, path: Path, place: str) -> float:
    """Take a number, or a text that is one: hls4ml writes both."""
    convert: Callable[[Any], float] | None = None
    if isinstance(stated, str) and _DECIMAL.fullmatch(stated):
        convert = float if "." in stated else int
    elif isinstance(stated, int | float) and not isinstance(stated, bool) and stated >= 0:
        convert = float if isinstance(stated, float) else int
    if convert is None:
        shown = documents.shortened(repr(stated))
        raise BaselineError(f"{path}: {place}: is {shown}, which is no count; {_HINT}.")
    value = convert(stated)
    if value > documents.LARGEST_NUMBER:
        raise BaselineError(f"{path}: {place}: is too large to be a count; {_HINT}.")
    return int(value) if value == int(value) else value
