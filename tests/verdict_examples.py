"""Every verdict that a person can see, provoked: the examples of docs/verdicts.md.

The claims themselves are called, with stand-ins for what is measured; nothing is trained, compiled
or synthesised. What they say is what stands in the document.
"""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import test_accuracy, test_emulation, test_resources, test_rtl
from hlsgate.diagnosis import configured
from hlsgate.facts import evaluation, results
from hlsgate.infra import determinism
from hlsgate.infra.errors import HlsgateError, Undecided
from hlsgate.judge import baselines, summary
from hlsgate.judge.budgets import judge_design
from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.pipeline.making.jobs import SIMULATED_ROWS
from hlsgate.spec.declarations import KnownFailure
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.targets import ONEAPI, VITIS
from hlsgate.suites import suite
from hlsgate.suites.jets import JETS
from hlsgate.sweep import draws
from hlsgate.sweep import gate as frontier_gate
from hlsgate.synthesis import toolchains
from tests import stored
from tests.frontiers import group, sweep
from tests.test_divergence import DENSE, INPUTS, RELU, diagnose
from tests.test_divergence import rows as divergence_rows

ROWS = 40_000
SHA, OTHER = "a" * 64, "b" * 64
VARIANT = suite.variant("jets-q4_p75")
LSB = VARIANT.conversion.precision.lsb
DESIGN = "jets-q4_p75-yosys_cyclonev"
TARGET = {"toolchain": "yosys", "part": "cyclonev", "stage": "synthesis"}
BASE = Measurement(
    "yosys", "synthesis", {"alut": 2400, "ff": 1100}, tool_version="0.70", part="cyclonev",
    weights_sha256=SHA,
)  # fmt: skip
ENTRY = {
    "baseline": {
        "toolchain": "yosys", "tool_version": "0.70", "part": "cyclonev", "stage": "synthesis",
        "weights_sha256": SHA, "metrics": {"alut": 2400, "ff": 1100},
        "provenance": {"origin": "measured"},
    },
    "budgets": [
        {"metric": "alut", "ratio": 0.2, "of": "jets-float-yosys_cyclonev", "reason": "r"},
    ],
}  # fmt: skip
FLOAT = replace(BASE, values={"alut": 13_500})


def said(test, **fixtures):
    """Return what a claim says when it does not hold."""
    names = test.__code__.co_varnames[: test.__code__.co_argcount]
    given = {"record": lambda *_: None, **fixtures}
    try:
        test(**{name: given[name] for name in names})
    except (AssertionError, HlsgateError, Undecided, pytest.fail.Exception) as error:
        return str(error).partition("\nassert ")[0]  # what pytest adds is not ours
    raise LookupError(f"{test.__name__} holds, so there is nothing to show")


def policy(tmp_path):
    """Return baselines with margins and bounds, whatever the suite's own are."""
    content = {
        "schema": 1,
        "parity": {"accuracy_margin": 0.01, "auc_margin": 0.01, "confidence": 0.95},
        "tolerances": {"alut": {"rel": 0.01}, "accuracy": {"abs": 0.0005}},
        "accuracy": {
            VARIANT.key: {
                "jets_embedded": {
                    "accuracy": 0.7448, "n": ROWS, "dataset_sha256": SHA, "weights_sha256": SHA,
                    "provenance": {"origin": "measured"},
                }
            }
        },
        "emulation": {
            "hardware": {"max_lsb": 256, "max_share_beyond": 0.001, "max_accuracy_drop": 0.002},
            "softmax": {
                "max_mean_error": 0.03, "max_flips": 0.01, "max_error": 0.25, "max_step": 0.0625,
                "max_range_used": 1.0,
            },
        },
        "resources": {DESIGN: ENTRY, "jets-float-yosys_cyclonev": {"baseline": ENTRY["baseline"]}},
    }  # fmt: skip
    baselines.check(content, tmp_path / "baselines.json")
    return baselines.Baselines(content, tmp_path / "baselines.json")


def answers(right, wrong=0):
    """Return answers that have so many of the first rows right, and some of those wrong."""
    chosen = np.ones(ROWS, int)
    chosen[:right] = 0
    chosen[:wrong] = 1
    return np.eye(2)[chosen]


def parity(policy, lost):
    """Judge a network that has so many rows wrong that its reference has right, and 400 more."""
    truth = np.arange(ROWS) // ROWS  # one class, but for the areas two have to occur
    truth[-1] = 1
    found = evaluation.compared(answers(29_700 + 400, lost), answers(29_700), truth, ("q", "w"))
    return said(
        test_accuracy.test_parity,
        compressed=VARIANT, baselines=policy,
        compare=lambda _: found,
    )  # fmt: skip


def auc(policy):
    """Judge a network whose scores of one class are noisier than its reference's."""
    random = np.random.default_rng(3)
    truth = np.arange(2000) % 2
    noise = random.normal(0, 1, (2, len(truth)))

    def scores(noisy):
        one = truth + noise[0] + noisy * noise[1]
        return np.stack([-one, one], 1)

    return said(
        test_accuracy.test_auc_parity,
        compressed=VARIANT, baselines=policy,
        compare=lambda _: evaluation.compared(scores(0.9), scores(0.0), truth, ("q", "w")),
    )  # fmt: skip


def weights(change):
    """Judge weights of the right shapes, pruned and on the grid, with one change."""
    arrays = {}
    for name, inputs, outputs in JETS.dense_layers:
        kernel = np.zeros((inputs, outputs), np.float32)
        kernel.ravel()[: kernel.size // 4] = 0.25
        arrays |= {f"{name}/kernel": kernel, f"{name}/bias": np.zeros(outputs, np.float32)}
    change(arrays)
    kind = VARIANT.recipe.weights.weight_type
    types = {"kernel": kind, "bias": kind}
    names = [name for name, *_ in JETS.dense_layers]
    layers = [KerasLayer(name, "QDense", types=types) for name in names]
    return said(
        test_accuracy.test_weights_are_as_declared,
        variant=VARIANT, weights_kind="frozen",
        weights_of=lambda *_: Checkpoint(arrays, {}),
        pipeline=SimpleNamespace(layers=lambda _: layers),
    )  # fmt: skip


def off_grid(arrays):
    arrays["dense2/kernel"][0, 0] = 0.3


def too_few_zeros(arrays):
    arrays["dense2/kernel"].ravel()[:300] = 0.25


def all_zero(arrays):
    arrays["logits/kernel"][:] = 0


def recipe(policy, monkeypatch, right, *, supported=True, known=True, **facts):
    """Judge a network that was trained again, and is not the frozen one."""
    monkeypatch.setattr(determinism, "supported", lambda: supported)
    monkeypatch.setattr(determinism, "processor", lambda: "x86-64 with AVX2")
    about = stored.draws({"accuracy": [0.7448 + 0.0004 * seed for seed in range(8)]})
    drawn = {VARIANT.key: stored.recipe(about["values"])} if known else {}
    monkeypatch.setattr(draws, "facts", lambda *_: {**about, **facts})
    weights = {
        kind: Checkpoint({"logits/kernel": np.full((32, 5), value, np.float32)}, {
            "dataset": stored.SHA, "versions": {"keras": "2.14.0"}
        })
        for kind, value in (("frozen", 0.5), ("retrained", 0.75))
    }  # fmt: skip
    return said(
        test_accuracy.test_recipe,
        trainable=VARIANT, weights_of=lambda _, kind: weights[kind],
        evaluate=lambda *_: {"accuracy": right / ROWS, "auc": {}},
        pipeline=None,
        baselines=baselines.Baselines({**policy.content, "recipes": drawn}, policy.path),
    )  # fmt: skip


def accuracy(policy, right=29_700, weights_sha256=SHA):
    """Judge frozen weights that have so many rows right."""
    arrays = {name: np.ones((2, 2), np.float32) for name in ("dense1/kernel",)}
    checkpoint = SimpleNamespace(weights=arrays, sha256=weights_sha256)
    return said(
        test_accuracy.test_accuracy_baseline,
        variant=VARIANT, baselines=policy, weights_of=lambda *_: checkpoint,
        pipeline=SimpleNamespace(
            layers=lambda _: [],
            dataset=lambda _: SimpleNamespace(name="jets_embedded", sha256=SHA),
        ),
        evaluate=lambda *_: {"accuracy": right / ROWS},
    )  # fmt: skip


def pipeline(expected, diagnosis=None):
    """Stand in for the pipeline: logits of Keras, and a diagnosis."""
    return SimpleNamespace(
        frozen=lambda _: Checkpoint({}, {}),
        keras_logits=lambda *_, **__: expected,
        diagnosis=lambda *_: diagnosis,
        dataset=lambda _: SimpleNamespace(y_test=np.zeros(len(expected), int)),
        interpreted=None,
    )


def logits():
    """Return logits of Keras, on the grid, the first class being the largest."""
    expected = np.zeros((ROWS, 5))
    expected[:, 0] = 4.0
    return expected


def exact():
    """Compare logits of which three rows differ; the table is of a small network."""
    observed = logits()
    observed[[7, 90, 4000], 2] = [LSB, -3 * LSB, LSB]
    relu = replace(RELU, result=Fixed(16, 6))
    layers = [replace(INPUTS, result=Fixed(20, 6)), DENSE, relu]
    found = diagnose(layers, divergence_rows(Fixed(20, 6)))
    return said(
        test_emulation.test_logits_equal_keras,
        typed=VARIANT, any_backend=VITIS, emulate=lambda *_, **__: observed,
        pipeline=pipeline(logits(), replace(found, title="jets-q4_p75 on vitis, io_parallel")),
    )  # fmt: skip


def drift(policy, change):
    """Hold hardware against plain Keras, with one change to its logits."""
    observed = logits()
    change(observed)
    return said(
        test_emulation.test_hardware_against_plain_keras,
        variant=VARIANT, backend=ONEAPI, emulate=lambda *_, **__: observed,
        pipeline=pipeline(logits()), baselines=policy,
    )  # fmt: skip


def far(observed):
    observed[:200, 1] += 3.0


def near_tie():
    expected = logits()
    expected[:, 1:] = 3.9
    return expected


def accuracy_drop(policy):
    """Judge hardware that changes the class of 120 rows that were near a tie."""
    observed = near_tie()
    observed[:120, 1] = 4.1
    return said(
        test_emulation.test_hardware_against_plain_keras,
        variant=VARIANT, backend=ONEAPI, emulate=lambda *_, **__: observed,
        pipeline=pipeline(near_tie()), baselines=policy,
    )  # fmt: skip


def softmax(policy, outputs, built_for=32.0, known=()):
    """Judge a softmax table by what it gives."""
    from scipy.special import softmax as true

    given = logits()
    observed = outputs(true(given, axis=1))
    written = SimpleNamespace(
        frozen=lambda _: None, firmware=lambda *_, **__: {"softmax_range": built_for}
    )
    return said(
        test_emulation.test_softmax_table,
        variant=replace(VARIANT, known_failures=known), backend=VITIS, pipeline=written,
        baselines=policy, emulate=lambda *_, softmax, **__: observed if softmax else given,
    )  # fmt: skip


def flips(probabilities):
    changed = probabilities.copy()
    changed[:1200, 0], changed[:1200, 1] = 0.4, 0.5
    return changed


def coarse(probabilities):
    return probabilities + 0.05


def backends():
    """Let one backend compute other logits than the first."""
    other = logits()
    other[17, 3] = LSB
    return said(
        test_emulation.test_backends_agree,
        variant=VARIANT,
        emulate=lambda _, backend, **__: other if backend is VITIS else logits(),
    )


def verilog():
    """Let the simulated Verilog give one logit that is not the interpreter's."""
    expected, observed = logits(), logits()[:SIMULATED_ROWS]
    observed[3, 1] = -LSB
    return said(
        test_rtl.test_verilog_equals_interpreter,
        traced_compressed=VARIANT, pipeline=SimpleNamespace(frozen=lambda _: None, simulated=None),
        emulate=lambda *_, **__: expected, simulated=lambda *_: observed,
    )  # fmt: skip


def told(act, *args):
    """Return what an error says."""
    try:
        act(*args)
    except HlsgateError as error:
        return str(error)
    raise LookupError(f"{act.__name__} raises nothing, so there is nothing to show")


def firmware():
    """Let the written sources say another type than was declared."""
    found = configured.Fact(Path("defines.h"), "logits, result", "fixed<16,6>", "fixed<10,6>")
    facts = {"facts": 61, "wrong": [str(found)], "softmax_range": None}
    looked = SimpleNamespace(
        frozen=lambda _: None, layers=lambda _: [None] * 8, firmware=lambda *_, **__: facts
    )
    return said(
        test_emulation.test_firmware_is_as_declared,
        variant=VARIANT, any_backend=VITIS, pipeline=looked,
    )  # fmt: skip


def resource(policy, state, metric="alut", *, entry=None, others=None, **changed):
    """Judge a measurement with some changes, and return the line of a state."""
    values = {**BASE.values, **changed.pop("values", {})}
    measured = replace(
        BASE, values={name: one for name, one in values.items() if one is not None}, **changed
    )
    if entry is not None:
        content = {**policy.content, "resources": {**policy.content["resources"], DESIGN: entry}}
        policy = baselines.Baselines(content, policy.path)
    known = {"jets-float-yosys_cyclonev": FLOAT} if others is None else others
    found = judge_design(DESIGN, TARGET, measured, policy, known)
    lines = [f"{one.state}: {one.text}" for one in found if one.metric == metric]
    (line,) = (one for one in lines if one.startswith(f"{state}:"))
    return line


def warns():
    """Return an entry whose budget warns, and does not fail."""
    budget = {"metric": "alut", "max": 2000, "reason": "leaves room for a second network"}
    return {**ENTRY, "budgets": [{**budget, "level": "warning"}]}


def orphans(policy):
    """Hold baselines against a suite, with an entry of nothing that it has."""
    resources = {**policy.content["resources"], "jets-q5-da4ml": {"baseline": ENTRY["baseline"]}}
    content = {**policy.content, "resources": resources}
    stale = baselines.Baselines(content, policy.path)
    return said(test_resources.test_every_entry_is_declared, baselines=stale)


def absent(name, monkeypatch, tmp_path):
    """Ask for a toolchain on a machine that has none."""
    folders = [str(tmp_path / str(number)) for number in range(9)]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    for variable in ("ICPX", "VITIS_HLS", "VIVADO", "IVERILOG", "IXX"):
        monkeypatch.delenv(f"HLSGATE_{variable}", raising=False)
    return told(toolchains.require, name)


def cut(monkeypatch, variants, designs):
    """Work on these variants and designs alone, whatever they are relative to: no whole suite."""
    chosen = copy.copy(suite.active())
    for name, part in {"variants": tuple(variants), "designs": tuple(designs)}.items():
        object.__setattr__(chosen, name, part)
    monkeypatch.setattr(suite, "_chosen", [(chosen, None)])


def counted(policy, monkeypatch):
    """Judge a run of four designs: one fails, one is new, one was not measured; one is orphaned."""
    keys = ("jets-q4_p75", "jets-q6_p75", "jets-p75_exercise")
    designs = [suite.design(f"{key}-yosys_cyclonev") for key in keys]
    cut(monkeypatch, (), designs)
    found = results.empty()
    for design in designs[:2]:
        values = {"alut": 2600, "ff": 1100}
        measured = replace(BASE, values=values).as_json()
        results.put(found, "designs", design.key, "measurement", measured)
    orphan = {"jets-q5-yosys_cyclonev": {"baseline": ENTRY["baseline"]}}
    resources = {DESIGN: {"baseline": ENTRY["baseline"]}, **orphan}
    content = {**policy.content, "resources": resources, "accuracy": {}}
    return summary.summarise(found, baselines.Baselines(content, policy.path)).text()


def frontier(tmp_path, **changed):
    """Hold a sweep against a stored one, and return what is said of groups that did not stay."""
    stored = sweep(tmp_path)
    run = sweep(tmp_path, **changed)
    found = frontier_gate.judge(stored, run, frontier_gate.Slack(0.004, 0.1))
    return "\n".join(f"{one.state}: {one.text}" for one in found if one.state != "ok")


def examples(tmp_path, monkeypatch):
    """Return every example by its key."""
    judged = policy(tmp_path)
    known = KnownFailure("softmax", 0.02, "a coarse table", ())
    nowhere = {
        f"absent_{name}": absent(name, monkeypatch, tmp_path)
        for name in ("oneapi", "vitis", "vivado", "quartus", "icarus")
    }
    return nowhere | {
        "parity_fail": parity(judged, lost=1400),
        "parity_cannot_tell": parity(judged, lost=780),
        "auc": auc(judged),
        "weights_off_grid": weights(off_grid),
        "weights_zeros": weights(too_few_zeros),
        "weights_all_zero": weights(all_zero),
        "recipe_weights": recipe(judged, monkeypatch, right=29_900),
        "recipe_worse": recipe(judged, monkeypatch, right=29_100, supported=False),
        "recipe_other": recipe(
            judged, monkeypatch, right=29_900, packages="keras 2.15.0, numpy 1.26.4"
        ),
        "recipe_unknown": recipe(judged, monkeypatch, right=29_900, supported=False, known=False),
        "accuracy": accuracy(judged),
        "accuracy_other": accuracy(judged, weights_sha256=OTHER),
        "exact": exact(),
        "hardware_rows": drift(judged, far),
        "hardware_accuracy": accuracy_drop(judged),
        "softmax_flips": softmax(judged, flips),
        "softmax_error": softmax(judged, coarse),
        "softmax_step": softmax(judged, lambda exactly: exactly, built_for=16384.0),
        "softmax_range": softmax(judged, lambda exactly: exactly, built_for=2.0),
        "known_failure": softmax(judged, flips, known=(known,)),
        "backends": backends(),
        "firmware": firmware(),
        "orphans": orphans(judged),
        "no_baseline": told(judged.resources, "jets-q5_p75-da4ml"),
        "no_checkpoint": told(checkpoints.load, Path("fixtures/checkpoints/none.npz"), VARIANT),
        "verilog": verilog(),
        "ok": resource(judged, "ok", values={"alut": 2420}, entry={"baseline": ENTRY["baseline"]}),
        "better": resource(judged, "better", values={"alut": 2150}),
        "suspicious": resource(judged, "suspicious", values={"alut": 240}),
        "failed": resource(judged, "failed", values={"alut": 2600}),
        "missing": resource(judged, "missing", "ff", values={"ff": None}),
        "new_metric": resource(judged, "new metric", "dsp", values={"dsp": 1000}),
        "empty": resource(judged, "failed", values={"alut": 0}),
        "other_weights": resource(judged, "other weights", weights_sha256=OTHER),
        "other_tool": resource(judged, "not comparable", "*", tool_version="0.71"),
        "other_design": resource(judged, "not comparable", "*", part="ecp5-85k-8"),
        "budget": resource(judged, "failed", values={"alut": 2900}, entry={
            "budgets": ENTRY["budgets"]
        }),
        "budget_open": resource(judged, "ok", entry={"budgets": ENTRY["budgets"]}),
        "budget_warns": resource(judged, "suspicious", entry=warns()),
        "budget_alone": resource(
            judged, "not comparable", entry={"budgets": ENTRY["budgets"]}, others={}
        ),
        "counted": counted(judged, monkeypatch),
        "frontier_worse": frontier(tmp_path, good=group("jets-good", 0.9, 9_000, 12_000)),
        "frontier_missing": frontier(tmp_path, small=None),
        "frontier_new": frontier(tmp_path, new=group("jets-new", 0.1, 4_000, 5_200)),
    }  # fmt: skip
