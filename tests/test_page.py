"""The report page says what results say, needs nothing else, and acts on nothing they say."""

import base64
import copy
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from hlsgate.cli.main import main
from hlsgate.facts import results
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import ExtraMissing, ResultsError
from hlsgate.judge import baselines, summary
from hlsgate.models import checkpoints
from hlsgate.report import figures, page
from hlsgate.report.figures import roc
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page import accuracy, emulation, frontier, resources, verdict, weights
from hlsgate.report.page.blocks import Folded, Grid, Heading, Row, Text
from hlsgate.suites import suite
from tests import page_sample
from tests.declared import using
from tests.hostile import MARKER, hostile

pytestmark = pytest.mark.usefixtures("only_jets")
VOID = {"meta", "link", "img", "br"}


class Structure(HTMLParser):
    """Elements, their attributes and all text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = Counter(), [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def written(folder, paths):
    found, sweep, stored = paths
    arguments = ["--frontier", str(sweep), "--baselines", str(stored), "--checkpoints"]
    out = folder / "page.html"
    done = CliRunner().invoke(
        main, ["report", str(found), *arguments, str(page_sample.CHECKPOINTS), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert done.output == f"{out}\n"
    return out.read_text("utf-8")


@pytest.fixture(scope="module")
def content():
    """Results, as they are read again."""
    return {**page_sample.content(), "versions": {}}


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Write the page of the sample."""
    folder = tmp_path_factory.mktemp("page")
    return written(folder, page_sample.write(folder))


def grids(blocks):
    """Return every table of some blocks, by its caption."""
    found = {}
    for block in blocks:
        if isinstance(block, Grid):
            found[block.caption] = block
        elif isinstance(block, Row | Folded):
            found |= grids(block.blocks)
    return found


def cells(grid, key):
    return next(list(row) for row in grid.rows if row[0] == key)


def test_page_is_whole_and_needs_nothing(html):
    """One document, well nested, in which no address leads outside."""
    found = Structure(html)
    assert found.open == []
    assert (found.tags["html"], found.tags["script"], found.tags["style"]) == (1, 1, 1)
    assert found.tags["svg"] >= 15
    addresses = [value for name, value in found.attributes if name in ("src", "href", "xlink:href")]
    assert addresses
    assert all(value.startswith("#") or value == "data:," for value in addresses)
    outside = re.findall(r"""(?:url\(|@import|https?:)[^"')]*""", html)
    assert all("www.w3.org" in one or one.startswith("url(#") for one in outside)
    assert len(html) < 1_000_000


def test_policy_names_the_only_script_and_style(html):
    """The policy's hashes are those of what the page holds; all else is forbidden."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html).group(1)
    for tag in ("script", "style"):
        body = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"&#39;sha256-{digest}&#39;" in policy
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe-inline" not in policy.split("style-src-attr")[0]


def test_hostile_text_is_only_text(html, tmp_path):
    """Markup, formulas and template syntax in results leave the page's structure as it is."""
    spoiled = written(tmp_path, hostile(tmp_path))
    found, clean = Structure(spoiled), Structure(html)
    assert found.open == []
    assert set(found.tags) == set(clean.tags)
    assert found.tags["script"] == 1
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    text = "".join(found.text)
    for what in (
        "jets-w4_a4_p75_s0",
        "sample",
        "0.5.2",
        "Agilex7",
        "one more bit",
        "jets_sample",
        "W",
    ):
        assert re.search(f"{what}[^<]*{re.escape(MARKER)}", text), what
    assert "{{ 7 * 7 }}" in text
    assert "$x_{1}^" in text


def test_identifiers_are_unique_across_figures(html):
    """No identifier is there twice, and every reference within a figure finds its target."""
    names = [value for name, value in Structure(html).attributes if name == "id"]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    wanted = set(re.findall(r'url\(#([^)"]+)\)|xlink:href="#([^"]+)"', html))
    assert {one or other for one, other in wanted} <= set(names)


def test_verdict_counts_are_the_judges(content, tmp_path):
    """Tiles have the counts of the summary; a known failure stands beside what was measured."""
    loaded = baselines.load(page_sample.baselines(tmp_path))
    judged = summary.summarise(content, loaded)
    section = verdict.section(judged)
    tiles = {tile.name: tile.value for tile in section.blocks[0].tiles}
    assert tiles["compared"] == str(len(judged.compared)) == "6"
    assert tiles["better"] == "1"
    assert tiles["new"] == str(sum(one.state == "new" for one in judged.judged))
    assert tiles["bit-exact emulation"] == "4"
    rows = grids(section.blocks)["Known failures, as declared"].rows
    counts = content["variants"]["jets-q4_p75_exercise"]["frozen"]["parity"]
    loss = (counts["lost"] - counts["gained"]) / counts["n"]
    assert ["jets-q4_p75_exercise", "parity", "all", "0.03", f"{loss:.4f}"] == list(rows[0][:5])


def headed(folder, run):
    """Return the page's title and mark, and what it lists as failed, of a run that ended so."""
    found, _, stored = page_sample.write(folder, run=run, green=True)
    content_, loaded = results.read(found), baselines.load(stored)
    judged = summary.summarise(content_, loaded)
    page.write(folder / "page.html", content_, judged, loaded, folder, {})
    text = (folder / "page.html").read_text("utf-8")
    mark = re.search(r'<h1>.*<span class="mark (\w+)">([\w ]+)</span></h1>', text).groups()
    title = re.search("<title>hlsgate: (\\w+),", text).group(1)
    failed = grids(verdict.section(judged).blocks).get("What failed")
    return title, mark, failed


def test_a_green_run_has_a_green_page(tmp_path):
    """All tests passed and all gates are open."""
    assert headed(tmp_path, page_sample.PASSED) == ("passed", ("good", "passed"), None)


def test_a_failed_parity_makes_the_page_red(tmp_path):
    """Baselines that hold are no reason for green where another claim failed."""
    title, mark, failed = headed(tmp_path, page_sample.RED)
    assert (title, mark) == ("failed", ("bad", "failed"))
    (fault, parity, *_) = failed.rows
    assert fault[:2] == ["the run", "1 of 300 tests were not run"]
    assert parity == [
        "jets-q4_p75_exercise-retrained", page_sample.SENTENCE, page_sample.AGAIN,
    ]  # fmt: skip


def test_results_of_before_are_only_baselines(tmp_path):
    """Where results do not say how tests ended, the mark claims no more than what it knows."""
    title, mark, failed = headed(tmp_path, None)
    assert (title, mark, failed) == ("passed", ("odd", "baselines passed"), None)
    assert "do not say how the tests ended" in (tmp_path / "page.html").read_text("utf-8")


def test_savings_are_by_one_tool_each(content):
    """A table holds one tool's numbers; what was recorded or published says so."""
    published = {
        f"{key}-oneapi_agilex7": {
            "toolchain": "oneapi", "tool_version": "2025.0", "part": "Agilex7",
            "stage": "hls_estimate", "origin": "published", "weights_sha256": None,
            "values": {"alut": alut},
        }
        for key, alut in (("jets-float", 1000), ("jets-q4_p75", 100))
    }  # fmt: skip
    found = grids(resources.section(content, published, Figures()).blocks)
    yosys = found["yosys 0.70, da4ml 0.5.2 for cyclonev: synthesis, logits only"]
    assert cells(yosys, "jets-float") == ["jets-float", "118,750", "-", "15,833", "-", "recorded"]
    assert cells(yosys, "jets-q4_p75")[1:3] == ["8,200", "93.1 %"]
    oneapi = found["oneapi 2025.0 for Agilex7: HLS estimate, with softmax"]
    assert cells(oneapi, "jets-q4_p75")[1:] == ["100", "90.0 %", "published, weights unknown"]


def test_no_saving_against_another_release(content):
    """Where the reference is of another tool, nothing is saved, and the reason is told."""
    spoiled = {**content, "designs": dict(content["designs"])}
    old = spoiled["designs"]["jets-float-da4ml"]["measurement"]
    spoiled["designs"]["jets-float-da4ml"] = {"measurement": {**old, "tool_version": "0.4"}}
    grid = grids(resources.section(spoiled, {}, Figures()).blocks)[
        "da4ml 0.5.2: logic, logits only"
    ]
    assert cells(grid, "jets-q4_p75")[2] == "-"
    assert any("tool release is 0.5.2, jets-float's is 0.4" in note for note in grid.notes)


def test_layers_appear_when_results_have_them(content):
    """Errors layer by layer are shown with their causes, or not at all."""
    found = grids(emulation.section(content).blocks)["Errors layer by layer"]
    first, second = found.rows[:2]
    assert list(first) == [
        "jets-float", "oneapi", "dense1", "fixed<16,6>", "2,000", "0", "0", "-", "3", "-",
    ]  # fmt: skip
    assert list(second)[5:7] == ["7", "9.5"]
    assert second[-1] == "accumulator too narrow"
    assert len(found.rows) == 2 * len(suite.active().variants)
    without = copy.deepcopy(content)
    for one in without["variants"].values():
        one["emulation"]["oneapi"].pop("layers")
    assert "Errors layer by layer" not in grids(emulation.section(without).blocks)


def test_without_a_sweep_the_page_says_how_to_make_one(content):
    """The variants are drawn alone, and the command is named, for every benchmark with a family."""
    blocks = frontier.section(content, {}, Figures()).blocks
    heads = [one.text for one in blocks if isinstance(one, Heading)]
    assert heads == [one.key for one in suite.active().benchmarks]
    told = [one.text for one in blocks if isinstance(one, Text)]
    assert len(told) == len(heads)
    for key, one in zip(heads, told, strict=True):
        assert f"hlsgate frontier --benchmark {key}'" in one
    (row,) = (one for one in blocks if isinstance(one, Row))
    assert len(row.blocks) == 2, "only the jets have results"


def test_a_benchmark_without_a_family_says_so(content, monkeypatch):
    """Nobody is told to sweep what cannot be swept."""
    own = suite.shipped()
    none = tuple(replace(one, family=None) for one in own.benchmarks)
    monkeypatch.setattr(suite, "_chosen", [(replace(own, benchmarks=none), None)])
    told = [
        one.text for one in frontier.section(content, {}, Figures()).blocks if isinstance(one, Text)
    ]
    assert told[0] == "No family of points is declared for jets, so there is no sweep of it."


def test_two_sweeps_are_two_parts(content):
    """Each benchmark has its answer, its tables and its plots."""
    sweeps = {key: page_sample.sweep(key) for key in ("jets", "digits")}
    blocks = frontier.section(content, sweeps, Figures()).blocks
    found = grids(blocks)
    for key in sweeps:
        rows = found[f"The frontier of {key}"].rows
        assert rows
        assert all(row[0].startswith(f"{key}-") for row in rows)
    pictures = [one for row in blocks if isinstance(row, Row) for one in row.blocks]
    assert len(pictures) == 4
    assert ["jets" in one.caption for one in pictures] == [True, True, False, False]
    answers = [one.text for one in blocks if isinstance(one, Text) and one.strong]
    assert ["jets-float" in one for one in answers] == [True, False]


def test_stored_frontiers_are_shown_by_themselves(tmp_path, monkeypatch):
    """Where no sweep is named, the suite's stored frontiers are; a bad one is an error."""
    found, swept, stored = page_sample.write(tmp_path)
    monkeypatch.setattr(suite, "_chosen", [(replace(suite.shipped(), home=tmp_path), None)])
    kept = suite.active().frontier("jets")
    kept.parent.mkdir(parents=True)
    swept.rename(kept)
    out = tmp_path / "page.html"
    arguments = ["report", str(found), "--baselines", str(stored), "--out", str(out)]
    arguments += ["--checkpoints", str(page_sample.CHECKPOINTS)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "The frontier of jets" in out.read_text("utf-8")
    kept.write_text("{}")
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_only_the_weights_of_the_results_are_shown(content, tmp_path):
    """Weights that are not those of the results are named, not drawn."""
    shown = grids(weights.section(content, page_sample.CHECKPOINTS, Figures()).blocks)
    grid = shown["Bits in use by kernel, and zeros: jets"]
    assert cells(grid, "jets-float")[1] == "float, 0 % zero"
    assert re.fullmatch(r"4 of 4 bits, 75 % zero", cells(grid, "jets-q4_p75")[1])
    frozen = {**content["variants"]["jets-float"]["frozen"], "weights_sha256": "9" * 64}
    other = {"variants": {"jets-float": {"frozen": frozen}}}
    section = weights.section(other, page_sample.CHECKPOINTS, Figures())
    assert grids(section.blocks) == {}
    assert "these results are of 999999999999" in section.blocks[-1].lines[0]
    missing = weights.section(content, tmp_path, Figures())
    assert len(missing.blocks[-1].lines) == len(page_sample.JETS)


def test_networks_of_several_benchmarks_stand_apart(tmp_path):
    """Each benchmark has a table with its own kernels; a model's own are as if of floats."""
    found = {"variants": {}}
    keys = ("jets-q4_p75", "digits-q5", "digits-conv_q5")
    with using(suite.shipped()):
        for key in keys:
            path = page_sample.CHECKPOINTS / f"{key}.npz"
            sha = checkpoints.load(path, suite.variant(key)).sha256
            found["variants"][key] = {"frozen": {"weights_sha256": sha}}
        shown = grids(weights.section(found, page_sample.CHECKPOINTS, Figures()).blocks)
    jets, digits = (shown[f"Bits in use by kernel, and zeros: {key}"] for key in ("jets", "digits"))
    assert jets.heads == ("variant", "dense1", "dense2", "dense3", "logits")
    assert digits.heads == ("variant", "dense1", "dense2", "logits", "conv1", "conv2")
    assert cells(digits, "digits-q5")[4:] == ["-", "-"]
    assert cells(digits, "digits-conv_q5")[1:3] == ["-", "-"]
    assert cells(digits, "digits-conv_q5")[4].startswith("float, ")


def test_results_that_contradict_themselves(content):
    """Curves or counts of the wrong length are an error that names the place."""
    frozen = dict(content["variants"]["jets-float"]["frozen"])
    frozen["roc"] = {**frozen["roc"], "background": [0.1, 1.0]}
    frozen["confusion"] = {**frozen["confusion"], "counts": [[1, 2]]}
    broken = {"variants": {"jets-float": {"frozen": frozen}}, "designs": {}}
    with pytest.raises(ResultsError, match="variants/jets-float/frozen/roc: 31 shares of g at 2"):
        accuracy.curves(broken, (), Figures())
    with pytest.raises(ResultsError, match="frozen/confusion: the counts are not 5 by 5"):
        accuracy.confusion(broken)


def test_half_a_run_has_a_page(tmp_path):
    """Results with nothing but one design give a page that says what is missing."""
    found = results.empty()
    design = page_sample.content()["designs"]["jets-q4_p75-da4ml"]
    results.put(found, "designs", "jets-q4_p75-da4ml", "measurement", design["measurement"])
    results.write(tmp_path / "results.json", found, tmp_path)
    content = results.read(tmp_path / "results.json")
    loaded = baselines.load(page_sample.baselines(tmp_path))
    judged = summary.summarise(content, loaded)
    page.write(tmp_path / "page.html", content, judged, loaded, tmp_path, {})
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "These results hold no ROC curves" in text
    assert "Nothing was compared, so nothing has passed." in text


def test_missing_extra_is_one_sentence(monkeypatch):
    """Without matplotlib or jinja2, the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ExtraMissing, match=r"jinja2 and matplotlib; .* hlsgate\[report\]"):
        figures.require()


def test_unusable_sweep_is_one_sentence(tmp_path):
    """A file that is no frontier ends the command with its name and the place in it."""
    paths = page_sample.write(tmp_path)
    paths[1].write_text('{"schema": 1}')
    done = CliRunner().invoke(main, ["report", str(paths[0]), "--frontier", str(paths[1])])
    assert done.exit_code == 2
    assert "frontier.json: top level" in done.output


def test_figures_are_drawn_once(tmp_path):
    """What is shown decides whether a figure is drawn again; a page without cache draws all."""
    drawn = []

    def draw(name, lines):
        drawn.append(name)
        return roc.draw(name, lines)

    draw.__module__, draw.__qualname__ = roc.__name__, roc.draw.__qualname__
    lines = {"jets-float": ([0.0, 1.0], [0.0, 1.0])}
    kept = Figures(Cache(tmp_path))
    first = kept.inline(draw, ("g", lines), "roc-g", "title", {})
    assert Figures(Cache(tmp_path)).inline(draw, ("g", lines), "roc-g", "title", {}) == first
    assert Figures().inline(draw, ("g", lines), "roc-g", "title", {}) == first
    assert drawn == ["g", "g"]
    other = {"jets-float": ([0.0, 1.0], [0.5, 1.0])}
    assert kept.inline(draw, ("g", other), "roc-g", "title", {}) != first
    assert drawn == ["g", "g", "g"]
