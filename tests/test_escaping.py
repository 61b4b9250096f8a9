"""Text of strangers is shown as it is, and does nothing, in Markdown and on terminals."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsgate.diagnosis.catalogue import PRUNING_WRAPPER, Finding
from hlsgate.diagnosis.divergence import Diagnosis, LayerRow
from hlsgate.infra.errors import ResultsError
from hlsgate.infra.escaping import LONGEST, markdown, shown, terminal
from hlsgate.judge import summary
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.changes import Change, table
from hlsgate.report import tables
from hlsgate.sweep import tables as sweeps
from tests import hostile

HOSTILE = {
    "command": "/approve",
    "command on a line": "x\n/close",
    "mention": "@all @a-team",
    "mail": "a@b.example",
    "issue": "#12 GH-3 !4 &5 ~bug %9.1 $7 ^alert",
    "link": "[good](https://bad.example)",
    "bare link": "https://bad.example www.bad.example",
    "image": "![x](https://bad.example/pixel.png)",
    "reference": "[x]: https://bad.example",
    "html": "<script>alert(1)</script><!-- -->",
    "table": "a | b |\n|---|---|",
    "heading": "\n# Passed\n",
    "code": "`x` ```\nrm\n```",
    "task": "\n- [x] reviewed",
    "entity": "&lt;b&gt; &#64;all",
    "colours": "\x1b[2J\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "back": "failed\r\x08\x08passed",
    "direction": "\u202edessap\u2066",
    "eight bits": "\x9b2J",
    "end": "a\0b\x7f\x85\u2028c",
    "half": "\ud800",
}

_ACTS_IN_MARKDOWN = re.compile(r"[<>`\[\]|\n]|[@#!~%^$](?=\w)|://|www\.", re.IGNORECASE)
_MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def as_people_see(text):
    """Return escaped Markdown as it is rendered."""
    return html.unescape(text).replace("\u2060", "")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_markdown_does_nothing(text):
    """Nothing is left that Markdown, GitHub or GitLab act on, and people read the same."""
    found = markdown(text)
    assert not _ACTS_IN_MARKDOWN.search(re.sub(r"&#?\w+;", " ", found))
    rendered = html.unescape(found)
    assert not re.search(r"[@#!~%^$]\w|://|www\.", rendered), "no later filter finds one"
    assert not found.startswith("/")
    assert as_people_see(found) == " ".join(terminal(text).split())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_terminals_do_nothing(text):
    """Controls, directions and halves of characters become their numbers; lines stay lines."""
    assert not _MOVES.search(terminal(text))
    assert terminal(text).count("\n") == text.count("\n")
    assert shown(text).isprintable()
    assert not _MOVES.search(str(ResultsError(text))), "every error of ours is shown so"


@given(st.text())
def test_any_text(text):
    """Whatever it is, it can be written to a file, is bounded, and plain text stays plain."""
    for found in (markdown(text), terminal(text), shown(text)):
        found.encode("utf-8")
    assert len(shown(text)) <= 10 * LONGEST
    assert as_people_see(markdown(text)) == " ".join(terminal(text).split())


@pytest.mark.parametrize("text", ["jets-q6_p75", "fmax_mhz", "1,000 (+3.5 %)", "Ünïcödé µ"])
def test_plain_text_stays(text):
    """Names and numbers of everyday are not touched in any medium."""
    assert markdown(text) == terminal(text) == shown(text) == text


@pytest.fixture
def everywhere(tmp_path, monkeypatch, only_jets):
    """Write the sample with a text in every field that may hold one; return what shows it."""

    def show(text):
        monkeypatch.setattr(hostile, "TEXT", text)
        results, sweep, baselines = (
            json.loads(path.read_text()) for path in hostile.hostile(tmp_path)
        )
        judged = summary.summarise(results, Baselines(baselines, tmp_path))
        layer = LayerRow(text, "Dense", "-", 1, None, None, 0, 0,
                         (Finding(PRUNING_WRAPPER, "it differs"),))  # fmt: skip
        made = tables.all_tables(results, {})
        return {
            "markdown": [
                judged.markdown(),
                *(one.render("github") for one in made),
                Diagnosis("net", 5, (layer,)).text("github"),
                table([Change(f"a {text}", text, text, text)]),
            ],
            "terminal": [
                judged.text(every=True),
                *(one.render() for one in made),
                terminal(sweeps.summary(sweep)),
            ],
        }

    return show


def test_no_document_acts(everywhere):
    """Summary, tables, diagnosis and changes, with the text in every field that takes one."""
    names = ("command on a line", "mention", "link", "bare link", "image", "html", "table")
    for document in everywhere(" ".join(HOSTILE[name] for name in names))["markdown"]:
        lines = document.replace("<details>", "").replace("</details>", "").splitlines()
        assert not [line for line in lines if line.startswith("/")]
        for word in ("@all", "https://bad", "www.bad"):
            assert word not in html.unescape(document), document
        for word in ("<script", "](", "!["):
            assert word not in document


def test_no_table_moves_the_terminal(everywhere):
    """The same with controls, which results read from a file are refused for already."""
    names = ("colours", "title", "back", "direction", "eight bits", "end")
    for document in everywhere("".join(HOSTILE[name] for name in names))["terminal"]:
        assert not _MOVES.search(document)
