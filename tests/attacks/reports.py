"""Reports of synthesis tools that attack: other tests' good ones, each spoiled in one file."""

import json

from hlsgate.suites import digits, jets
from tests import oneapi_reports, vitis_reports
from tests import test_reports_open as open_reports
from tests.attacks import documents, planted

SUITE = """
from dataclasses import replace
from pathlib import Path

from hlsgate.suites import shipped
from hlsgate.spec.declarations import Target
from hlsgate.spec.targets import DA4ML, NEXTPNR_ECP5, ONEAPI_AGILEX7, VITIS, YOSYS_CYCLONEV, designs

_VITIS = Target("vitis_part", "vitis", VITIS, "xcinv9p-mint1234-2-e", "hls_estimate", softmax=True)
_ALL = (DA4ML, YOSYS_CYCLONEV, NEXTPNR_ECP5, ONEAPI_AGILEX7, _VITIS)
_OWN = shipped.suite(Path({root!r}))
SUITE = replace(_OWN, designs=tuple(d for one in _ALL for d in designs(one, _OWN.variants)))
"""
VARIANTS = [one.key for one in (*jets.VARIANTS, *digits.VARIANTS)]


def _oneapi(folder):
    oneapi_reports.write_files(folder, oneapi_reports.report_rows())


def _open(name):
    def write(folder):
        folder.mkdir(parents=True)
        (folder / name).write_text(json.dumps(open_reports.READERS[name][1]))

    return write


TOOLS = {
    "da4ml": (_open("metrics.json"), ("metrics.json",)),
    "yosys_cyclonev": (_open("stat.json"), ("stat.json",)),
    "nextpnr_ecp5": (_open("timing.json"), ("timing.json",)),
    "oneapi_agilex7": (_oneapi, ("summary.ndjson", "info.ndjson", "loop_attr.ndjson")),
    "vitis_part": (vitis_reports.write_csynth, (vitis_reports.CSYNTH,)),
}
"""By target: what writes a good report, and the files that are spoiled."""

_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
XML = {
    "laughs": f'<!DOCTYPE x [<!ENTITY a0 "ha">{_LAUGHS}]><profile>&a9;</profile>',
    "entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file://CANARY/secret.bin">]><profile>&a;</profile>',
    "deep_xml": "<a>" * 10**5,
    "no_xml": "<a><b></a>",
    "encoding": '<?xml version="1.0" encoding="utf-7"?><profile/>',
}
ATTACKS = {**documents.BAD, **documents.ODD, **dict.fromkeys(XML)}
RUNS = -(-3 * len(ATTACKS) // len(VARIANTS))
"""Runs in which every attack meets every file of every tool."""


def plan(number, folder, canary):
    """Write a suite and a run's reports; return by design the attack, and whether it is none."""
    from hlsgate.suites import suite

    (folder / "suite.py").write_text(SUITE.format(root=str(suite.home())))
    planned = {}
    for target, (write, spoiled) in TOOLS.items():
        listed = [(file, name) for file in spoiled for name in ATTACKS]
        for at, variant in enumerate(VARIANTS):
            file, name = listed[(number * len(VARIANTS) + at) % len(listed)]
            place = folder / "reports" / f"{variant}-{target}"
            write(place)
            _spoil(place / file, name, canary)
            planned[place.name] = (f"{file} {name}", name in documents.BAD)
    return planned


def _spoil(path, name, canary):
    content = path.read_text()
    path.unlink()
    if name in XML:
        path.write_text(XML[name].replace("CANARY", str(canary)))
    elif path.suffix == ".json":
        ATTACKS[name](path, json.loads(content), canary)
    elif name == "terminal":  # in a text of whatever form
        path.write_text(content.replace("i", "i\x1b[2J"))
    elif path.suffix == ".ndjson":
        ATTACKS[name](path, json.loads(content.splitlines()[0]), canary)
    else:
        ATTACKS[name](path, {"profile": planted.INJECTED}, canary)
