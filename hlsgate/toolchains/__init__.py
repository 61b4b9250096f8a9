"""Synthesis tools: found, asked for their version, run, and their results collected."""

from __future__ import annotations

from hlsgate.errors import SuiteError
from hlsgate.process import require_tool
from hlsgate.toolchains import oneapi

KNOWN = ("oneapi", "quartus", "vitis")


def require(name: str) -> None:
    """Make sure that a toolchain is there.

    Raises
    ------
    ToolNotFound
        If a program of it is missing; the message says which, and what to do.
    SuiteError
        If there is no toolchain of that name.
    """
    if name == "oneapi":
        oneapi.find()
    elif name == "quartus":
        hint = "source the Intel HLS compiler's init_hls.sh"
        require_tool("i++", env_var="HLSGATE_IXX", hint=hint)
    elif name == "vitis":
        hint = "source Vitis' settings64.sh"
        require_tool("vitis_hls", env_var="HLSGATE_VITIS_HLS", hint=hint)
    else:
        raise SuiteError(f"no toolchain {name!r}; known are {', '.join(KNOWN)}.")
