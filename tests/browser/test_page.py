"""The report page in a real browser: it works, it is legible, and it says what the results say."""

import json
import re
from itertools import chain, pairwise

import pytest

from hlsgate.cli import commands
from hlsgate.facts import results
from hlsgate.judge import baselines, summary
from hlsgate.suites import suite
from tests import page_sample
from tests.declared import using
from tests.hostile import MARKER, hostile

pytestmark = pytest.mark.usefixtures("only_jets")
LOOKS = ("light", "dark", "phone", "print")

CELLS = """
return Object.fromEntries([...document.querySelectorAll("table")].map((table) => [
  table.caption.textContent,
  [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())),
]));
"""

CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const paint = (colour, under) => {
  canvas.fillStyle = `rgb(${under.join(",")})`;
  canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const behind = (element) => {
  const stack = [];
  for (let one = element; one; one = one.parentElement) {
    stack.push(getComputedStyle(one).backgroundColor);
  }
  return stack.reverse().reduce((under, colour) => paint(colour, under), [255, 255, 255]);
};
const light = (rgb) => rgb
  .map((value) => value / 255)
  .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
const ratio = (a, b) => {
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const poor = [];
let count = 0;
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || element.closest("script, title") || !element.getClientRects().length) continue;
  const style = getComputedStyle(element), under = behind(element);
  const inside = element.closest("svg");
  // labels within bars stand on the bar, not on the paper
  if (inside && style.fill === getComputedStyle(document.body).backgroundColor) continue;
  const found = ratio(paint(inside ? style.fill : style.color, under), under);
  count += 1;
  if (found < 4.5) poor.push(`${element.tagName} ${element.textContent.slice(0, 40)}: ${found}`);
}
return [count, poor];
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Write the sample's page."""
    folder = tmp_path_factory.mktemp("sample")
    found, sweep, stored = page_sample.write(folder)
    commands.report(found, folder / "page.html", stored, page_sample.CHECKPOINTS, [sweep])
    return folder


@pytest.fixture
def opened(show, sample):
    """Open the sample's page."""
    return show(sample / "page.html").look("light")


def cells(page):
    return page.run(CELLS)


def line(table, key):
    return next(row for row in table if row[0] == key)


def table_of(tables, start):
    return next(rows for caption, rows in tables.items() if caption.startswith(start))


def assert_quiet(page):
    """No complaint of the browser, and nothing fetched but the page itself."""
    assert page.console() == []
    asked = page.requested()
    assert asked, "the page itself must be among what was asked for"
    assert all(re.match("file:.*[.]html$|data:", address) for address in asked), asked


def assert_says(page, found):
    """Key numbers in the page are those of the results."""
    tables = cells(page)
    for key, variant in found["variants"].items():
        scores = variant["frozen"]
        row = line(tables["Accuracy on the test rows"], key)
        assert row[2] == f"{100 * scores['accuracy']:.2f}"
        area = line(tables[f"Area under the ROC curve, by class: {key.partition('-')[0]}"], key)
        for name, value in zip(scores["confusion"]["classes"], area[1:], strict=False):
            assert value == f"{scores['auc'][name]:.4f}"
        counts = [
            int(cell.rpartition("%")[2].replace(",", "").strip())
            for cells_ in tables[key][1:]
            for cell in cells_[1:]
        ]
        assert counts == [*chain(*scores["confusion"]["counts"])]
    for key, design in found["designs"].items():
        variant, _, target = key.rpartition("-")
        values = design["measurement"]["values"]
        if target == "da4ml":
            row = line(table_of(tables, "da4ml"), variant)
            assert row[1] == f"{values['da_cost']:,.10g}"
        if target == "yosys_cyclonev":
            row = line(table_of(tables, "yosys"), variant)
            assert row[1] == f"{values['alut']:,}"
            assert row[3] == f"{values['ff']:,}"


def tiles(page):
    script = """return Object.fromEntries([...document.querySelectorAll(".tile")].map(
        (tile) => [tile.querySelector("dt").textContent, tile.querySelector("b").textContent]))"""
    return page.run(script)


def test_sample_is_quiet_and_says_what_the_results_say(opened, sample):
    """No error, nothing fetched; numbers are the JSON's; counts are the judge's."""
    assert_quiet(opened)
    found = results.read(sample / "results.json")
    assert_says(opened, found)
    judged = summary.summarise(found, baselines.load(sample / "baselines.json"))
    assert tiles(opened)["compared"] == str(len(judged.compared))
    assert opened.run("return document.title").startswith("hlsgate: failed")


MARKED = """
const mark = document.querySelector("h1 .mark");
return [document.title, mark.textContent, mark.className, getComputedStyle(mark).color];
"""


def test_a_red_run_is_red(show, tmp_path, pytestconfig):
    """A closed parity is seen at once, in every look; a green run of the same numbers is green."""
    marks = {}
    for name, run in {"red": page_sample.RED, "green": page_sample.PASSED}.items():
        folder = tmp_path / name
        folder.mkdir()
        found, sweep, stored = page_sample.write(folder, run=run, green=True)
        html = folder / "page.html"
        commands.report(found, html, stored, page_sample.CHECKPOINTS, [sweep])
        for look in LOOKS:
            page = show(html).look(look)
            assert_quiet(page)
            assert page.run(CONTRAST)[1] == []
            page.shoot(pytestconfig.getoption("screenshots") / f"{name}-{look}.png")
        marks[name] = show(html).look("light").run(MARKED)
        if name == "red":
            rows = cells(page)["What failed"]
            assert rows[2][1:] == [page_sample.SENTENCE, page_sample.AGAIN]
    assert marks["red"][0].startswith("hlsgate: failed")
    assert marks["green"][0].startswith("hlsgate: passed")
    assert marks["red"][1:3] == ["failed", "mark bad"]
    assert marks["green"][1:3] == ["passed", "mark good"]
    assert marks["red"][3] != marks["green"][3]


def test_frontier_is_drawn_and_named(opened, sample):
    """Every point that has the cost is in the plot, under its name; the answer is said."""
    sweep = json.loads((sample / "frontier.json").read_text())
    shown = opened.run(
        "return [...document.querySelectorAll('#title-frontier-jets-da-cost ~ * .point > title')]"
        ".map((title) => title.textContent)"
    )
    for point in sweep["points"]:
        assert any(text.startswith(f"{point['key']}: ") for text in shown), point["key"]
    text = opened.run("return document.querySelector('main').textContent")
    assert sweep["answer"]["sentence"] in text


@pytest.mark.parametrize("look", LOOKS)
def test_looks(opened, look, pytestconfig):
    """Text can be read in every look, nothing sticks out; pictures are kept for people."""
    page = opened.look(look)
    count, poor = page.run(CONTRAST)
    assert count > 500
    assert poor == []
    if look != "print":
        wide = page.run("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
    page.shoot(pytestconfig.getoption("screenshots") / f"sample-{look}.png")


def test_dark_is_dark(opened):
    """Readers who ask for dark get dark, in figures too."""
    script = """return [getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("svg text")).fill]"""
    light = opened.look("light").run(script)
    assert light[0] == "rgb(255, 255, 255)"
    dark = opened.look("dark").run(script)
    assert not set(light) & set(dark)


def test_tables_are_sorted_by_number(opened):
    """A click on a heading sorts, a second one turns the order; dashes stay last."""
    script = """
        const table = [...document.querySelectorAll("table")].find(
            (one) => one.caption.textContent.startsWith("yosys"));
        const head = table.tHead.rows[0].cells[1];
        head.querySelector("button").click();
        return [head.getAttribute("aria-sort"),
                [...table.tBodies[0].rows].map((row) => row.cells[1].textContent)];
    """
    order, up = opened.run(script)
    numbers = [int(text.replace(",", "")) for text in up]
    assert (order, numbers) == ("ascending", sorted(numbers))
    assert numbers != [int(text) for text in sorted(map(str, numbers))]
    order, down = opened.run(script)
    assert (order, down) == ("descending", up[::-1])


def test_headings_and_names(opened):
    """The page can be walked by headings; figures, tables and sections have names."""
    levels = opened.run(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => +one.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(later - former <= 1 for former, later in pairwise(levels))
    unnamed = opened.run(
        """return [...document.querySelectorAll("svg.figure")].filter((one) =>
            !document.getElementById(one.getAttribute("aria-labelledby"))?.textContent).length
            + [...document.querySelectorAll("table")].filter((one) => !one.caption).length"""
    )
    assert unnamed == 0
    double = opened.run(
        """const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        return ids.filter((id, place) => ids.indexOf(id) !== place)"""
    )
    assert double == []


def test_folded_parts_are_printed(opened):
    """What is folded on a screen is open on paper, and folded again after."""
    script = "return document.querySelectorAll('details[open]').length"
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run(script) == opened.run("return document.querySelectorAll('details').length")
    opened.run("dispatchEvent(new Event('afterprint'))")
    assert opened.run(script) == 0


def test_hostile_results_do_nothing(show, tmp_path):
    """Markup in results is shown as text; no script of theirs runs, and nothing is fetched."""
    found, sweep, stored = hostile(tmp_path)
    html = tmp_path / "page.html"
    commands.report(found, html, stored, page_sample.CHECKPOINTS, [sweep])
    page = show(html)
    assert_quiet(page)
    assert page.run("return window.owned") is None
    assert page.run("return document.querySelectorAll('script').length") == 1
    assert page.run("return document.querySelectorAll('img, iframe, object, form').length") == 0
    assert MARKER in page.run("return document.body.textContent")


def test_policy_stops_what_escaping_would_miss(opened):
    """Were markup to get through after all, its scripts would not run."""
    opened.run(
        """const script = document.createElement("script");
        script.textContent = "window.owned = 1";
        document.body.append(script);
        const image = document.createElement("div");
        image.innerHTML = "<img src=x onerror='window.owned = 2'>";
        document.body.append(image);"""
    )
    assert opened.run("return window.owned") is None
    assert any("Content Security Policy" in text for text in opened.console())


@pytest.fixture(scope="module")
def real(tmp_path_factory, pytestconfig):
    """Write the page of the last run, where there is one."""
    shown, sweep = pytestconfig.getoption("shown"), pytestconfig.getoption("sweep")
    if not shown.is_file():
        pytest.skip(f"no {shown}; 'tox run -e open' writes one")
    html = tmp_path_factory.mktemp("real") / "page.html"
    stored, weights = page_sample.ROOT / "baselines.json", page_sample.CHECKPOINTS
    with using(suite.shipped()):
        return commands.report(shown, html, stored, weights, [sweep] if sweep.is_file() else [])


@pytest.mark.parametrize("look", LOOKS)
def test_real_results(show, real, pytestconfig, look):
    """The page of the last run is quiet, and says what its results say."""
    page = show(real).look(look)
    assert_quiet(page)
    assert_says(page, results.read(pytestconfig.getoption("shown")))
    page.shoot(pytestconfig.getoption("screenshots") / f"results-{look}.png")
