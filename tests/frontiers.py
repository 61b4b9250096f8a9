"""Sweeps for tests: points with whatever accuracy and cost."""

from dataclasses import replace

from hlsgate.facts.parity import difference_of_counts
from hlsgate.spec.families import Setting
from hlsgate.suites import suite
from hlsgate.sweep import documents
from hlsgate.sweep.points import Point

SHA = "d" * 64
N = 40_000
COMMON = {
    "benchmark": "jets", "dataset": "jets_embedded", "dataset_sha256": SHA, "n": N,
    "margin": 0.01, "confidence": 0.95,
}  # fmt: skip
REFERENCE = {
    "variant": "jets-float", "accuracy": 0.7427, "weights_sha256": SHA, "da_cost": 100_000.0,
    "register_bits": 20_000, "alut": 127_000, "ff": 24_000, "alut_origin": "recorded",
    "yosys": "0.70, da4ml 0.5.2",
}  # fmt: skip
REFERENCE2 = {
    **REFERENCE, "variant": "jets-float_better", "accuracy": 0.7579,
    **dict.fromkeys(("da_cost", "register_bits", "alut", "ff", "alut_origin", "yosys")),
}  # fmt: skip


JETS = suite.shipped().benchmark("jets")


def made(bits, activations, sparsity, hidden=(32, 32, 32), inputs=12, seed=0, source="grid", **how):
    """Return a point of the jets that can be made; `how` changes its schedule."""
    setting = Setting(bits, activations, sparsity, hidden, inputs)
    schedule = replace(JETS.family.schedule, **how)
    return Point("jets", JETS.family, setting, schedule, seed, source)


def judged(lost):
    """Return the verdict where 400 rows are gained, and so many lost."""
    found = difference_of_counts(400, lost, N, margin=0.01, confidence=0.95)
    return {
        "gained": 400, "lost": lost, "loss": -found.value, "loss_lower": -found.high,
        "loss_upper": -found.low, "parity": found.state,
    }  # fmt: skip


def point(group, seed, points_lost, cost, alut=None):
    """Return a point that loses so many points of accuracy against the reference."""
    lost = 400 + round(points_lost / 100 * N)
    return {
        "key": f"{group}_s{seed}", "group": group, "weight_bits": 4, "activation_bits": 4,
        "input_bits": 12, "sparsity": 0.75, "hidden": [32, 32, 32], "seed": seed, "steps": 15_000,
        "source": "grid", "accuracy": 0.7427 - (lost - 400) / N, **judged(lost),
        "against2": judged(lost + 480), "da_cost": float(cost), "register_bits": 1000,
        "stages": 5, "latency_cycles": 5, "alut": alut, "ff": alut and alut // 7,
        "yosys": alut and "0.70, da4ml 0.5.2", "weights_sha256": SHA, "weights_nonzero": 600,
        "weight_bits_nonzero": 2400, "bops": 1e5,
    }  # fmt: skip


def group(key, points_lost, cost, alut=None, spread=0.04):
    """Return the two seeds of a group, a little apart."""
    return [point(key, seed, points_lost + spread * (2 * seed - 1), cost, alut) for seed in (0, 1)]


GROUPS = {
    "big": group("jets-big", -0.5, 20_000, 26_000),
    "good": group("jets-good", 0.1, 9_000, 12_000),
    "small": group("jets-small", 0.6, 5_000, 6_500),
    "tiny": group("jets-tiny", 2.0, 2_000, 2_500),
    "dominated": group("jets-dominated", 0.7, 9_500),
}


def sweep(root, **changed):
    """Return a whole document; groups by name replace or extend the usual ones, None drops one."""
    groups = {name: points for name, points in {**GROUPS, **changed}.items() if points}
    points = [one for members in groups.values() for one in members]
    keys = sorted({one["group"] for members in GROUPS.values() for one in members})
    return documents.assemble(
        COMMON,
        {"reference": REFERENCE, "reference2": REFERENCE2},
        points,
        root=root,
        grid={"name": "test", "keys": keys},
        seeds=(0, 1),
    )
