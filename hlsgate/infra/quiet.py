"""Silence for packages that are frozen: their warnings are not ours to mend, nor our users'."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


def quietly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function that calls TensorFlow 2.14, Keras 2, QKeras, TF-MOT or hls4ml run silently.

    Only warnings are dropped; errors are not.
    """

    @functools.wraps(function)
    def silent(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)

    return silent
