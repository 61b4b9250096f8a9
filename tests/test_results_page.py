"""docs/results.md names every field of results.json, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hlsgate.facts import results

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
SCHEMA = json.loads(results.SCHEMA_FILE.read_text())
OBJECTS = {
    "Top level": SCHEMA,
    "variants/KEY": SCHEMA["properties"]["variants"]["additionalProperties"],
    "designs/KEY": SCHEMA["properties"]["designs"]["additionalProperties"],
    **{name: one for name, one in SCHEMA["$defs"].items() if "properties" in one},
}


def documented():
    """Return what the page says of each field, by section."""
    sections = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return {
        title: dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.M)) for title, text in pairs
    }


def test_every_object_has_its_section():
    """A new object of the schema needs a section."""
    assert set(documented()) == set(OBJECTS)


@pytest.mark.parametrize("title", OBJECTS)
def test_every_field_has_its_line(title):
    """A field that was added, renamed or removed is so on the page too."""
    assert set(documented()[title]) == set(OBJECTS[title]["properties"])


def test_the_version_is_that_of_the_schema():
    """The page is of the form that is written."""
    assert SCHEMA["properties"]["schema"]["const"] == results.SCHEMA
    assert f"results-{results.SCHEMA}.json" in PAGE.read_text(encoding="utf-8")
    assert documented()["Top level"]["schema"].endswith(f": {results.SCHEMA}")


def test_every_choice_is_explained():
    """Words that a field is limited to stand on the page."""
    for title, content in OBJECTS.items():
        for field, form in content["properties"].items():
            for word in form.get("enum", ()):
                assert f"`{word}`" in documented()[title][field], (title, field, word)
