"""What is declared is looked for in written sources; an edited source names file and field."""

from dataclasses import replace

import numpy as np
import pytest

from hlsgate.diagnosis import configured
from hlsgate.infra.errors import FirmwareError
from hlsgate.spec import architecture
from tests.written_firmware import BACKEND, VARIANT, WEIGHTS, write_firmware

LAYERS = architecture.declared(VARIANT)
ARRAYS = {name: np.array(values, np.float32) for name, values in WEIGHTS.items()}


@pytest.fixture
def project(tmp_path):
    return write_firmware(tmp_path / "project")


def judge(project):
    found = configured.facts(VARIANT, LAYERS, ARRAYS, BACKEND, project)
    wrong = [str(fact) for fact in found if not fact.holds]
    assert not wrong, "; ".join(wrong)


def edit(project, file, old, new):
    path = project.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_as_declared(project):
    """Nothing edited, nothing wrong; and more than a handful of facts was looked up."""
    judge(project)
    assert len(configured.facts(VARIANT, LAYERS, ARRAYS, BACKEND, project)) > 20


def test_transposed_weights_are_the_same(project):
    """Intel's backends write kernels the other way round."""
    flat = ", ".join(f"{value:.2f}" for value in ARRAYS["dense1/kernel"].T.ravel())
    (project.folder / "firmware/weights/w2.h").write_text(f"weight_t w2[6] = {{{flat}}};\n")
    judge(project)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("defines.h", "ap_fixed<8,4> input_t", "ap_fixed<8,3> input_t",
         r"defines.h: inputs, result: fixed<8,3>, declared is fixed<8,4>"),
        ("defines.h", "ap_fixed<4,2> weight5_t", "ap_fixed<16,6> weight5_t",
         r"defines.h: logits, weight_t: fixed<16,6>, declared is fixed<4,2>"),
        ("defines.h", "AP_TRN,AP_SAT,0> result_t", "AP_TRN,AP_WRAP,0> result_t",
         r"defines.h: logits, result: fixed<10,6>, declared is fixed<10,6,TRN,SAT>"),
        ("defines.h", "AP_RND_CONV,AP_SAT,0> layer4_t", "AP_TRN,AP_SAT,0> layer4_t",
         r"defines.h: relu1, result: ufixed<4,2,TRN,SAT>, declared is ufixed<4,2,RND_CONV,SAT>"),
        ("parameters.h", "reuse_factor = 1", "reuse_factor = 4",
         r"parameters.h: dense1, reuse_factor: 4, declared is 1"),
        ("parameters.h", "nnet::latency", "nnet::resource",
         r"parameters.h: dense1, strategy: resource, declared is latency"),
        ("parameters.h", "nnet::io_parallel", "nnet::io_stream",
         r"parameters.h: dense1, io_type: io_stream, declared is io_parallel"),
        ("weights/w2.h", "0.50", "0.75",
         r"w2.h: dense1, kernel: others, declared is the checkpoint's"),
        ("../project.tcl", "clock_period 5.0", "clock_period 10",
         r"project.tcl: clock period: 10.0, declared is 5.0"),
        ("../project.tcl", "xcvu13p", "xc7z020", r"project.tcl: part: xc7z020"),
    ],
)  # fmt: skip
def test_an_edited_source(project, file, old, new, told):
    """Each edit of a source is told by file and field."""
    edit(project, f"firmware/{file}", old, new)
    with pytest.raises(AssertionError, match=told):
        judge(project)


def looked_up(project, **changes):
    """Return the fields that are looked up where the first dense layer is declared otherwise."""
    layers = [replace(one, **changes) if one.name == "dense1" else one for one in LAYERS]
    return {fact.field for fact in configured.facts(VARIANT, layers, ARRAYS, BACKEND, project)}


def test_a_bias_that_is_not_there_is_not_looked_up(project):
    """hls4ml writes one of zeros, in a type that nobody declared."""
    assert {"dense1, bias_t", "dense1, bias"} <= looked_up(project)
    assert not {"dense1, bias_t", "dense1, bias"} & looked_up(project, weights=("kernel",))


def test_what_declares_no_type_is_not_looked_up(project):
    """Of binary weights, or of those with a scale, hls4ml makes a type of its own."""
    edit(project, "firmware/defines.h", "typedef ap_fixed<4,2> weight2_t", "typedef ap_uint<1> w_t")
    fields = looked_up(project, untyped=("kernel",), types={})
    assert {"dense1, n_in", "logits, weight_t"} <= fields
    assert not {f"dense1, {one}" for one in ("weight_t", "bias_t", "kernel", "bias")} & fields


@pytest.mark.parametrize(
    ("file", "old", "told"),
    [
        ("parameters.h", "    static const unsigned reuse_factor = 1;\n", r"no such field"),
        ("parameters.h", "struct config2", r"parameters.h: config2: dense is not configured"),
        ("defines.h", "typedef ap_fixed<4,2> weight2_t;\n", r"weight2_t: no such fixed-point type"),
        ("small.cpp", "    nnet::relu<", r"small.cpp: relu: 0 calls, declared are 1"),
        ("weights/w2.h", "{", r"w2: 0 tables of numbers"),
        ("../project.tcl", "set part", r"project.tcl: part: it is not there"),
    ],
)
def test_what_is_gone_is_an_error(project, file, old, told):
    """A field that is not there is never taken for fine."""
    edit(project, f"firmware/{file}", old, "// ")
    with pytest.raises(FirmwareError, match=told):
        judge(project)


def test_a_missing_file(project):
    (project.folder / "firmware/defines.h").unlink()
    with pytest.raises(FirmwareError, match=r"defines.h: cannot be read"):
        judge(project)


def test_nothing_in_a_file(project):
    (project.folder / "firmware/parameters.h").write_text("")
    with pytest.raises(FirmwareError, match="no layer is configured"):
        judge(project)
