"""The examples of docs/verdicts.md are what the code says now, and no state lacks one.

``HLSGATE_UPDATE_DOCS=1 pytest tests/test_verdicts.py`` writes what is said into the documents.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import get_args

from hlsgate.facts import parity
from hlsgate.judge import budgets, claims, judging
from hlsgate.sweep import gate
from tests.verdict_examples import examples

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "verdicts.md", DOCS / "licensed-toolchains.md"]
_SHOWN = re.compile(r"<!-- said: (\w+) -->\n(.*?)<!-- end of said -->", re.DOTALL)


def rendered(key, text):
    """Return an example as a document has it: sentences are wrapped, tables are not."""
    kind = "text" if "\n" in text else "says"
    body = "\n".join(line.rstrip() for line in text.splitlines())
    return f"<!-- said: {key} -->\n```{kind}\n{body}\n```\n<!-- end of said -->"


def test_pages_say_what_the_code_says(tmp_path, monkeypatch):
    """Every example stands in a document, and every one there is provoked again."""
    known = examples(tmp_path, monkeypatch)
    shown, stale = [], []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown += [key for key, _ in _SHOWN.findall(text)]
        now = _SHOWN.sub(lambda found: rendered(found[1], known[found[1]]), text)
        if os.environ.get("HLSGATE_UPDATE_DOCS") == "1":
            page.write_text(now, encoding="utf-8")
        old = dict(_SHOWN.findall(text))
        stale += [(key, old[key], said) for key, said in _SHOWN.findall(now) if said != old[key]]
    assert not stale
    assert sorted(shown) == sorted(known)


def test_every_state_is_explained():
    """A state that the code has, and the page does not, would leave a reader alone."""
    text = PAGES[0].read_text(encoding="utf-8")
    stated = {
        *get_args(budgets.State), *get_args(judging.State), *get_args(parity.State),
        *get_args(gate.State), *get_args(claims.State),
    }  # fmt: skip
    assert len(stated) > 10
    lacking = {state for state in stated if f"**{state}**" not in text}
    assert not lacking
