"""Results as tables, for terminals and as Markdown."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hlsgate.facts.equality import in_lsb
from hlsgate.infra.escaping import markdown, shown
from hlsgate.judge.claims import Claim, worst_of
from hlsgate.spec.declarations import Target, Variant
from hlsgate.suites import suite

_NONE = "-"


@dataclass(frozen=True)
class Table:
    """A title, column heads and rows of text; notes go below."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def render(self, style: str = "simple") -> str:
        """Lay the table out; ``"simple"`` for terminals, ``"github"`` for Markdown."""
        from tabulate import tabulate

        right = ["left"] + ["right"] * (len(self.heads) - 1)
        safe = markdown if style == "github" else shown
        rows = [[safe(cell) for cell in row] for row in self.rows]
        grid = tabulate(rows, self.heads, tablefmt=style, colalign=right, disable_numparse=True)
        title = f"### {self.title}\n" if style == "github" else self.title
        return "\n".join([title, grid, *map(safe, self.notes)])


def all_tables(
    content: Mapping[str, Any], published: Mapping[str, Any], claims: Sequence[Claim] = ()
) -> list[Table]:
    """Return every table that results have rows for.

    Parameters
    ----------
    content : mapping
        Results (`hlsgate.facts.results`).
    published : mapping
        By design key: resources that somebody published, to show where nothing was measured.
    claims : sequence of Claim
        Verdicts on the results (`hlsgate.judge.networks.of_run`).
    """
    tables = (
        accuracy(content, claims),
        emulation(content),
        resources(content),
        savings(content, published),
        logic(content),
        speed(content),
    )
    return [table for table in tables if table.rows]


def accuracy(content: Mapping[str, Any], claims: Sequence[Claim]) -> Table:
    """Accuracy, interval and parity of frozen and of retrained weights."""
    rows = []
    for variant in suite.active().variants:
        found = content["variants"].get(variant.key, {})
        for kind in ("frozen", "retrained"):
            if "interval" in found.get(kind, {}):  # it was scored
                parity = worst_of(claims, "parity", variant.key) if kind == "frozen" else None
                rows.append([variant.key, kind, *_accuracy_cells(variant, found[kind], parity)])
    heads = ("variant", "weights", "accuracy %", "95 % interval", "loss, points", "parity",
             "worst AUC loss", "n")  # fmt: skip
    notes = ("loss: against the reference, frozen weights both, on the same rows, with one-sided "
             "95 % bounds",)  # fmt: skip
    return Table("Accuracy", heads, rows, notes)


def _accuracy_cells(variant: Variant, found: Mapping[str, Any], parity: Claim | None) -> list[str]:
    low, high = found["interval"]
    areas = found.get("auc_parity")
    cells = [f"{100 * found['accuracy']:.2f}", f"{100 * low:.2f} to {100 * high:.2f}"]
    loss, verdict, area = _NONE, "not judged" if variant.reference else "reference", _NONE
    if "equal_to_frozen" in found:
        verdict = "equal to frozen" if found["equal_to_frozen"] else "not frozen's"
    if parity is not None and parity.difference is not None:
        one = parity.difference
        bounds = f"{-100 * one.high:z.2f} to {-100 * one.low:z.2f}"
        loss, verdict = f"{-100 * one.value:z.2f} ({bounds})", parity.state
    if areas:
        area = f"{-min(entry['difference'] for entry in areas.values()):.4f}"
    return [*cells, loss, verdict, area, f"{found['n']:,}"]


def emulation(content: Mapping[str, Any]) -> Table:
    """Equality of every backend's emulation with Keras."""
    rows = []
    for variant in suite.active().variants:
        for backend, found in content["variants"].get(variant.key, {}).get("emulation", {}).items():
            if found.keys() & _OUTPUTS:  # of some, sources were read and nothing was run
                rows.append([variant.key, backend, *_emulation_cells(found)])
    heads = ("variant", "backend", "built by", "rows", "rows different", "accuracy %",
             "worst against plain Keras", "softmax error", "class flips")  # fmt: skip
    notes = (
        "rows different: logits against Keras with the types that the conversion declares, exact;",
        "accuracy, and the worst difference from plain Keras, in LSB of hls4ml's default type "
        "(2^-10): of the emulated logits; class flips: by the softmax table",
        "dais: the interpreter of the traced logic, held against the Quartus emulation",
    )
    return Table("Emulation", heads, rows, notes)


_OUTPUTS = {"exact", "drift", "softmax"}
"""Fields of a backend that outputs were compared for."""


def _emulation_cells(found: Mapping[str, Any]) -> list[str]:
    exact, drift, softmax = found.get("exact"), found.get("drift"), found.get("softmax")
    any_rows = exact or drift or softmax
    cells = [found.get("compiler", _NONE), f"{any_rows['rows']:,}" if any_rows else _NONE]
    if exact:
        cells.append(f"{exact['rows_different']:,}")
    else:  # float weights: what differs from plain Keras is all that there is to count
        cells.append(f"{drift['rows_different']:,} (float)" if drift else _NONE)
    return [
        *cells,
        f"{100 * drift['accuracy']:.2f}" if drift else _NONE,
        in_lsb(drift["worst_lsb"]) if drift else _NONE,
        f"{softmax['mean_error']:.4f}" if softmax else _NONE,
        f"{100 * softmax['flips'] / softmax['rows']:.2f} %" if softmax else _NONE,
    ]


def resources(content: Mapping[str, Any]) -> Table:
    """Every verdict on a report, those that need eyes first; a replayed one says so."""
    verdicts = [
        (design, verdict["state"], verdict["text"], found.get("measurement", {}).get("origin"))
        for design, found in content["designs"].items()
        for verdict in found.get("verdicts", [])
    ]
    verdicts.sort(key=lambda one: (one[1] in ("ok", "better"), one[0]))
    rows = [
        [design, f"{state}, replayed" if origin == "replayed" else state, text]
        for design, state, text, origin in verdicts
    ]
    states = [state for _, state, _, _ in verdicts]
    counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    return Table("Resources", ("design", "state", "verdict"), rows, (counts,))


def savings(content: Mapping[str, Any], published: Mapping[str, Any]) -> Table:
    """Sizes and resources of every variant against its reference, one line for each target."""
    legend: dict[str, str] = {}
    rows = []
    for variant in suite.active().variants:
        sizes = content["variants"].get(variant.key, {}).get("sizes", {})
        measured = any(key.rpartition("-")[0] == variant.key for key in content["designs"])
        if not (sizes or measured):
            continue
        reference = variant.reference or variant.key
        base = content["variants"].get(reference, {}).get("sizes", {})
        first = [variant.key]
        first += [_saved(sizes, base, name) for name in ("weights_nonzero", "weight_bits")]
        lines = lines_of(variant.key, reference, content, published, ("hls_estimate", "synthesis"))
        for label, values, base_values in lines:
            cells = [_saved(values, base_values, name) for name in ("alut", "ff", "dsp")]
            rows.append([*first, _letter(label, legend), *cells])
            first = ["", "", ""]
        if sizes and not lines:
            rows.append([*first, _NONE, _NONE, _NONE, _NONE])
    heads = ("variant", "non-zero weights", "weight bits", "by", "ALUT", "FF", "DSP")
    notes = ("percentages: saved against the reference by the same tool; tools are not comparable",)
    return Table("Savings", heads, rows, (*notes, *_explained(legend)))


def logic(content: Mapping[str, Any]) -> Table:
    """Tell, by variant, what was counted on the traced logic, and the clock that it reaches."""
    legend: dict[str, str] = {}
    names = ("da_cost", "register_bits", "stages", "latency_cycles", "fmax_mhz")
    rows = []
    for variant in suite.active().variants:
        reference = variant.reference or variant.key
        for label, values, base in lines_of(variant.key, reference, content, {}, ("logic", "fit")):
            cells = [_saved(values, base, name) for name in names]
            rows.append([variant.key, _letter(label, legend), *cells])
    heads = ("variant", "by", "DA cost", "register bits", "stages", "latency, cycles", "Fmax, MHz")
    notes = ("DA cost: about the full adders and multiplexers; exact, before synthesis",)
    return Table("Logic", heads, rows, (*notes, *_explained(legend)))


def lines_of(
    variant: str,
    reference: str,
    content: Mapping[str, Any],
    published: Mapping[str, Any],
    stages: Sequence[str],
) -> list[tuple[str, Mapping[str, float], Mapping[str, float]]]:
    """Return label, values and the reference's values, one for each target that has any."""
    lines = []
    found = {key: entry["measurement"] for key, entry in content["designs"].items()}
    # what was measured stands in the place of what somebody published
    known = {**published, **found}
    for declared in suite.active().designs:
        target = declared.target
        if declared.variant.key != variant or target.stage not in stages:
            continue
        if declared.key in known:
            source = found if declared.key in found else published
            base = source.get(f"{reference}-{target.key}", {}).get("values", {})
            lines.append(
                (label_of(known[declared.key], target), known[declared.key]["values"], base)
            )
    return lines


def _letter(label: str, legend: dict[str, str]) -> str:
    return legend.setdefault(label, string.ascii_lowercase[len(legend)])


def _explained(legend: Mapping[str, str]) -> list[str]:
    return [f"{letter}: {label}" for label, letter in legend.items()]


def label_of(found: Mapping[str, Any], target: Target) -> str:
    """Say where numbers come from: origin, tool, part, stage, and what they leave out."""
    stage = {"hls_estimate": "HLS estimate"}.get(found["stage"], found["stage"])
    tool = f"{found['toolchain']} {found['tool_version'] or '(version not stated)'}"
    scope = "" if target.softmax else "; logits only"
    unknown = "" if found.get("weights_sha256") else "; weights unknown"
    note = f"; {found['note']}" if found.get("note") else ""
    return f"{found['origin']}: {tool}, {found['part']}, {stage}{scope}{unknown}{note}"


def _saved(values: Mapping[str, float], base: Mapping[str, float], name: str) -> str:
    if name not in values:
        return _NONE
    value = f"{values[name]:,.6g}" if values[name] != int(values[name]) else f"{values[name]:,.0f}"
    if values is base or not base.get(name):
        return value
    return f"{value} ({100 * (1 - values[name] / base[name]):.1f} %)"


def speed(content: Mapping[str, Any]) -> Table:
    """Rates and times, as ratios within one run."""
    rows = []
    for variant in suite.active().variants:
        found = content["variants"].get(variant.key, {})
        for name, other, what in _RATES:
            if name in found:
                rows.append(_rate(variant.key, what, found[name], other))
        for name, other, what in _BY_BACKEND:
            for backend, one in found.get(name, {}).items():
                rows.append(_rate(variant.key, f"{backend} {what}", one, other))
        yardsticks = found.get("emulation_speed", {}).values()
        for rate in [one["keras_rows_per_s"] for one in yardsticks][:1]:
            rows.append([variant.key, "Keras' predict, a yardstick", f"{rate:,.0f}", _NONE, _NONE])
    heads = ("variant", "what", "rows/s", "theirs, rows/s", "ratio")
    return Table("Speed", heads, rows)


_RATES: tuple[tuple[str, str | None, str], ...] = (
    ("speed", "plain_rows_per_s", "training, against a plain fit"),
    ("interpreter_speed", "hls4ml_rows_per_s", "interpreter, against hls4ml's predict"),
)
_BY_BACKEND: tuple[tuple[str, str | None, str], ...] = (
    ("emulation_speed", "hls4ml_rows_per_s", "emulation, against hls4ml's predict"),
    ("compile_speed", None, "compilation, share of hls4ml's time"),
    ("conversion_speed", None, "conversion, share of hls4ml's time"),
)


def _rate(variant: str, what: str, found: Mapping[str, float], other: str | None) -> list[str]:
    rates = [f"{found[name]:,.0f}" for name in ("rows_per_s", other)] if other else [_NONE] * 2
    return [variant, what, *rates, f"{found['ratio']:.2f}"]
