"""A diagnosis as a picture: the error of every layer, inherited and its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hlsgate.diagnosis.divergence import Diagnosis, LayerRow
from hlsgate.infra.errors import DiagnosisError

_INHERITED, _OWN = "#7f9fbf", "#c0392b"
_SMALLEST = 0.25
"""Where bars begin on the logarithmic scale, in LSB; what is below is written as zero."""


def draw(found: Diagnosis, path: Path) -> None:
    """Draw the worst difference of every layer, marking those that add to it by themselves.

    Raises
    ------
    DiagnosisError
        If matplotlib is not installed, or the file cannot be written.
    """
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise DiagnosisError(
            "the picture needs matplotlib; install hlsgate[plots]. Text and tables are written."
        ) from error
    figure, axes = plt.subplots(figsize=(8, 1.6 + 0.36 * len(found.layers)), layout="constrained")
    try:
        _bars(axes, found)
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise DiagnosisError(f"{path} cannot be written ({error}).") from error
    finally:
        plt.close(figure)


def _bars(axes: Any, found: Diagnosis) -> None:
    places = range(len(found.layers))
    worst = [row.worst_lsb or 0.0 for row in found.layers]
    largest = max([*worst, 1.0])
    for own, colour in ((False, _INHERITED), (True, _OWN)):
        chosen = [at for at in places if bool(found.layers[at].findings) is own]
        widths = [max(worst[at], _SMALLEST) for at in chosen]
        label = "differs by itself" if own else "hands on what it got"
        axes.barh(chosen, widths, color=colour, label=label, height=0.62)
    for at in places:
        axes.annotate(_note(found.layers[at]), (max(worst[at], _SMALLEST), at), (4, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_xlim(_SMALLEST, largest * 2**7)
    axes.set_yticks(list(places), [f"{row.layer}\n{row.precision}" for row in found.layers])
    axes.tick_params(axis="y", labelsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("worst difference from Keras, in LSB of the layer's type (log scale)")
    axes.set_title(f"{found.title}, {found.rows:,} rows", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)


def _note(row: LayerRow) -> str:
    worst = "not in Keras" if row.worst_lsb is None else f"{row.worst_lsb:.4g}"
    why = ", ".join(one.cause for one in row.findings)
    return f"{worst}  {why}" if why else worst
