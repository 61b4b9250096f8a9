"""Workflow files, our own and those offered in docs/ci, name only what there is, and may little."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from hlsgate.cli.main import main

ROOT = Path(__file__).parents[1]
GITHUB = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("docs/ci/github/*.yml")])
GITLAB = [ROOT / "docs/ci/gitlab/.gitlab-ci.yml"]
FILES = [*GITHUB, *GITLAB]
PAGE = ROOT / "docs/continuous-integration.md"
OF_GITLAB = ("default", "stages", "variables")
TEMPLATE = ROOT / "hlsgate/suites/starter/hlsgate.yml.template"
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.M)
PINNED = re.compile(r"[\w-]+/[\w/-]+@[0-9a-f]{40}")
INSTALLS = re.compile(r"pip\S* install (.*?)(?:$|&&)", re.M)


def name(path):
    return path.relative_to(ROOT).as_posix()


def load(path):
    return YAML(typ="safe", pure=True).load(path)


def jobs(path):
    content = load(path)
    if path in GITHUB:
        return content["jobs"]
    return {key: job for key, job in content.items() if key not in OF_GITLAB}


def scripts(path):
    """Return every script of a file."""
    if path in GITHUB:
        steps = [step for job in jobs(path).values() for step in job["steps"]]
        return [step["run"] for step in steps if "run" in step]
    parts = ("before_script", "script")
    return [line for job in jobs(path).values() for part in parts for line in job.get(part, ())]


def environments():
    """Return the names of tox's environments."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    sections = [one.removeprefix("testenv:") for one in parser.sections()]
    return {name for one in sections for name in one.strip("{}").split(",")}


def commands(path):
    """Return the words of each command that runs tox, hlsgate or pytest, with or without a path."""
    text = "\n".join(scripts(path)) if path in FILES else fenced(path)
    joined = text.replace("\\\n", " ")
    lines = [part for line in joined.splitlines() for part in line.split("&&")]
    split = [shlex.split(line) for line in lines if re.search(r"\btox\b|\bhlsgate\b|pytest", line)]
    known = ("tox", "python", "pytest")
    return [[Path(words[0]).name, *words[1:]] for words in split if Path(words[0]).name in known]


def fenced(path):
    """Return what stands in a document's blocks of shell."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", path.read_text(), re.S | re.M))


@pytest.mark.parametrize(("schema", "files"), [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)])
def test_files_follow_their_systems_schema(schema, files):
    """GitHub and GitLab would take the files: their own schemas say so, without a network."""
    transform = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    done = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}",
            *transform, *map(str, files),
        ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*FILES, PAGE], ids=name)
def test_commands_name_what_there_is(path, pytestconfig):
    """Every environment of tox, and every option of pytest and of hlsgate, exists."""
    found = commands(path)
    for words in found:
        inner = words
        if words[0] == "tox":
            assert words[1] in ("run", "exec"), words
            named = [word for word in words[2:] if word != "--notest"]
            assert named[0] == "-e", words
            assert named[1] in environments(), words
            inner = words[words.index("--") + 1 :] if "--" in words else []
        if inner[:3] == ["python", "-m", "hlsgate"]:
            known = {opt for one in main.commands[inner[3]].params for opt in one.opts}
            assert set(options(inner[4:])) <= known, words
        else:
            for option in options(inner):
                pytestconfig.getoption(option)  # a ValueError where there is none
    uses_tox = [words for words in found if words[0] == "tox"]
    assert uses_tox or path.name == "comment.yml", "nothing was checked"


def options(words):
    return [word.partition("=")[0] for word in words if re.match("--?[a-z]", word)]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_scripts_can_be_parsed(path):
    """The shell takes every script."""
    for script in scripts(path):
        done = subprocess.run(
            ["bash", "-n"], input=script, text=True, capture_output=True, check=False
        )
        assert not done.returncode, f"{script}\n{done.stderr}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_job_has_a_time_limit(path):
    """A job that hangs ends."""
    limit = "timeout-minutes" if path in GITHUB else "timeout"
    default = load(path).get("default", {}) if path in GITLAB else {}
    for key, job in jobs(path).items():
        assert limit in {**default, **job}, f"{name(path)}: {key}"


@pytest.mark.parametrize("path", GITHUB, ids=name)
def test_permissions_are_stated_and_least(path):
    """Each workflow says what it may; what runs code of a pull request reads, and no more."""
    content = load(path)
    triggers = set(content["on"])
    assert "pull_request_target" not in triggers
    for key, job in content["jobs"].items():
        may = {**content["permissions"], **job.get("permissions", {})}
        writes = {scope for scope, level in may.items() if level == "write"}
        runs_code = any(
            "run" in step or "checkout" in step.get("uses", "") for step in job["steps"]
        )
        assert not (writes and runs_code), f"{key} runs code, and may write {writes}"
        assert "workflow_run" in triggers or not writes, key
        if "self-hosted" in str(job["runs-on"]):
            assert "pull_request" not in triggers, key


@pytest.mark.parametrize("path", [*FILES, TEMPLATE, ROOT / ".ci/run"], ids=name)
def test_what_is_fetched_is_pinned(path):
    """Actions by commit, with the version beside it; what pip installs by version."""
    text = path.read_text()
    for used, comment in USES.findall(text):
        assert PINNED.fullmatch(used), used
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{used} does not say its version"
    for words in INSTALLS.findall(text):
        packages = [one for one in words.replace('"', "").split() if not one.startswith("-")]
        assert packages
        assert all(re.fullmatch(r"[\w-]+==[\d.]+", one) for one in packages), words


def test_one_commit_stands_for_one_version():
    """The same action is the same everywhere, and its version is said alike."""
    found = {
        (used.partition("@")[0], used, comment)
        for path in (*GITHUB, TEMPLATE)
        for used, comment in USES.findall(path.read_text())
    }
    assert len({action for action, _, _ in found}) == len(found) > 5


ONLY = {
    "judge.yml": (
        "workflow_run.conclusion == 'success'",
        'contains(fromJSON(\'["push", "workflow_dispatch"]\'), github.event.workflow_run.event)',
        "workflow_run.head_repository.full_name == github.repository",
        "workflow_run.head_branch == 'main'",
        "workflow_run.path == '.github/workflows/synthesise.yml'",
    ),
    "comment.yml": (
        "workflow_run.event == 'pull_request'",
        "workflow_run.repository.full_name == github.repository",
        "workflow_run.path == '.github/workflows/gate.yml'",
    ),
}


@pytest.mark.parametrize("path", GITHUB, ids=name)
def test_followers_do_not_trust_a_name(path):
    """A run that is named like the awaited one may be a fork's: event, repository and ref count."""
    content = load(path)
    if "workflow_run" not in content["on"]:
        assert path.name not in ONLY
        return
    for job in content["jobs"].values():
        conditions = [" ".join(part.split()) for part in job["if"].split("&&")]
        for wanted in ONLY[path.name]:
            assert any(part.endswith(wanted) for part in conditions), wanted
        assert "||" not in job["if"]


@pytest.mark.parametrize("path", GITHUB, ids=name)
def test_own_machines_run_main_alone_in_their_group(path):
    """What reaches a self-hosted machine is pushed to main; a group can forbid all else."""
    for job in jobs(path).values():
        if "self-hosted" in str(job["runs-on"]):
            assert job["runs-on"]["group"]
            assert "github.ref == 'refs/heads/main'" in job["if"]
            assert "||" not in job["if"]
            assert not {"pull_request", "workflow_run"} & set(load(path)["on"])


def test_a_note_gives_no_orders(tmp_path):
    """GitLab would act upon lines that begin with /, for whoever owns the token."""
    text = "\n".join(scripts(GITLAB[0]))
    (plain,) = re.findall(r"^ *(plain\(\) .*)$", text, re.M)
    hostile = "ok\n/close\n  /merge\r/approve\n\t/assign @root\n> /label ~x\na / b"
    done = subprocess.run(
        ["bash", "-c", f"{plain}\nplain"], input=hostile, text=True, capture_output=True, check=True
    )
    lines = [line.lstrip(" \t>*+-") for line in done.stdout.splitlines()]
    assert len(lines) == 7
    assert not any(line.startswith("/") for line in lines)
    assert "@" not in done.stdout
    assert lines[1] == "&#47;close"
    assert lines[-1] == "a / b"


def test_the_starter_never_asks_an_index_for_hlsgate():
    """Its name is nobody's there, so that whoever registered it would run in users' CI."""
    text = (ROOT / "hlsgate/suites/starter/tox.ini.template").read_text()
    (stated,) = re.findall(r"^deps = (.*)$", text, re.M)
    default = re.sub(r"\{env:HLSGATE_SOURCE:(.*)\}", r"\1", stated)
    assert default != stated
    source = Requirement(default).url
    assert source is not None
    assert source.startswith("file:///HLSGATE_SOURCE-is-not-set")
    workflow = TEMPLATE.read_text()
    assert 'test -n "$$HLSGATE_SOURCE" ||' in workflow
    assert "install hlsgate" not in workflow


@pytest.mark.parametrize("path", [ROOT / "docs/ci/github/gate.yml", GITLAB[0]], ids=name)
def test_gates_are_whole_and_held_against_the_target(path):
    """A pull request can neither leave claims out nor move margins unseen."""
    (gate,) = [words for words in commands(path) if "--whole" in words]
    assert "--against" in gate
    assert not {"-k", "-m"} & set(gate)


@pytest.mark.parametrize("path", GITHUB, ids=name)
def test_no_script_is_made_of_what_others_wrote(path):
    """A branch may be called anything, also a command; so scripts hold no expressions."""
    inline = [
        step.get("with", {}).get("script", "")
        for job in jobs(path).values()
        for step in job["steps"]
    ]
    for script in [*scripts(path), *inline]:
        assert "${{" not in script


def test_workflows_that_follow_others_name_them():
    """workflow_run waits for a workflow by its name, silently for ever if there is none."""
    contents = [load(path) for path in GITHUB if "docs" in path.relative_to(ROOT).parts]
    names = {content["name"] for content in contents}
    awaited = {
        one
        for content in contents
        for one in content["on"].get("workflow_run", {}).get("workflows", ())
    }
    assert awaited == {"gate", "synthesise"}
    assert awaited <= names


def test_what_is_downloaded_was_uploaded():
    """Artifacts are taken by the names that they were given."""
    named = {"upload": set(), "download": set()}
    for path in GITHUB:
        for job in jobs(path).values():
            for step in job["steps"]:
                if match := re.match(r"actions/(upload|download)-artifact", step.get("uses", "")):
                    named[match[1]].add(step["with"]["name"])
    assert named["download"] == {"results", "reports"}
    assert named["download"] <= named["upload"]


def test_the_page_lists_every_file():
    """No file is offered that the page does not explain."""
    linked = set(re.findall(r"\]\((ci/[^)]+)\)", PAGE.read_text()))
    assert linked == {
        path.relative_to(ROOT / "docs").as_posix()
        for path in FILES
        if "docs" in path.relative_to(ROOT).parts
    }


def test_own_workflow_runs_what_ci_runs():
    """Environments of .ci/run are all in our own workflow, and slow designs have their schedule."""
    own = {" ".join(words) for words in commands(ROOT / ".github/workflows/ci.yml")}
    text = (ROOT / ".ci/run").read_text()
    lanes = " ".join(
        re.findall(r'"([a-z ]+)"', " ".join(re.findall("^side_by_side.*$", text, re.M)))
    )
    local = {*lanes.split(), *re.findall(r"^tox run -e (\w+)", text, re.M)}
    local |= set(re.findall(r"tests/(\w+)", " ".join(re.findall("^side_by_side.*$", text, re.M))))
    assert {"lint", "docs", "unit", "open", "report", "tracing", "diagnosis", "edits"} <= local
    for name in local:
        assert any(line.startswith(f"tox run -e {name}") for line in own), name
    content = load(ROOT / ".github/workflows/ci.yml")
    assert "schedule" in content["on"]
    assert {"slow", "timing"} <= set(content["jobs"])
