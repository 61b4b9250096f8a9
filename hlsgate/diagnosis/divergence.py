"""Layer by layer, where an emulation leaves Keras, by how much, and why: a table of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hlsgate.diagnosis import causes
from hlsgate.diagnosis.arithmetic import before_result, known
from hlsgate.diagnosis.catalogue import CATALOGUE, UNKNOWN, Finding
from hlsgate.diagnosis.causes import Context
from hlsgate.diagnosis.softmax_table import SoftmaxTable, measure
from hlsgate.infra.escaping import markdown
from hlsgate.spec.layers import INPUT, SOFTMAX, HardwareLayer, Outputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed


_LARGE = 10.0


@dataclass(frozen=True)
class Bounds:
    """What a softmax's table may cost before it counts as a divergence."""

    mean_error: float = 0.03
    flips: float = 0.01


@dataclass(frozen=True)
class LayerRow:
    """What one layer of the hardware gives, against Keras and against its own ideal.

    Parameters
    ----------
    layer, kind, precision : str
        hls4ml's name, class and result type of it.
    rows_different : int or None
        Rows in which its output is not Keras'; None where Keras has no such value. For a softmax,
        rows whose largest value is another class.
    worst_lsb : float or None
        Largest difference from Keras, in LSB of the result type.
    own_rows : int or None
        Rows that the layer itself makes different: not what it would ideally make of the values
        that the emulation gave it. None where its arithmetic is not known.
    wrapped, saturated : int
        Values that did not fit the result type, and were wrapped, or saturated.
    findings : tuple of Finding
        Causes of what the layer itself makes different.
    """

    layer: str
    kind: str
    precision: str
    rows_different: int | None
    worst_lsb: float | None
    own_rows: int | None
    wrapped: int
    saturated: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a network on one backend."""

    title: str
    rows: int
    layers: tuple[LayerRow, ...]
    softmax: SoftmaxTable | None = None

    @property
    def first(self) -> LayerRow | None:
        """The first layer that makes anything different; None in a sound network."""
        return next((row for row in self.layers if row.findings), None)

    @property
    def causes(self) -> list[str]:
        """Keys of all causes, in the order of layers, each once."""
        return list(dict.fromkeys(one.cause for row in self.layers for one in row.findings))

    def summary(self) -> str:
        """Say in a sentence where it begins, and why."""
        if self.first is None:
            return f"{self.title}: {self._nowhere()}"
        why = "; ".join(f"{one.cause}: {one.seen}" for one in self.first.findings)
        return f"{self.title}: first divergence at {self.first.layer} ({why})."

    def _nowhere(self) -> str:
        """Say what the table shows where no layer makes anything different by itself."""
        before = [row for row in self.layers if row.kind != SOFTMAX]  # whose rows are of classes
        other = next((row for row in before if row.rows_different), None)
        if other is None:
            return f"no layer differs from Keras on {self.rows:,} rows."
        return (
            f"no layer makes a difference by itself, but {other.layer} differs from Keras on "
            f"{other.rows_different:,} of {self.rows:,} rows; if that is more than float32 rounds, "
            "please report it."
        )

    def text(self, style: str = "simple") -> str:
        """Lay out summary, table and remedies; ``"simple"``, or ``"github"`` for Markdown."""
        if style == "github":
            layers = tuple(replace(row, layer=markdown(row.layer)) for row in self.layers)
            return replace(self, layers=layers)._laid_out(style)
        return self._laid_out(style)

    def _laid_out(self, style: str) -> str:
        from tabulate import tabulate

        grid = tabulate(
            [_cells(row, self.rows) for row in self.layers],
            ("layer", "kind", "precision", "rows different", "worst, LSB", "own rows", "wrapped",
             "saturated", "likely cause"),
            tablefmt=style,
            colalign=("left", "left", "left", *["right"] * 5, "left"),
            disable_numparse=True,
        )  # fmt: skip
        parts = [self.summary(), grid, *self._softmax_lines(), *self._remedies()]
        return "\n\n".join(parts) if style == "github" else "\n".join(parts)

    def _softmax_lines(self) -> list[str]:
        return [] if self.softmax is None else [f"softmax table: {self.softmax.describe()}"]

    def _remedies(self) -> list[str]:
        lines = []
        for row in self.layers:
            lines += [f"{row.layer}: {one.cause}: {one.seen}" for one in row.findings]
        return lines + [f"{key}: {CATALOGUE[key].remedy}" for key in self.causes]

    def layers_as_json(self) -> list[dict[str, Any]]:
        """Return the table as plain rows, with the keys of the causes."""
        told = []
        for row in self.layers:
            facts = {**asdict(row), "rows": self.rows}
            del facts["findings"]
            told.append({**facts, "causes": [one.cause for one in row.findings]})
        return told

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {**asdict(self), "first": self.first.layer if self.first else None}


def _cells(row: LayerRow, rows: int) -> list[str]:
    def count(value: int | None) -> str:
        return "-" if value is None else f"{value:,}"

    different = "-" if row.rows_different is None else f"{row.rows_different:,} of {rows:,}"
    worst = "-" if row.worst_lsb is None else _short(row.worst_lsb)
    why = ", ".join(one.cause for one in row.findings)
    return [row.layer, row.kind, row.precision, different, worst, count(row.own_rows),
            count(row.wrapped), count(row.saturated), why]  # fmt: skip


def _short(number: float) -> str:
    """Show a difference so that float32's rounding, which varies by processor, does not show."""
    shown = f"{number:,.1f}" if number >= _LARGE else f"{number:.3g}"
    return shown.removesuffix(".0")


def diagnose(
    title: str,
    layers: Sequence[HardwareLayer],
    given: NDArray[np.floating[Any]],
    emulated: Outputs,
    keras: Outputs,
    context: Context,
    bounds: Bounds | None = None,
) -> Diagnosis:
    """Compare an emulation with Keras, layer by layer.

    Parameters
    ----------
    title : str
        What is diagnosed: network, backend, io_type.
    layers : sequence of HardwareLayer
        The hardware's layers, in order.
    given : ndarray, shape (n, inputs), float
        Inputs that both got.
    emulated, keras : dict of str to ndarray, shape (n, size)
        Outputs by layer of the hardware, and by layer of Keras.
    context : Context
        What else is known of the conversion.
    bounds : Bounds, optional
        What a softmax's table may cost.
    """
    import numpy as np

    x = np.asarray(given, np.float64)
    by_name = {layer.name: layer for layer in layers}
    rows, softmax = [], None
    for layer in layers:
        source = by_name.get(layer.source or "")
        if layer.kind == SOFTMAX and source is not None:
            built = context.table_ranges.get(layer.name)
            softmax = measure(emulated[layer.name], emulated[source.name], built)
            rows.append(_softmax_row(layer, source, emulated, keras, context, softmax, bounds))
        else:
            theirs = _from_keras(layer, by_name, keras, context)
            rows.append(_row(layer, x, emulated, keras, context, theirs))
    return Diagnosis(title, len(x), tuple(rows), softmax)


def _row(
    layer: HardwareLayer,
    given: NDArray[np.float64],
    emulated: Outputs,
    keras: Outputs,
    context: Context,
    theirs: NDArray[np.float64] | None,
) -> LayerRow:
    """Judge one layer; `theirs` is what Keras gives it, where that is known."""
    found = emulated[layer.name]
    x = given if layer.kind == INPUT else emulated.get(layer.source or "")
    own: int | None = None
    findings: list[Finding] = []
    wrapped = saturated = 0
    if x is not None and known(layer):
        wanted = x if layer.kind == INPUT else causes.ideal(layer, x, context)
        own = _rows_different(found, wanted)
        wrapped, saturated = _beyond(layer.result, before_result(layer, x))
        if own:
            findings = _told(layer, x, found, keras, context, theirs)
        else:
            findings = _something_else(layer, keras, context, theirs)
    different, worst = _against(layer, found, keras)
    if own is None and different:
        findings = [Finding(UNKNOWN, f"no arithmetic is written down for {layer.kind}")]
    return LayerRow(layer.name, layer.kind, str(layer.result or "-"), different, worst, own,
                    wrapped, saturated, tuple(findings))  # fmt: skip


def _told(
    layer: HardwareLayer,
    x: NDArray[np.float64],
    found: NDArray[np.float64],
    keras: Outputs,
    context: Context,
    theirs: NDArray[np.float64] | None,
) -> list[Finding]:
    if layer.kind == INPUT:
        return causes.of_input(layer, x, found)
    other = _something_else(layer, keras, context, theirs)
    return other or causes.of_layer(layer, x, found, context)


def _from_keras(
    layer: HardwareLayer, by_name: Mapping[str, HardwareLayer], keras: Outputs, context: Context
) -> NDArray[np.float64] | None:
    """Return what Keras gives a layer; None where nobody knows.

    Between the parts of a Keras layer that hls4ml split Keras has no values: there they are what
    the part before would ideally make.
    """
    source = by_name.get(layer.source or "")
    if source is None:
        return None
    values: NDArray[np.float64] | None = keras.get(context.keras_of.get(source.name, ""))
    if values is not None or not known(source):
        return values
    before = _from_keras(source, by_name, keras, context)
    return None if before is None else causes.ideal(source, before, context)


def _something_else(
    layer: HardwareLayer, keras: Outputs, context: Context, theirs: NDArray[np.float64] | None
) -> list[Finding]:
    """Tell where Keras' output is not what the layer would ideally make of what Keras gives it."""
    mine = keras.get(layer.keras or "")
    if layer.kind == INPUT or theirs is None or mine is None:
        return []
    if causes.explains_keras(causes.ideal(layer, theirs, context), mine):
        return []
    if layer.kind == "ApplyAlpha":
        return [Finding(UNKNOWN, "the scales that hls4ml wrote are not those of Keras' quantizer")]
    return [Finding(UNKNOWN, "Keras computes something else than what is written down here")]


def _rows_different(one: NDArray[np.float64], other: NDArray[np.float64]) -> int:
    return int((one != other).any(axis=1).sum())


def _against(
    layer: HardwareLayer, found: NDArray[np.float64], keras: Outputs
) -> tuple[int | None, float | None]:
    """Count rows that are not Keras', and find the worst difference in LSB."""
    wanted = keras.get(layer.keras or "")
    if wanted is None or layer.result is None or wanted.shape != found.shape:
        return None, None
    return _rows_different(found, wanted), float(abs(found - wanted).max() / layer.result.lsb)


def _beyond(kind: Fixed | None, values: NDArray[np.float64]) -> tuple[int, int]:
    """Count values that lie outside a type's range: those that wrap, and those that saturate."""
    if kind is None:
        return 0, 0
    import numpy as np

    steps = np.floor(values / kind.lsb) * kind.lsb
    count = int(((steps < kind.low) | (steps > kind.high)).sum())
    return (count, 0) if kind.saturation == "WRAP" else (0, count)


def _softmax_row(
    layer: HardwareLayer,
    source: HardwareLayer,
    emulated: Outputs,
    keras: Outputs,
    context: Context,
    softmax: SoftmaxTable,
    bounds: Bounds | None,
) -> LayerRow:
    bounds = bounds or Bounds()
    x, found = emulated[source.name], emulated[layer.name]
    wanted = keras.get(layer.keras or "")
    flips = None if wanted is None else int((found.argmax(1) != wanted.argmax(1)).sum())
    beyond = softmax.mean_error > bounds.mean_error or softmax.flips > bounds.flips * len(x)
    findings = causes.of_softmax(layer, source.result, x, found, context) if beyond else []
    worst = _against(layer, found, keras)[1]
    return LayerRow(layer.name, layer.kind, str(layer.result or "-"), flips, worst,
                    softmax.flips, 0, 0, tuple(findings))  # fmt: skip
