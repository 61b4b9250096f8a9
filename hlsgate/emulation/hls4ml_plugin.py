"""hls4ml plug-in: compile and run oneAPI projects with g++, where Intel's compiler is absent.

For any script that uses hls4ml, without a change to it::

    HLS4ML_BACKEND_PLUGINS=hlsgate.emulation.hls4ml_plugin python script.py

or, in the script, ``hlsgate.emulation.hls4ml_plugin.install()``. Then ``hls_model.compile()`` and
``predict()`` work as they do for hls4ml's other backends. Building for hardware still needs icpx.

Source: hls4ml 1.3.0, ``hls4ml.backends.plugin_loader`` (``register`` is called on import).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hlsgate.emulation.compilers import find_compiler
from hlsgate.emulation.compiling import compile_project
from hlsgate.infra import scratch
from hlsgate.infra.errors import EmulationError
from hlsgate.spec.project import Project


def register(register_backend: Any, register_writer: Any) -> None:  # noqa: ARG001
    """Let hls4ml's oneAPI backend compile without icpx; hls4ml calls this."""
    install()


def install() -> None:
    """Replace ``compile`` of hls4ml's oneAPI backend, for this process.

    Where ``icpx`` is on PATH hls4ml's own ``compile`` stays in force.
    """
    from hls4ml.backends.oneapi.oneapi_backend import OneAPIBackend

    if find_compiler("oneAPI").kind == "host":
        OneAPIBackend.compile = _compile


def _compile(_backend: Any, model: Any) -> Path:
    """Build a written model's library where hls4ml looks for it.

    Raises
    ------
    EmulationError
        If g++ fails; the message names the log.
    """
    folder = Path(model.config.get_output_dir()).absolute()
    name, stamp = model.config.get_project_name(), model.config.get_config_value("Stamp")
    build = folder / "build"
    library = build / f"lib{name}-{stamp}.so"
    with scratch.told(EmulationError, f"the emulation of {name} cannot be built in {build}"):
        build.mkdir(exist_ok=True)
        project = Project(folder, name, "oneAPI", stamp, outputs=0)
        compile_project(project, find_compiler("oneAPI"), build)
        shutil.move(build / "network.so", library)
    return library
