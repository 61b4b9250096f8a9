"""docs/reference.md is what the code says: commands, options, environments, variables, files.

``HLSGATE_UPDATE_DOCS=1 pytest tests/test_reference.py`` writes the generated parts.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.reference import GENERATED, VARIABLES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference.md"
SCHEMAS = ROOT / "hlsgate" / "schemas"
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def test_generated_parts():
    """Every generated part is what the code says now."""
    text = PAGE.read_text(encoding="utf-8")
    assert sorted(name for _, name, _ in _PART.findall(text)) == sorted(GENERATED)
    now = _PART.sub(lambda part: f"{part[1]}{GENERATED[part[2]]()}\n{part[3]}", text)
    if os.environ.get("HLSGATE_UPDATE_DOCS") == "1":
        PAGE.write_text(now, encoding="utf-8")
    assert text.splitlines() == now.splitlines()


def test_every_variable_is_named():
    """What the library or the suite reads from its environment stands in the table."""
    sources = [*ROOT.glob("hlsgate/**/*.py"), *ROOT.glob("fixtures/*.py"), ROOT / "conftest.py"]
    found = {
        name
        for path in sources
        for name in re.findall(r"\bHLSGATE_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    assert len(found) > 8
    assert found == {name for name in VARIABLES if name.startswith("HLSGATE_")}


@pytest.mark.parametrize(
    ("schema", "title"), [("baselines-1", "baselines.json"), ("frontier-1", "frontier.json")]
)
def test_every_field_of_a_file_is_named(schema, title):
    """A field that a schema has at its top, or in a baseline or budget, stands in the section."""
    content = json.loads((SCHEMAS / f"{schema}.json").read_text())
    section = re.search(rf"^### {re.escape(title)}$(.*?)(?=^##)", PAGE.read_text(), re.S | re.M)
    assert section
    wanted = set(content["properties"])
    for name in ("resource_baseline", "budget"):
        wanted |= set(content["$defs"].get(name, {}).get("properties", {}))
    assert wanted <= set(re.findall(r"`(\w+)`", section[1]))
