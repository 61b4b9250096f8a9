"""One exception class for each stage, so that a test can expect exactly one of them.

Every message is one sentence or two that say what is wrong, where, and what to do next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hlsgate.infra.escaping import terminal


class HlsgateError(Exception):
    """Base of every error that hlsgate raises on purpose; its text may go to any terminal."""

    def __str__(self) -> str:
        return terminal(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        """Let errors travel between processes, whatever their constructors take."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[HlsgateError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SuiteError(HlsgateError):
    """A declaration in the suite contradicts itself or names something unknown."""


class CacheError(HlsgateError):
    """The cache folder cannot be used, or holds an entry that is not what was stored."""


class DatasetError(HlsgateError):
    """A data set cannot be had, or is not what it claims to be."""


class CheckpointError(HlsgateError):
    """A checkpoint is missing, damaged, or does not fit its variant."""


class ModelError(HlsgateError):
    """A Keras model is none that claims can be made of, or does not fit its data set."""


class TrainingError(HlsgateError):
    """Training ended without a usable model."""


class ConversionError(HlsgateError):
    """hls4ml could not turn a model into a project."""


class TracingError(HlsgateError):
    """A graph holds something that no exact logic can be made of; the message names the layer."""


class EmulationError(HlsgateError):
    """A project could not be compiled for emulation, or its emulation could not be run."""


class DiagnosisError(HlsgateError):
    """A network could not be taken apart layer by layer, or a model cannot be diagnosed."""


class FirmwareError(HlsgateError):
    """Written sources are not what was declared; the message names file and field."""


class ToolNotFound(HlsgateError):
    """A program that a stage needs is not on PATH."""


class SynthesisError(HlsgateError):
    """A synthesis tool failed, ran out of time, or left no complete report.

    Parameters
    ----------
    message : str
        What happened and what to do next.
    log : pathlib.Path or None
        Where the tool's whole output was kept; named at the end of the message.
    """

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message if log is None else f"{message} Log: {log}")
        self.log = log


class ReportError(HlsgateError):
    """A report file is missing, empty, truncated or foreign.

    Parameters
    ----------
    path : pathlib.Path
        The file (or folder) that is at fault.
    field : str
        The field or row that was wanted from it.
    problem : str
        What is wrong with it.
    """

    def __init__(self, path: Path, field: str, problem: str) -> None:
        if not field.isprintable():  # a name out of the file, which a terminal would act on
            field = ascii(field)
        super().__init__(f"{path}: {field}: {problem}")
        self.path = path
        self.field = field


class BaselineError(HlsgateError):
    """``baselines.json`` is missing, malformed, or lacks what was asked of it."""


class GateFailed(AssertionError):
    """A claim fails, and is no known failure."""


class Undecided(AssertionError):
    """There are too few rows to tell whether a gate is met."""


class ResultsError(HlsgateError):
    """A results file cannot be read or written."""


class ExtraMissing(HlsgateError):
    """A part of hlsgate needs packages that are an extra, and are not installed."""


class FrontierError(HlsgateError):
    """A sweep's results cannot be read, written or recorded, or its cluster cannot be reached."""


class LiteratureError(HlsgateError):
    """The file of published results contradicts its schema or itself."""
