"""What numbers are numbers of: only those of one kind are ever compared."""

from __future__ import annotations

from collections.abc import Mapping

from hlsgate.spec.measurement import Measurement

_HASH_LENGTH = 64


def of(measurement: Measurement) -> dict[str, str]:
    """Return what a measurement's numbers are numbers of; ``""`` where it does not say."""
    return {
        "toolchain": measurement.toolchain,
        "stage": measurement.stage,
        "tool release": release(measurement.toolchain, measurement.tool_version),
        "part": family(measurement.part),
        "clock": clock(measurement.target_fmax_mhz),
    }


def differences(here: Mapping[str, str], there: Mapping[str, str], whose: str) -> str:
    """Say in which respects two sets of numbers are of different things; empty if in none.

    Examples
    --------
    >>> differences({"part": "Arria10"}, {"part": "Agilex7"}, "the baseline's")
    "part is Arria10, the baseline's is Agilex7"
    """
    return "; ".join(
        f"{name} is {short(here[name]) or 'not stated'}, {whose} is {short(wanted)}"
        for name, wanted in there.items()
        if here[name] != wanted
    )


def short(text: str) -> str:
    """Shorten hashes; leave words."""
    return text[:12] if len(text) == _HASH_LENGTH else text


def release(toolchain: str, version: str | None) -> str:
    """Return what counts as the same tool.

    Patch builds of one oneAPI release do; every build of an open tool gives other counts.
    """
    return ".".join((version or "").split(".")[:2]) if toolchain == "oneapi" else version or ""


def family(part: str | None) -> str:
    """Return the family of a part such as ``"Agilex7, AGFB014R24A2E2V"``."""
    return (part or "").split(",")[0].strip()


def clock(target_fmax_mhz: float | None) -> str:
    """Return the clock that a tool scheduled for, in words; ``""`` where it does not say."""
    return "" if target_fmax_mhz is None else f"{target_fmax_mhz:g} MHz"
