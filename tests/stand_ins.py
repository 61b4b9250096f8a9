"""Stand-ins: shell scripts for tools, and a written project for what makes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hlsgate.infra.errors import SynthesisError
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.spec.project import Project


def write_tool(folder: Path, name: str, script: str) -> Path:
    """Write a program that runs a shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class Converted(Pipeline):
    """A pipeline whose conversion is done: it hands out one written project."""

    def project(self, *_args: Any, **_options: Any) -> Project:
        """Return the project in the cache's folder."""
        return Project(self.cache.root / "written", "demo", "oneAPI", "0", outputs=5)


def no_jets() -> Any:
    """Be the data set of a test that needs none."""
    raise AssertionError("this needs no jets")


def failure(run: Callable[[], Any], log: Path) -> str:
    """Return the message of a run that must fail; the log is kept and named at its end."""
    with pytest.raises(SynthesisError) as caught:
        run()
    assert caught.value.log == log
    assert log.is_file()
    assert str(caught.value).endswith(f"Log: {log}")
    return str(caught.value)
