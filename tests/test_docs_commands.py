"""Every command in the documents could be typed: it exists, with its options and arguments.

Console blocks, which show output too, are run by tests/test_walkthrough.py; these are only parsed.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from hlsgate.cli.main import main
from tests.test_ci_files import environments

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
SHELL, CONSOLE = ("sh", "bash", "shell"), ("console",)
OURS = ("tox", "pytest", "hlsgate", "python")


def lines(text):
    """Give every command line of a document: of shell blocks all, of console blocks those typed."""
    for _, kind, block in FENCE.findall(text):
        joined = block.replace("\\\n", " ")
        if kind in SHELL:
            yield from joined.splitlines()
        elif kind in CONSOLE:
            typed = (line.strip() for line in joined.splitlines())
            yield from (line[2:] for line in typed if line.startswith("$ "))


def commands(text):
    """Give the words of every command, without variables that are set for it, and comments."""
    for line in lines(text):
        words = shlex.split(line, comments=True)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            one, words = words[:end], words[end + 1 :]
            while one and re.fullmatch(r"\w+=.*", one[0]):
                one = one[1:]
            if one:
                yield one


def check(words, getoption):
    """Raise where a command names what there is not."""
    if words[0] == "tox":
        check_tox(words, getoption)
    elif words[0] == "pytest":
        check_pytest(words[1:], getoption)
    elif "hlsgate" in (words[0], *words[2:3]):
        ours = words[1:] if words[0] == "hlsgate" else words[3:]
        if ours[:1] in (["test"], ["plan"]):  # hand all on
            check_pytest(ours[1:], getoption)
        else:
            check_hlsgate(main, ours)


def check_tox(words, getoption):
    cut = words.index("--") if "--" in words else len(words)
    given, handed = words[:cut], words[cut + 1 :]
    assert given[1] in ("run", "exec"), "tox run, or tox exec"
    assert given[2] == "-e", "tox run -e NAME"
    for name in given[3].split(","):
        assert name in environments(), f"no environment {name}"
    if given[1] == "exec":
        check(handed, getoption)
    else:
        check_pytest(handed, getoption)


def check_pytest(words, getoption):
    """Options exist, and what looks like a path is there."""
    for word in words:
        if re.match("--?[a-z]", word):
            getoption(word.partition("=")[0])  # a ValueError where there is none
        elif word.startswith(("benchmarks", "tests")):
            assert (ROOT / word.partition("::")[0]).exists(), f"no {word}"


def check_hlsgate(command, words):
    """Let click itself parse the words, but for paths, which need not be there."""
    context = click.Context(command, info_name="hlsgate")
    options, left, _ = command.make_parser(context).parse_args(list(words))
    for one in command.params:
        value = options.get(one.name)
        if not isinstance(value, str | bool | list | tuple):
            value = None  # click has a mark of its own for what was not given
        if value is not None and not isinstance(one.type, click.Path | click.types.BoolParamType):
            for part in value if one.multiple or one.nargs == -1 else [value]:
                one.type.convert(part, one, context)
        if isinstance(one, click.Argument) and one.required:
            assert value is not None, f"{command.name} lacks {one.human_readable_name}"
    if isinstance(command, click.Group) and left:
        inner = command.get_command(context, left[0])
        assert inner is not None, f"no command {left[0]}"
        check_hlsgate(inner, left[1:])
    else:
        assert not left, f"{command.name} takes no {left}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_exist(page, pytestconfig):
    """Whatever a document tells a reader to type could be typed."""
    for words in commands(page.read_text(encoding="utf-8")):
        try:
            check(words, pytestconfig.getoption)
        except (AssertionError, ValueError, click.ClickException) as error:
            pytest.fail(f"{page.name}: {shlex.join(words)}: {error}", pytrace=False)


def test_commands_were_found():
    """A pattern that finds nothing would pass everything."""
    found = [words for page in PAGES for words in commands(page.read_text(encoding="utf-8"))]
    counts = {name: sum(words[0] == name for words in found) for name in OURS}
    assert counts["tox"] > 15
    assert counts["python"] > 40
    assert counts["pytest"] > 3


@pytest.mark.parametrize(
    "line",
    [
        "python -m hlsgate chek results.json",
        "python -m hlsgate check",
        "python -m hlsgate check a.json b.json",
        "python -m hlsgate check a.json --reports DIR",
        "python -m hlsgate spread design --seeds many",
        "python -m hlsgate frontier chek",
        "hlsgate record --reason 'none is taken'",
        "tox run -e opne",
        "tox -e open",
        "tox run -e open -- --require-tool yosys",
        "pytest benchmarks --replay DIR",
        "pytest benchmarks/test_resorces.py",
        "X=1 tox run -e unit && pytest benchmarks --replays DIR",
    ],
)
def test_what_does_not_exist_is_found(line, pytestconfig):
    """Each of these would be a mistake in a document."""
    text = f"```sh\n{line}\n```\n"
    *right, wrong = commands(text)
    for words in right:
        check(words, pytestconfig.getoption)
    with pytest.raises((AssertionError, ValueError, click.ClickException)):
        check(wrong, pytestconfig.getoption)
