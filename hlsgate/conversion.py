"""Keras models become hls4ml projects: folders of C++ that a toolchain can build.

A project is written so that equal inputs give equal files (hls4ml's random stamp replaced, paths
left out); its digest is the identity of what is emulated and synthesised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

from hlsgate.cache import digest
from hlsgate.errors import ConversionError
from hlsgate.project import Project
from hlsgate.quiet import quietly

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.declarations import Backend, Variant

PACKAGES = ("hls4ml",)
"""Distributions whose version moves the projects."""

_NOT_FIRMWARE = ("keras_model.keras", "keras_model.h5", "hls4ml_config.yml")
"""Files that hls4ml adds for its own use; they hold paths of the machine, and no firmware."""


@quietly
def convert(variant: Variant, model: Any, backend: Backend, folder: Path) -> Project:
    """Write a variant as a project of one backend.

    Parameters
    ----------
    variant : Variant
        What to convert; its `emulation` says how.
    model : tf.keras.Model
        The variant's model with its weights, ending with softmax or with logits.
    backend : Backend
        hls4ml backend, part and clock.
    folder : pathlib.Path
        Where to write; created.

    Raises
    ------
    ConversionError
        If hls4ml refuses; the message says what it said.
    """
    stamp = digest([model.name, backend.key])[:8]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder.with_name("conversion.log")
    with log.open("w") as stream, contextlib.redirect_stdout(stream), _stamped(stamp):
        try:
            model_graph(variant, model, backend, folder).write()
        except Exception as error:  # hls4ml raises bare Exception in many places
            raise ConversionError(
                f"hls4ml could not convert {variant.key} for {backend.hls4ml}: {error}"
            ) from error
    for file in _NOT_FIRMWARE:
        (folder / file).unlink(missing_ok=True)
    return Project(folder, _project_name(variant), backend.hls4ml, stamp, variant.topology.classes)


def _project_name(variant: Variant) -> str:
    return variant.key.replace("-", "_")


@quietly
def model_graph(variant: Variant, model: Any, backend: Backend, folder: Path) -> Any:
    """Return hls4ml's ModelGraph of a variant, with the types that the variant declares.

    Parameters are those of `convert`; nothing is written yet.
    """
    import hls4ml

    config = hls4ml.utils.config_from_keras_model(
        model,
        granularity=variant.emulation.granularity,
        backend=backend.hls4ml,
        default_precision=str(variant.emulation.precision),
    )
    if variant.emulation.granularity == "name":
        layers = config["LayerName"]
        layers["inputs"]["Precision"]["result"] = str(variant.input_type)
        if variant.emulation.logits is not None:
            saturating = str(variant.emulation.logits).replace(">", ",TRN,SAT>")
            layers["logits"]["Precision"]["result"] = saturating
    return hls4ml.converters.convert_from_keras_model(
        model,
        hls_config=config,
        output_dir=str(folder),
        project_name=_project_name(variant),
        backend=backend.hls4ml,
        part=backend.part,
        clock_period=backend.clock_period_ns,
        io_type="io_parallel",
    )


@quietly
def predict(
    variant: Variant, model: Any, backend: Backend, folder: Path, x: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Convert, compile and run a variant by hls4ml alone, as any of its users would.

    Parameters are those of `convert`, and inputs of shape (n, inputs).
    """
    graph = model_graph(variant, model, backend, folder)
    graph.compile()
    outputs: NDArray[np.float64] = graph.predict(x.astype("float64"))
    return outputs


@contextlib.contextmanager
def _stamped(stamp: str) -> Iterator[None]:
    """Let hls4ml's writer stamp files with our text in place of a random one.

    Source: ``hls4ml.model.optimizer.passes.stamp`` (1.3.0) takes the end of a ``uuid4``.
    """
    from hls4ml.model.optimizer.passes import stamp as stamping

    with mock.patch.object(stamping, "uuid", SimpleNamespace(uuid4=lambda: stamp)):
        yield
