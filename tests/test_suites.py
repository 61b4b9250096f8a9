"""A suite that contradicts itself cannot be made, and one in a file is read or refused in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hlsgate.infra.errors import SuiteError
from hlsgate.spec import targets
from hlsgate.spec.declarations import Conversion, Recipe, Saved, Topology, Variant
from hlsgate.spec.suites import Benchmark, Suite
from hlsgate.suites import suite
from tests.declared import using

RECIPE = Recipe(100, 1e-3)
NETWORK = Topology(4, (3,), 2)
MINE = Benchmark("mine", Path("mine.npz"), ("no", "yes"))
OTHER = Benchmark("other", Path("other.npz"), ("no", "yes"))
FLOAT = Variant("mine-float", "mine", NETWORK, RECIPE, Conversion())
SMALL = replace(FLOAT, key="mine-small", reference="mine-float")
ALIEN = replace(FLOAT, key="other-float", benchmark="other")
SAVED = replace(FLOAT, key="mine-saved", network=Saved(Path("m.h5")), recipe=None)
DESIGNS = targets.designs(targets.DA4ML, (FLOAT, SMALL))


def made(*variants, benchmarks=(MINE,), designs=()):
    return Suite(benchmarks, variants, designs, Path("home"), targets.BACKENDS)


def test_a_sound_suite():
    """What it declares is found by its key, and its files are below its home."""
    found = made(FLOAT, SMALL, SAVED, designs=DESIGNS)
    assert found.benchmark("mine") is MINE
    assert found.variant("mine-small") is SMALL
    assert found.design("mine-small-da4ml") is DESIGNS[1]
    assert found.variants_of("mine") == [FLOAT, SMALL, SAVED]
    assert (found.checkpoints, found.baselines) == (
        Path("home/checkpoints"), Path("home/baselines.json"),
    )  # fmt: skip
    assert found.example(MINE) is SAVED, "the last one, where none is named"
    assert found.example(replace(MINE, example="mine-small")) is SMALL


TEACHER = replace(RECIPE, teacher="other-float")


@pytest.mark.parametrize(
    ("variants", "changes", "sentence"),
    [
        ([replace(FLOAT, key="mine-Float")], {}, r"variant 'mine-Float': keys are of a-z, 0-9"),
        ([replace(FLOAT, key="mine-a/b")], {}, r"variant 'mine-a/b': keys are of"),
        ([replace(FLOAT, key="mine-")], {}, r"variant 'mine-': keys are of"),
        ([FLOAT], {"benchmarks": (replace(MINE, key=""),)}, r"benchmark '': keys are of"),
        ([FLOAT, SMALL, FLOAT], {}, r"variant 'mine-float' is declared twice"),
        ([FLOAT], {"benchmarks": (MINE, MINE)}, r"benchmark 'mine' is declared twice"),
        ([FLOAT], {"designs": DESIGNS[:1] * 2}, r"design 'mine-float-da4ml' is declared twice"),
        (
            [FLOAT, replace(FLOAT, key="mine-float-da4ml")],
            {"designs": DESIGNS[:1]},
            r"variant 'mine-float-da4ml' has the key of a design; rename the variant",
        ),
        ([ALIEN], {}, r"no benchmark 'other'; declared are mine\."),
        ([replace(FLOAT, key="float")], {}, r"'float': its key has to begin with its benchmark's"),
        ([SMALL], {}, r"no variant 'mine-float'; declared are mine-small"),
        ([FLOAT], {"benchmarks": (MINE, OTHER)}, r"benchmark 'other' has no variant"),
        ([FLOAT], {"designs": DESIGNS}, r"no variant 'mine-small'; declared are mine-float"),
        ([replace(FLOAT), SMALL], {"designs": DESIGNS}, r"'mine-float-da4ml': its variant is not"),
        ([replace(FLOAT, recipe=None)], {}, r"'mine-float': a saved model has no recipe, and all"),
        ([replace(SAVED, recipe=RECIPE)], {}, r"'mine-saved': a saved model has no recipe"),
        (
            [ALIEN, replace(FLOAT, reference="other-float")],
            {"benchmarks": (MINE, OTHER)},
            r"'mine-float': its reference is of another benchmark",
        ),
        (
            [ALIEN, replace(FLOAT, recipe=TEACHER)],
            {"benchmarks": (MINE, OTHER)},
            r"'mine-float': its teacher is of another benchmark",
        ),
        (
            [FLOAT],
            {"benchmarks": (replace(MINE, example="mine-smal"),)},
            r"no variant 'mine-smal'; declared are mine-float",
        ),
        (
            [FLOAT, ALIEN],
            {"benchmarks": (replace(MINE, timed=("other-float",)), OTHER)},
            r"benchmark 'mine': 'other-float' is none of its variants",
        ),
    ],
)  # fmt: skip
def test_a_contradiction(variants, changes, sentence):
    """It is told when the suite is made, with the key that is at fault."""
    with pytest.raises(SuiteError, match=sentence):
        made(*variants, **changes)


def test_what_is_not_declared_is_told_with_what_is():
    """A typo is answered with the keys there are."""
    found = made(FLOAT, SMALL)
    with pytest.raises(SuiteError, match=r"no benchmark 'main'; declared are mine\."):
        found.benchmark("main")
    with pytest.raises(SuiteError, match=r"no variant 'f'; declared are mine-float, mine-small\."):
        found.variant("f")
    with pytest.raises(SuiteError, match=r"no design 'd'; declared are none\."):
        found.design("d")


def test_a_saved_model_is_not_trained():
    """It has no recipe to train by, and its emulation has to be exact unless it says otherwise."""
    with pytest.raises(SuiteError, match="mine-saved comes with its weights"):
        _ = SAVED.training
    assert SAVED.exact
    assert not replace(SAVED, conversion=Conversion(exact=False)).exact
    assert not FLOAT.exact
    assert (FLOAT.training, SAVED.zeros) == (RECIPE, 0.0)
    assert replace(SAVED, sparsity=0.5).zeros == 0.5


def test_one_suite_is_active():
    """It is hlsgate's own, until another one is chosen; and again afterwards."""
    chosen = made(FLOAT, designs=DESIGNS[:1])
    with using(chosen):
        assert suite.active() is chosen
        assert suite.benchmark("mine") is MINE
        assert suite.variant("mine-float") is FLOAT
        assert suite.design("mine-float-da4ml") is DESIGNS[0]
        suite.use(None)
        assert suite.active() is suite.shipped()
    assert [one.key for one in suite.active().benchmarks] == ["jets", "digits"]


# --- a suite in a file ----------------------------------------------------------------------------

GOOD = """
from pathlib import Path
from hlsgate.spec import targets
from hlsgate.spec.declarations import Conversion, Recipe, Topology, Variant
from hlsgate.spec.suites import Benchmark, Suite

HOME = Path(__file__).parent
BENCHMARK = Benchmark("mine", HOME / "mine.npz", ("no", "yes"))
FLOAT = Variant("mine-float", "mine", Topology(4, (3,), 2), Recipe(100, 1e-3), Conversion())
SUITE = Suite(
    (BENCHMARK,), (FLOAT,), targets.designs(targets.DA4ML, (FLOAT,)), HOME, (targets.QUARTUS,)
)
"""


@pytest.fixture
def file(tmp_path):
    """Return what writes a suite's file."""

    def write(text):
        path = tmp_path / "my-suite.py"
        path.write_text(text)
        return path

    return write


def test_a_suite_is_loaded(file, tmp_path, monkeypatch):
    """By a relative name, too; its files are where it says."""
    file(GOOD)
    monkeypatch.chdir(tmp_path)
    found = suite.load(Path("my-suite.py"))
    assert found.baselines == tmp_path / "baselines.json"
    assert [one.key for one in found.designs] == ["mine-float-da4ml"]
    assert suite.active() is suite.shipped(), "loading does not choose"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1\ny = (", r"my-suite\.py, line 2: SyntaxError: '\(' was never closed"),
        ("x = 1\n\nx / 0", r"my-suite\.py, line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    int('a')\n\nf()", r"my-suite\.py, line 2: ValueError"),
        ("import json\njson.loads('[')", r"my-suite\.py, line 2: JSONDecodeError"),
        ("\nimport not_there", r"my-suite\.py, line 2: ModuleNotFoundError: No module named 'not_"),
        ("\nexec('(')", r"my-suite\.py, line 2: SyntaxError"),
        ("", r"my-suite\.py defines nothing as SUITE; it should be a hlsgate\.spec\.suites\.Suite"),
        ("SUITE = [1]", r"my-suite\.py defines a list as SUITE; it should be"),
        (
            GOOD.replace('"mine-float"', '"float"'),
            r"my-suite\.py, line 10: variant 'float': its key has to begin",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_suite(file, text, sentence):
    """The sentence has the file, and the line in it."""
    with pytest.raises(SuiteError, match=sentence):
        suite.load(file(text))


def test_a_relative_name_has_its_line_too(file, tmp_path, monkeypatch):
    file("\n\nx = 1 / 0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SuiteError, match=r"my-suite\.py, line 3: ZeroDivisionError"):
        suite.load(Path("my-suite.py"))


@pytest.mark.parametrize("name", ["none.py", "."])
def test_no_file(tmp_path, name):
    """What is not there, and a folder, are told with the way to a file."""
    with pytest.raises(SuiteError, match=r"is not there, or is no file; 'python -m hlsgate init'"):
        suite.load(tmp_path / name)


def test_a_file_of_another_kind(tmp_path):
    """Only what ends in .py is run."""
    (tmp_path / "suite.txt").write_text(GOOD)
    with pytest.raises(
        SuiteError, match=r"suite\.txt is no Python file; name one that ends in .py"
    ):
        suite.load(tmp_path / "suite.txt")


# --- commands on a suite in a file ----------------------------------------------------------------


def test_a_command_works_on_it(run, file):
    """What it declares is known, and what is beside it is read."""
    path = str(file(GOOD))
    done = run("freeze", "mine-flat", "--suite", path)
    assert done.exit_code == 2
    assert "no variant 'mine-flat'; declared are mine-float" in done.output
    done = run("show", "--suite", path)
    assert done.exit_code == 2
    assert str(Path(path).parent / "baselines.json") in done.output.replace("\n", "")


def test_a_command_finds_it_by_the_environment(run, file, monkeypatch):
    monkeypatch.setenv("HLSGATE_SUITE", str(file(GOOD)))
    assert "no variant 'jets-float'; declared are mine-float" in run("freeze", "jets-float").output


def test_a_command_tells_what_is_wrong_with_it(run, file):
    done = run("show", "--suite", str(file("SUITE = None")))
    assert done.exit_code == 2
    assert "defines nothing as SUITE" in " ".join(done.output.split())
    assert "Traceback" not in done.output
