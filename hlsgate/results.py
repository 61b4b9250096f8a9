"""What one run saw, collected as it goes and written as JSON; the tables are made from it."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hlsgate import __version__
from hlsgate.cache import versions, write_atomically
from hlsgate.errors import ResultsError

SCHEMA = 1

_PACKAGES = (
    "hlsgate", "hls4ml", "tensorflow", "tensorflow-cpu", "keras", "qkeras",
    "tensorflow-model-optimization", "numpy", "scikit-learn", "scipy",
)  # fmt: skip

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
        "versions": versions(_PACKAGES),
    }
    text = json.dumps({**head, **content}, indent=1, sort_keys=True) + "\n"
    try:
        write_atomically(path, text)
    except OSError as error:
        raise ResultsError(f"{path} cannot be written ({error.strerror}).") from error


def read(path: Path) -> Content:
    """Read results that `write` wrote.

    Raises
    ------
    ResultsError
        If the file is missing, no JSON, or of another schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(
            f"{path} holds no results ({error}); write some with 'pytest benchmarks --results "
            f"{path}'."
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ResultsError(f"{path} is not a results file of schema {SCHEMA}.")
    return content
