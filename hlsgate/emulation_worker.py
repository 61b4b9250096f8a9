"""Child process that loads one emulation library and runs it; a crash in it ends only itself.

Usage: ``python -m hlsgate.emulation_worker LIBRARY BATCH ENTRY INPUTS OUTPUTS WIDTH``
"""

from __future__ import annotations

import ctypes
import sys

import numpy as np


def main(argv: list[str]) -> None:
    """Run every row of ``INPUTS`` (npy, float64) through ``ENTRY``; write ``OUTPUTS`` (npy)."""
    library, batch, entry, source, target, width = argv
    inputs = np.ascontiguousarray(np.load(source, allow_pickle=False), np.float64)
    outputs = np.empty((len(inputs), int(width)), np.float64)
    network = getattr(ctypes.CDLL(library), entry)
    ctypes.CDLL(batch).hlsgate_batch(
        network,
        inputs.ctypes.data_as(ctypes.c_void_p),
        outputs.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_long(len(inputs)),
        ctypes.c_long(inputs.shape[1]),
        ctypes.c_long(outputs.shape[1]),
    )
    np.save(target, outputs)


if __name__ == "__main__":
    main(sys.argv[1:])
