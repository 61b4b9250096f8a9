"""Names of layers become identifiers of C++, each its own, and people get theirs back."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hlsgate.conversion import project_name
from hlsgate.conversion.naming import LONGEST, for_people, is_safe, safe_names, strange
from hlsgate.suites import suite

ATTACK = 'inputs\n#ifdef PARAMETERS_H_\n#define w4 (system("touch canary"), w4)\n#endif\n'
HOSTILE = (
    ATTACK, "", " ", "a b", "a/b", "a-b", "a;b", "1a", "_a", "a__b", "a_", "A", "EOF", "NULL",
    "class", "while", "std", "nnet", "linux", "errno", "w2", "b13", "config2", "layer2_out",
    "result_t", "../a", "a\\", 'a"', "a\r", "\x1b[2J", "é", "\uff41", "\U0001d41a", "a\u202eb",
    "a" * (LONGEST + 1), "$(x)", "`x`", "a*/b", "a//b", "a??/", "%s", "a\0b",
)  # fmt: skip
LIKELY = st.sampled_from([*HOSTILE, "dense", "Dense", "dense_relu", "renamed1", "Renamed2"])


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_that_are_not_written(name):
    """Neither what no compiler reads as one name, nor what is one of its own."""
    assert not is_safe(name)
    made = safe_names([name])[name]
    assert is_safe(made)
    assert for_people(f"{made}_relu", {name: made}).isprintable()


@given(st.lists(LIKELY | st.text(max_size=80), max_size=12))
@example(["renamed1", "a b", "RENAMED2", "c d"])
def test_any_names(names):
    """Every name has a safe one of its own, whatever the case; a safe one stays."""
    found = safe_names(names)
    assert set(found) == set(names)
    assert len({made.lower() for made in found.values()}) == len(found)
    for made in found.values():
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", made)
        assert len(made) <= LONGEST
        assert is_safe(made)
    alone = [one for one in found if [other.lower() for other in found].count(one.lower()) == 1]
    assert all(found[name] == name for name in alone if is_safe(name))


@given(st.text(string.ascii_letters + string.digits + "_- \n", min_size=1))
def test_people_read_their_own_name(name):
    """What hls4ml appends stays, and the name before it is the model's."""
    made = safe_names([name])[name]
    told = for_people(f"{made}: {made}_linear", {name: made})
    assert "renamed1" not in told or "renamed1" in name
    assert "\n" not in told
    if name.isprintable() and name not in ("", " "):
        assert told.startswith(name)


def test_shipped_names_stay():
    """No layer that ships is renamed, so that no project changes."""
    for variant in suite.active().variants:
        layers = getattr(variant.network, "dense_layers", [])
        own = ["inputs", "softmax", *(name for name, _, _ in layers)]
        own += [f"relu{number}" for number in range(1, len(layers) + 1)]
        assert all(made == name for name, made in safe_names(own).items())


def test_other_layers_stay_out_of_it():
    """A number that goes on, and a name that another's ends with, are not taken for one made."""
    assert (
        for_people("renamed12 xrenamed1 renamed1", {"a b": "renamed1"}) == "renamed12 xrenamed1 a b"
    )


def test_names_of_projects():
    """A key gives the name that it always gave; the name of a file gives a safe and short one."""
    assert project_name("jets-q4_p75") == "jets_q4_p75"
    made = project_name("net_\u00e9 \n/../" + "x" * 300)
    assert re.fullmatch("[A-Za-z0-9_]+", made)
    assert len(made) == LONGEST


def test_identifiers():
    """Members of a struct are names of C++ too, and nothing else with a dot is."""
    good = ["inputs", "inputs.inputs", "_x", "layer2_out"]
    assert strange([*good, "a b", "a.b.c", "a.", "a\n", "é"]) == ["a b", "a.b.c", "a.", "a\n", "é"]
