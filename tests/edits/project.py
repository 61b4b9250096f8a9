"""A small suite of one's own: trained in a second, synthesised in a few, with every kind of claim.

Written as a user writes one, from nouns whose fields are edited by `tests.edits.edits`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from hlsgate.infra.documents import write_text
from hlsgate.infra.errors import SuiteError
from hlsgate.spec import targets
from hlsgate.spec.declarations import Conversion, Pruning, Quantizer, Recipe, Topology
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.suites.starter import FILES, write

ROOT = Path(__file__).parents[2]
PACKAGE = ("hlsgate", "fixtures", "benchmarks", "conftest.py", "pyproject.toml", "baselines.json")
NET, BUILT = "small-net", "small-built"
VARIANTS = (NET, BUILT)

SUITE = Template('''"""A suite whose fields are edited."""

from dataclasses import replace
from pathlib import Path

import networks

from hlsgate.spec.declarations import *  # noqa: F403
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.suites import Benchmark, Suite
from hlsgate.spec.targets import DA4ML, YOSYS_CYCLONEV, designs

HERE = Path(__file__).parent
BACKEND = $backend
TRACED = replace(DA4ML, backend=BACKEND)
SYNTHESISED = replace(YOSYS_CYCLONEV, backend=BACKEND)
VARIANTS = (
    Variant("small-net", "small", $network, $recipe, $conversion),
    Variant("small-built", "small", Built(networks.build), $built, $default, reference="small-net"),
)
SUITE = Suite(
    benchmarks=(
        Benchmark(
            "small", HERE / "rows.npz", ("a", "b", "c"), standardise=False, example="small-net"
        ),
    ),
    variants=VARIANTS,
    designs=(*designs(TRACED, VARIANTS), *designs(SYNTHESISED, VARIANTS[:1])),
    home=HERE,
    emulated=(BACKEND,),
    traced=BACKEND,
)
''')

NETWORKS = '''"""A Keras model that a function builds; its width comes from a module beside it."""

from widths import HIDDEN


def build():
    from tensorflow.keras import Sequential, layers

    return Sequential(
        [
            layers.InputLayer((4,), name="inputs"),
            layers.Dense(HIDDEN, name="dense1"),
            layers.Activation("relu", name="relu1"),
            layers.Dense(3, name="logits"),
            layers.Activation("softmax", name="softmax"),
        ]
    )
'''


NETWORK = Topology(4, (6,), 3)
RECIPE = Recipe(
    steps=200,
    learning_rate=0.01,
    batch_size=32,
    inputs=Fixed(6, 2),
    weights=Quantizer(4, 1),
    activations=Quantizer(4, 2),
    pruning=Pruning(0.5, "polynomial", frequency=20),
)
FLOAT = Recipe(steps=200, learning_rate=0.01, batch_size=32, inputs=Fixed(6, 2))


@dataclass(frozen=True)
class Nouns:
    """What a suite's file is written from."""

    network: Topology = NETWORK
    recipe: Recipe = RECIPE
    conversion: Conversion = Conversion(logits=Fixed(10, 6))  # noqa: RUF009
    built: Recipe = FLOAT
    default: Conversion = Conversion(logits=Fixed(16, 6), exact=False)  # noqa: RUF009
    backend: targets.Backend = targets.QUARTUS

    def write(self, folder: Path) -> None:
        """Write the suite's file."""
        text = SUITE.substitute({name: repr(value) for name, value in vars(self).items()})
        write_text(folder / "suite.py", text, SuiteError)


def rows(seed: int = 0) -> dict[str, np.ndarray]:
    """Return rows of four numbers in three classes that a small network can tell apart."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (1200, 4)).astype(np.float32)
    scores = np.stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 0], 1.2 * x[:, 3]], axis=1)
    labels = (scores + random.normal(0, 0.2, scores.shape)).argmax(axis=1)
    return {"features": x, "labels": labels, "test": np.arange(1200) % 3 == 0}


def begin(folder: Path) -> None:
    """Write the suite, its modules and rows, and baselines that hold nothing yet."""
    write(folder, "small", folder / "rows.npz", {})
    for name in FILES:
        if name != "baselines.json":
            (folder / name).unlink()
    Nouns().write(folder)
    (folder / "networks.py").write_text(NETWORKS)
    (folder / "widths.py").write_text("HIDDEN = 5\n")
    np.savez(folder / "rows.npz", **rows())


def hlsgate(folder: Path, cache: Path, package: Path, *arguments: str) -> str:
    """Run a command on a suite, with hlsgate's code from a folder; return what it printed."""
    environment = {
        **{name: one for name, one in os.environ.items() if name != "CI"},  # it freezes weights
        "PYTHONPATH": str(package),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HLSGATE_CACHE": str(cache),
    }
    done = subprocess.run(
        [sys.executable, "-m", "hlsgate", *arguments, "--suite", "suite.py"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def verdict(folder: Path, cache: Path, package: Path) -> dict[str, Any]:
    """Run every claim, and return facts and verdicts; what says when they were found apart."""
    path = folder / f"{cache.name}.json"
    said = hlsgate(folder, cache, package, "test", "--results", str(path))
    assert path.is_file(), said

    def placed(text: str) -> str:
        return text.replace(str(folder), "SUITE").replace(str(cache), "CACHE")

    content = json.loads(placed(path.read_text()))
    found = {name: content[name] for name in ("variants", "designs", "tests", "policy")}
    # what judges made of the facts: bounds, losses, limits
    return {**found, "tables": placed(path.with_suffix(".md").read_text())}
