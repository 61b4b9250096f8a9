"""Diagnoses on request: of a declared network, or of a model and rows from outside."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.conversion import Settings, project_name
from hlsgate.diagnosis import diagnosing, pictures
from hlsgate.diagnosis.diagnosing import Subject
from hlsgate.diagnosis.divergence import Diagnosis
from hlsgate.infra import scratch
from hlsgate.infra.documents import write_text
from hlsgate.infra.errors import DiagnosisError, SuiteError
from hlsgate.infra.progress import Step, silent
from hlsgate.models import saved_models
from hlsgate.models.keras2 import loading
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.spec.declarations import Backend, Variant
from hlsgate.spec.fixedpoint import Fixed, require_finite
from hlsgate.spec.targets import BACKENDS, ONEAPI
from hlsgate.suites import suite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_ROWS = 10_000


@dataclass(frozen=True)
class Request:
    """How to look.

    Parameters
    ----------
    backend : str or None
        Key of a backend; None for the design's own, or oneAPI.
    io_type : {"io_parallel", "io_stream"}
        How values pass between layers.
    rows : int
        At most so many.
    settings : Settings
        What hls4ml is told of a model from outside.
    raw_inputs : bool
        Give a model from outside its rows as they are; else rounded to the input type's grid.
    """

    backend: str | None = None
    io_type: str = "io_parallel"
    rows: int = DEFAULT_ROWS
    settings: Settings = field(default_factory=Settings)
    raw_inputs: bool = False


def declared(key: str, pipeline: Pipeline, request: Request) -> Diagnosis:
    """Diagnose a declared variant, or the variant of a design, against plain Keras.

    Raises
    ------
    SuiteError
        If nothing of that key is declared.
    """
    variant, backend = _variant(key)
    chosen = _backend(request, backend)
    checkpoint = pipeline.frozen(variant)
    return pipeline.diagnosis(variant, checkpoint, chosen, as_hardware=False, rows=request.rows)


def _variant(key: str) -> tuple[Variant, Backend | None]:
    for design in suite.active().designs:
        if design.key == key:
            return design.variant, design.target.backend
    return suite.variant(key), None


def _backend(request: Request, own: Backend | None) -> Backend:
    named = {backend.key: backend for backend in BACKENDS}
    if request.backend is not None and request.backend not in named:
        raise SuiteError(f"no backend {request.backend!r}; there are {', '.join(named)}.")
    chosen = named[request.backend] if request.backend else own or ONEAPI
    return chosen.streamed() if request.io_type == "io_stream" else chosen


def from_outside(model_file: Path, data: Path, request: Request, step: Step = silent) -> Diagnosis:
    """Diagnose a saved Keras model on rows of an npz file.

    Raises
    ------
    DiagnosisError
        If model or rows are refused; the message says why.
    """
    with step(f"load {model_file.name}"):
        model = loading.load_model(model_file)
    x = saved_models.rows(data, math.prod(model.input_shape[1:]), request.rows)
    require_finite(x)
    kind = _input_type(model, request.settings)
    if not request.raw_inputs:
        x = on_grid(x, kind)
    name = project_name(f"net_{model_file.stem}")
    subject = Subject(name, model, request.settings, _backend(request, None))
    what = f"{model_file} cannot be diagnosed"
    with scratch.told(DiagnosisError, what), scratch.folder() as folder:
        return diagnosing.run(subject, x, folder, step=step)


def _input_type(model: Any, settings: Settings) -> Fixed:
    named = settings.types.get(model.input_names[0], {}).get("result")
    return settings.precision if named is None else parse_type(named)


def on_grid(x: NDArray[np.float32], kind: Fixed) -> NDArray[np.float32]:
    """Round to a type's grid, ties to even, and leave values beyond its range where they are."""
    import numpy as np

    rounded = np.round(np.asarray(x, np.float64) / kind.lsb) * kind.lsb
    return np.asarray(rounded, np.float32)


def parse_type(text: str) -> Fixed:
    """Read a type as hls4ml writes it.

    Raises
    ------
    DiagnosisError
        If it is none.

    Examples
    --------
    >>> str(parse_type("ufixed<4,2,RND_CONV,SAT>"))
    'ufixed<4,2,RND_CONV,SAT>'
    """
    found = re.fullmatch(r"(?:a[pc]_)?(u?)fixed<(\d+), ?(-?\d+)(?:, ?(\w+), ?(\w+))?>", text)
    if found is None:
        raise DiagnosisError(f"{text!r} is no type; write fixed<16,6> or ufixed<8,2,RND,SAT>.")
    kind = Fixed(int(found[2]), int(found[3]), not found[1])
    return kind if found[4] is None else replace(kind, rounding=found[4], saturation=found[5])


def write(found: Diagnosis, folder: Path) -> list[Path]:
    """Write a diagnosis as text, Markdown, JSON and a picture; return the files.

    Raises
    ------
    DiagnosisError
        If the folder cannot be written, or there is nothing to draw with.
    """
    texts = {
        "diagnosis.txt": f"{found.text()}\n",
        "diagnosis.md": f"{found.text('github')}\n",
        "diagnosis.json": json.dumps(found.as_json(), indent=1) + "\n",
    }
    for name, text in texts.items():
        write_text(folder / name, text, DiagnosisError)
    picture = folder / "diagnosis.png"
    pictures.draw(found, picture)
    return [*(folder / name for name in texts), picture]
