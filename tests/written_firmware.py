"""A small written project, as hls4ml's backends write theirs: for tests without hls4ml."""

from __future__ import annotations

from pathlib import Path

from hlsgate.spec.declarations import Backend, Conversion, Quantizer, Recipe, Topology, Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.project import Project

VARIANT = Variant(
    "small", "jets", Topology(2, (3,), 2),
    Recipe(1, 1e-3, inputs=Fixed(8, 4), weights=Quantizer(4, 1), activations=Quantizer(4, 2)),
    Conversion(logits=Fixed(10, 6)), about="",
)  # fmt: skip
BACKEND = Backend("vitis", "Vitis", "xcvu13p", 5.0)
WEIGHTS = {
    "dense1/kernel": [[0.25, 0.5, -0.75], [1.0, 0.0, 0.25]],
    "dense1/bias": [0.25, 0.0, -0.25],
    "logits/kernel": [[0.25, 0.5], [1.0, 0.0], [-0.25, 0.75]],
    "logits/bias": [0.0, 0.5],
}
DEFINES = """
typedef ap_fixed<8,4> input_t;
typedef ap_fixed<15,9> dense1_result_t;
typedef ap_fixed<15,9> dense1_accum_t;
typedef ap_fixed<4,2> weight2_t;
typedef ap_fixed<4,2> bias2_t;
typedef ap_ufixed<4,2,AP_RND_CONV,AP_SAT,0> layer4_t;
typedef ap_fixed<12,8> logits_accum_t;
typedef ap_fixed<10,6,AP_TRN,AP_SAT,0> result_t;
typedef ap_fixed<4,2> weight5_t;
typedef ap_fixed<4,2> bias5_t;
"""
DENSE = """
struct config{n} : nnet::dense_config {{
    static const unsigned n_in = {inputs};
    static const unsigned n_out = {outputs};
    static const unsigned io_type = nnet::io_parallel;
    static const unsigned strategy = nnet::latency;
    static const unsigned reuse_factor = 1;
    typedef {name}_accum_t accum_t;
    typedef bias{n}_t bias_t;
    typedef weight{n}_t weight_t;
}};
"""
RELU = """
struct relu_config4 : nnet::activ_config {
    static const unsigned n_in = 3;
    static const unsigned io_type = nnet::io_parallel;
};
"""
NETWORK = """
#include "parameters.h"
void small(input_t inputs[2], result_t layer5_out[2]) {
    // hls-fpga-machine-learning insert layers

    dense1_result_t layer2_out[3];
    layer4_t layer4_out[3];
    nnet::dense<input_t, dense1_result_t, config2>(inputs, layer2_out, w2, b2); // dense1
    nnet::relu<dense1_result_t, layer4_t, relu_config4>(layer2_out, layer4_out); // relu1
    nnet::dense<layer4_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // logits
}
"""
BRIDGE = """
extern "C" {
void small_float(
    float *inputs,
    float *layer5_out
) {
    small(inputs_ap,layer5_out_ap);
}

void small_double(
    double *inputs,
    double *layer5_out
) {
    small(inputs_ap,layer5_out_ap);
}
}
"""


def write_firmware(folder: Path) -> Project:
    """Write the project of `VARIANT` with `WEIGHTS` for `BACKEND`."""
    firmware = folder / "firmware"
    (firmware / "weights").mkdir(parents=True)
    first = DENSE.format(n=2, inputs=2, outputs=3, name="dense1")
    last = DENSE.format(n=5, inputs=3, outputs=2, name="logits")
    files = {
        "firmware/defines.h": DEFINES,
        "firmware/parameters.h": first + RELU + last,
        "firmware/small.cpp": NETWORK,
        "small_bridge.cpp": BRIDGE,
        "project.tcl": 'set part "xcvu13p"\nset clock_period 5.0\n',
    }
    for number, layer in ((2, "dense1"), (5, "logits")):
        flat = [value for row in WEIGHTS[f"{layer}/kernel"] for value in row]
        for letter, values in (("w", flat), ("b", WEIGHTS[f"{layer}/bias"])):
            name, text = f"{letter}{number}", ", ".join(f"{value:.2f}" for value in values)
            files[f"firmware/weights/{name}.h"] = f"weight_t {name}[{len(values)}] = {{{text}}};\n"
    for name, text in files.items():
        (folder / name).write_text(text)
    return Project(folder, "small", "Vitis", "0", 2)
