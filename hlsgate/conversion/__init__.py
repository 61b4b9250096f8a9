"""Keras models become hls4ml projects: folders of C++ that a toolchain can build.

A project is written so that equal inputs give equal files (hls4ml's random stamp replaced, paths
left out); its digest is the identity of what is emulated and synthesised.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hlsgate.conversion import renaming
from hlsgate.conversion.naming import LONGEST, for_people
from hlsgate.infra import scratch
from hlsgate.infra.cache import digest
from hlsgate.infra.errors import ConversionError
from hlsgate.infra.quiet import quietly
from hlsgate.infra.replacing import replaced
from hlsgate.spec.declarations import HLS4ML_DEFAULT
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.declarations import Backend, Variant
    from hlsgate.spec.fixedpoint import Fixed

PACKAGES = ("hls4ml",)
"""Distributions whose version moves the projects."""

NAME = "network"
"""hls4ml's name of every project of a suite: files depend on no name of a variant."""

_NOT_FIRMWARE = ("keras_model.keras", "keras_model.h5", "hls4ml_config.yml")
"""Files that hls4ml adds for its own use; they hold paths of the machine, and no firmware."""


@dataclass(frozen=True)
class Settings:
    """What hls4ml is told about a model.

    Parameters
    ----------
    granularity : {"model", "name"}
        As in ``hls4ml.utils.config_from_keras_model``.
    precision : Fixed
        Its default type.
    types : mapping of str to mapping of str to str
        Types that are declared, by layer and by name (``"result"``, ``"accum"``, ``"weight"``),
        in hls4ml's words; with granularity ``"name"`` only.
    strategy : {"latency", "resource"}
        How dense layers are built.
    reuse_factor : int
        Multiplications that share a multiplier.
    """

    granularity: str = "name"
    precision: Fixed = HLS4ML_DEFAULT
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    strategy: str = "latency"
    reuse_factor: int = 1


def settings_of(variant: Variant, model: Any) -> Settings:
    """Return what a variant declares about the conversion of its Keras model."""
    declared = variant.conversion
    types = {model.input_names[0]: {"result": str(variant.input_type)}}
    if declared.logits is not None:
        last = [layer for layer in model.layers if layer.weights][-1]
        types[last.name] = {"result": str(declared.logits).replace(">", ",TRN,SAT>")}
    return Settings(
        declared.granularity, declared.precision, types, declared.strategy, declared.reuse_factor
    )


def project_name(key: str) -> str:
    """Return a key, or the name of a file, as a name in C++ and of files.

    Examples
    --------
    >>> project_name("jets-q4_p75"), project_name("net_/../x y")
    ('jets_q4_p75', 'net_____x_y')
    """
    return re.sub(r"\W", "_", key[:LONGEST], flags=re.ASCII)


@quietly
def convert(variant: Variant, model: Any, backend: Backend, folder: Path) -> Project:
    """Write a variant as a project of one backend.

    Parameters
    ----------
    variant : Variant
        What to convert; its `conversion` says how.
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
    return convert_model(model, settings_of(variant, model), backend, folder, NAME, variant.key)[0]


@quietly
def convert_model(
    model: Any, settings: Settings, backend: Backend, folder: Path, name: str, title: str = ""
) -> tuple[Project, Any]:
    """Write any Keras model as a project; return it with the hls4ml ModelGraph that it is of.

    Parameters and errors are those of `convert`; `name` is the project's, and `title` what errors
    call it, where that is another.
    """
    stamp, title = digest([model.name, backend.key])[:8], title or name
    log, what = folder.with_name("conversion.log"), f"{title} cannot be written as a project"
    with scratch.told(ConversionError, what):
        folder.mkdir(parents=True, exist_ok=True)
        stream = log.open("w")
    with (
        scratch.told(ConversionError, what),
        stream,
        contextlib.redirect_stdout(stream),
        _stamped(stamp),
    ):
        try:
            graph = graph_of(model, settings, backend, folder, name)
            graph.write()
        except OSError:
            raise
        except Exception as error:  # hls4ml raises bare Exception in many places
            told = for_people(str(error), renaming.names_in(model))
            raise ConversionError(
                f"hls4ml could not convert {title} for {backend.hls4ml}: {told}"
            ) from error
    for file in _NOT_FIRMWARE:
        (folder / file).unlink(missing_ok=True)
    return Project(folder, name, backend.hls4ml, stamp, int(model.output_shape[-1])), graph


@quietly
def model_graph(variant: Variant, model: Any, backend: Backend, folder: Path) -> Any:
    """Return hls4ml's ModelGraph of a variant, with the types that the variant declares.

    Parameters are those of `convert`; nothing is written yet.
    """
    return graph_of(model, settings_of(variant, model), backend, folder, NAME)


@quietly
def graph_of(model: Any, settings: Settings, backend: Backend, folder: Path, name: str) -> Any:
    """Return hls4ml's ModelGraph of a Keras model; nothing is written yet."""
    import hls4ml

    names = renaming.names_in(model)
    model = renaming.renamed(model, names)
    config = hls4ml.utils.config_from_keras_model(
        model,
        granularity=settings.granularity,
        backend=backend.hls4ml,
        default_precision=str(settings.precision),
        default_reuse_factor=settings.reuse_factor,
    )
    config["Model"]["Strategy"] = settings.strategy.capitalize()
    if settings.granularity == "name":
        for layer, types in settings.types.items():
            _declare(config["LayerName"], names.get(layer, layer), types)
    graph = hls4ml.converters.convert_from_keras_model(
        model,
        hls_config=config,
        output_dir=str(folder),
        project_name=name,
        backend=backend.hls4ml,
        part=backend.part,
        clock_period=backend.clock_period_ns,
        io_type=backend.io_type,
    )
    renaming.require_identifiers(graph)
    return graph


def _declare(layers: dict[str, Any], layer: str, types: Mapping[str, str]) -> None:
    """Write types into hls4ml's configuration, in which a layer's may be one or several."""
    if layer not in layers:
        raise ConversionError(
            f"no layer {layer!r} to give a type to; there are {', '.join(layers)}."
        )
    known = layers[layer]["Precision"]
    named = dict(known) if isinstance(known, dict) else {"result": str(known)}
    layers[layer]["Precision"] = {**named, **types}


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

    with replaced(stamping, "uuid", SimpleNamespace(uuid4=lambda: stamp)):
        yield
