"""Edits of everything that a verdict depends on: what a person may change between two runs.

Of declarations every field is edited, as `tests.edits.fields` finds them. Code is edited where it
decides numbers, a line of each stage; packages in place, as people do who develop them.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from hlsgate.infra.packages import READ_WHOLE
from tests.edits.fields import edits
from tests.edits.project import NET, Nouns, rows


@dataclass(frozen=True)
class Edit:
    """One edit of a suite's folder or of a copy of the package.

    Parameters
    ----------
    name : str
        What is edited.
    do : callable
        Takes the suite's folder and the folder that code is imported from.
    short : bool
        Part of continuous integration.
    silent : bool
        Whether facts and verdicts may stay what they were: the edit changes no number here.
    """

    name: str
    do: Callable[[Path, Path], None]
    short: bool = False
    silent: bool = False


SHORT_FIELDS = {"conversion.logits.integer"}
SILENT_FIELDS = {
    "recipe.pruning.end": "the mask may be what it was",
    "recipe.teacher_share": "there is no teacher",
    "conversion.granularity": "every type is declared",
    "conversion.strategy": "Quartus knows one",
    "default.strategy": "Quartus knows one",
    "conversion.reuse_factor": "counts no cycles here",
    "backend.key": "names nothing in results but itself",
    "backend.part": "logic is for no part",
    "backend.clock_period_ns": "logic has no clock",
    "backend.io_type": "values are what they are",
    "built.teacher_share": "there is no teacher",
}
"""Fields of which the numbers of so small a suite may not tell."""


def _of_declarations() -> Iterator[Edit]:
    nouns = Nouns()
    for field in fields(Nouns):
        for path, edited in edits(getattr(nouns, field.name), f"{field.name}."):
            if path.endswith(".teacher"):
                continue
            yield Edit(
                path,
                _declared(replace(nouns, **{field.name: edited})),
                short=path in SHORT_FIELDS,
                silent=path in SILENT_FIELDS,
            )


def _declared(nouns: Nouns) -> Callable[[Path, Path], None]:
    return lambda folder, _package: nouns.write(folder)


def line(module: str, old: str, new: str, *, short: bool = False) -> Edit:
    """Edit a line of hlsgate; one that is no longer there is an error."""

    def do(_folder: Path, package: Path) -> None:
        path = package / "hlsgate" / module
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{module}: {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return Edit(module, do, short=short)


CODE = (
    line("models/training.py", "return x if rounded is None else rounded.round(x)",
         "return rounded.round(x)[:, ::-1].copy()", short=True),
    line("spec/fixedpoint.py", "_rounded(exact, self.rounding)", '_rounded(exact, "TRN")'),
    line("data/datasets.py", "y_train=labels[~test],", "y_train=labels[~test] * 0,"),
    line("models/keras2/answering.py",
         "    shaped = fitted_to(model, x, variant)\n    parts = []\n",
         "    shaped = -fitted_to(model, x, variant)\n    parts = []\n"),
    line("logic/__init__.py", "found[part] = self.comb.predict(on_grid, n_threads=threads)",
         "found[part] = 1 + self.comb.predict(on_grid, n_threads=threads)"),
    line("logic/__init__.py", '"stages": stages,', '"stages": stages + 1,', short=True),
    line("logic/tracing/layers.py", "return value if value.low >= 0 else value.relu()",
         "return value"),
    line("synthesis/reports/da4ml.py", "name: number(count,", "name: 1 + number(count,"),
    line("synthesis/reports/yosys.py", "values.get(name, 0) + count",
         "values.get(name, 0) + 2 * count"),
    line("facts/equality.py", "rows_different=int((by_row > 0).sum()),", "rows_different=1,"),
    line("facts/evaluation.py", 'right.mean()', 'right[1:].mean()'),
    line("facts/curves.py", "np.round(true[last], _DIGITS)", "np.round(true[last], 2)"),
    line("facts/parity.py", "value=(gained - lost) / n,", "value=gained / n,"),
    line("facts/parity.py", "high=_tango_upper(gained, lost, n, z),", "high=1.0,"),
    line("emulation/host/dense.h", "Word sum = 0;", "Word sum = 1;"),
)  # fmt: skip


def in_place(name: str, file: str, old: str, new: str, *, short: bool = False) -> Edit:
    """Edit an installed package, in a copy that is found before it."""

    def do(_folder: Path, package: Path) -> None:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        installed = Path(spec.origin).parent
        for folder in (installed, installed.with_name(f"{name}.libs")):  # what its wheel brought
            if folder.is_dir():
                shutil.copytree(folder, package / folder.name,
                                ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        path = package / name / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}/{file}: {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    assert name in READ_WHOLE.values()
    return Edit(f"{name} edited in place", do, short=short)


PACKAGES = (
    in_place("qkeras", "quantizers.py",
             "_round_through(p, self.use_stochastic_rounding, precision=1.0),\n"
             "          self.keep_negative  * (-m",
             "_round_through(p + 0.75, self.use_stochastic_rounding, precision=1.0),\n"
             "          self.keep_negative  * (-m"),
    in_place("hls4ml", "templates/quartus/firmware/nnet_utils/nnet_activation.h",
             """        data_T datareg = data[ii];
        if (datareg > 0)
            res[ii] = datareg;
        else
            res[ii] = 0;
    }
}

template <class data_T, class res_T, int MAX_INT""",
             """        res[ii] = data[ii];
    }
}

template <class data_T, class res_T, int MAX_INT""", short=True),
    in_place("da4ml", "cmvm/types.py", "return float(sum(op.cost for op in self.ops))",
             "return 1 + float(sum(op.cost for op in self.ops))"),
)  # fmt: skip


def _file(name: str, text: str) -> Callable[[Path, Path], None]:
    return lambda folder, _package: (folder / name).write_text(text) and None


def _rows(folder: Path, _package: Path) -> None:
    np.savez(folder / "rows.npz", **rows(seed=1))


def _one_label(folder: Path, _package: Path) -> None:
    edited = rows()
    edited["labels"][0] = (edited["labels"][0] + 1) % 3
    np.savez(folder / "rows.npz", **edited)


def _weights(folder: Path, _package: Path) -> None:
    path = folder / "checkpoints" / f"{NET}.npz"
    with np.load(path) as stored:
        content = dict(stored)
    content["logits/bias"] = content["logits/bias"] + np.float32(0.125)
    np.savez(path, **content)


def _baselines(**changed: object) -> Callable[[Path, Path], None]:
    def do(folder: Path, _package: Path) -> None:
        path = folder / "baselines.json"
        content = json.loads(path.read_text())
        for place, value in changed.items():
            *above, name = place.split("__")
            inside = content
            for step in above:
                inside = inside[step]
            inside[name] = value
        path.write_text(json.dumps(content))

    return do


FILES = (
    Edit("helper of a built network", _file("widths.py", "HIDDEN = 4\n"), short=True),
    Edit("all rows", _rows),
    Edit("one label", _one_label),
    Edit("weights", _weights, short=True),
    Edit("margin of parity", _baselines(parity__accuracy_margin=0.5)),
    Edit("bound of the softmax", _baselines(emulation__softmax__max_mean_error=1e-9)),
    Edit("bound of the hardware", _baselines(emulation__hardware__max_lsb=0)),
)
EDITS = (*_of_declarations(), *CODE, *PACKAGES, *FILES)
