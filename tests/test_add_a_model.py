"""What docs/add-a-model.md tells a reader to write can be written."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hlsgate.judge import baselines
from hlsgate.spec.declarations import Design, Variant
from hlsgate.suites import jets

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_declarations(monkeypatch):
    """The variant, and the designs that name it, are made of what the suite has."""
    code, line = blocks("python")
    declared = eval(code, dict(vars(jets)))
    assert isinstance(declared, Variant)
    assert re.fullmatch(r"[a-z0-9_]+-[a-z0-9_]+", declared.key)
    assert declared.reference in {variant.key for variant in jets.VARIANTS}
    assert declared.key not in {variant.key for variant in jets.VARIANTS}, "take another example"
    monkeypatch.setitem(jets._BY_KEY, declared.key, declared)
    found = eval(f"({line.strip()})", dict(vars(jets)))
    assert all(isinstance(design, Design) for design in found)
    assert declared in [design.variant for design in found]


def test_the_budget():
    """The budget follows the schema, and is relative to a design that there is."""
    (text,) = blocks("json")
    content = json.loads((ROOT / "baselines.json").read_text())
    content["resources"]["jets-q5_p75-yosys_cyclonev"] = {"budgets": [json.loads(text)]}
    baselines.check(content, ROOT / "baselines.json")
