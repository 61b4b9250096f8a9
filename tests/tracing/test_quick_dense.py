"""Sums in plain integers are those of hls4ml's own loops, for random types, sizes and factors.

One program for each backend holds both: ``dense_resource``, which `hlsgate.emulation.adapting`
changed, and hls4ml's ``dense_rf_lt`` and ``dense_rf_gt``, which it left. Needs hls4ml's headers and
g++.
``HLSGATE_DENSE_CASES=N`` tries N layers on each backend.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from hlsgate.emulation import FLAGS, HOST, adapting, find_compiler

BACKENDS = ("oneAPI", "Quartus")
CASES = int(os.environ.get("HLSGATE_DENSE_CASES", "48"))
ROUNDINGS = (
    "AC_TRN", "AC_RND", "AC_TRN_ZERO", "AC_RND_ZERO", "AC_RND_INF", "AC_RND_MIN_INF", "AC_RND_CONV",
)  # fmt: skip
OVERFLOWS = ("AC_WRAP", "AC_SAT", "AC_SAT_ZERO", "AC_SAT_SYM")
LIKELY = (0.4, 0.3, 0.15, 0.15)

HEAD = {
    "oneAPI": """#include <sycl/ext/intel/ac_types/ac_fixed.hpp>
#include <sycl/ext/intel/ac_types/ac_int.hpp>
#include <sycl/ext/intel/fpga_extensions.hpp>
#include <sycl/sycl.hpp>
#include "nnet_utils/nnet_types.h"
#include "nnet_utils/nnet_helpers.h"
""",
    "Quartus": """#include "ac_fixed.h"
#include "ac_int.h"
#define hls_register
#include "stream.h"
template <typename T> using stream = nnet::stream<T>;
template <typename T> using stream_in = nnet::stream<T>;
template <typename T> using stream_out = nnet::stream<T>;
#include "nnet_utils/nnet_types.h"
""",
}

TYPES = {
    "oneAPI": """
template <class T, unsigned N> struct Table { using array = nnet::array<T, N>; array at; };
template <class T, unsigned N> using Whole = nnet::array<T, N>;
template <class T, unsigned N> using Listed = nnet::array<T, N>;
""",
    "Quartus": """
template <class T, unsigned N> struct Table { T at[N]; };
template <class T, unsigned N> using Whole = T;
template <class T, unsigned N> using Listed = T;
""",
}

MAIN = r"""
#include <cassert>
#include <cstdio>
#include <random>
#define DIV_ROUNDUP(n, d) ((n + d - 1) / d)
#define MIN(n, d) (n > d ? d : n)
#include "nnet_utils/nnet_dense.h"
TYPES
static std::mt19937_64 drawn(5);

template <int W, int I, bool S, ac_q_mode Q, ac_o_mode O>
void draw(ac_fixed<W, I, S, Q, O> &number, int kind) {
    const Slong any = static_cast<Slong>(drawn()), low = S ? Slong(1) << (W - 1) : 0;
    number.set_slc(0, ac_int<W, S>(kind == 0 ? any : kind == 1 ? low : kind == 2 ? ~low : any & 1));
}

template <class Config, class X, class Y, class W, class B>
void compare() {
    static Table<X, Config::n_in> x;
    static Table<W, Config::reuse_factor_rounded * Config::block_factor_rounded> w;
    static Table<B, Config::n_out> b;
    using In = Whole<X, Config::n_in>;
    using Out = Whole<Y, Config::n_out>;
    int different = 0;
    for (int row = 0; row < 400; ++row) {
        for (auto &one : w.at) draw(one, row % 7 < 4 ? 0 : row % 3);
        for (auto &one : b.at) draw(one, row % 5 < 4 ? 0 : row % 3);
        for (auto &one : x.at) draw(one, row % 4 < 3 ? row % 4 : 0);
        Table<Y, Config::n_out> found, wanted;
        nnet::dense_resource<In, Out, Config>(x.at, found.at, w.at, b.at);
        if constexpr (Config::reuse_factor <= Config::n_in)
            nnet::dense_rf_lt<In, Out, Config>(x.at, wanted.at, w.at, b.at);
        else
            nnet::dense_rf_gt<In, Out, Config>(x.at, wanted.at, w.at, b.at);
        for (unsigned i = 0; i < Config::n_out; ++i)
            different += found.at[i] != wanted.at[i];
    }
    using Quick = hlsgate::Dense<decltype(x.at), decltype(b.at), decltype(w.at), Config>;
    std::printf("%d %d\n", Quick::suits(), different);
}

namespace nnet {
bool trace_enabled = false;
std::map<std::string, void *> *trace_outputs = nullptr;
size_t trace_type_size = 8;
}

CONFIGS

int main() {
CALLS
}
"""

CONFIG = """struct config{number} : nnet::dense_config {{
    static constexpr unsigned n_in = {inputs}, n_out = {outputs}, reuse_factor = {reuse};
    static constexpr unsigned rf_pad = {padding}, bf_pad = {padding};
    static constexpr unsigned reuse_factor_rounded = reuse_factor + rf_pad;
    static constexpr unsigned block_factor = DIV_ROUNDUP(n_in * n_out, reuse_factor);
    static constexpr unsigned block_factor_rounded = block_factor + bf_pad;
    static constexpr unsigned multiplier_factor = MIN(n_in, reuse_factor);
    static constexpr unsigned multiplier_limit = DIV_ROUNDUP(n_in * n_out, multiplier_factor);
    static constexpr unsigned multiplier_scale = multiplier_limit / n_out;
    typedef {accumulator} accum_t;
    typedef Listed<{bias}, n_out> bias_t;
    typedef Listed<{weight}, reuse_factor_rounded * block_factor_rounded> weight_t;
    template <class x_T, class y_T> using product = nnet::product::{product}<x_T, y_T>;
}};"""


@dataclass(frozen=True)
class Number:
    """An ac_fixed."""

    width: int
    integer: int
    signed: bool
    rounding: str = "AC_TRN"
    overflow: str = "AC_WRAP"

    def __str__(self):
        sign = str(self.signed).lower()
        return f"ac_fixed<{self.width}, {self.integer}, {sign}, {self.rounding}, {self.overflow}>"

    @property
    def fraction(self):
        return self.width - self.integer

    @property
    def one_word(self):
        return self.width + (not self.signed) <= 32


@dataclass(frozen=True)
class Layer:
    """A dense layer: its sizes and types."""

    inputs: int
    outputs: int
    reuse: int
    padding: int
    data: Number
    weight: Number
    bias: Number
    accumulator: Number
    result: Number
    product: str

    def summed_in_integers(self):
        """Say where the header's own rule lets it, in other words than the header's."""
        dropped = self.data.fraction + self.weight.fraction - self.accumulator.fraction
        exact = dropped <= 0 or self.accumulator.rounding == "AC_TRN"
        return (
            exact
            and self.product == "mult"
            and self.accumulator.overflow == "AC_WRAP"
            and self.reuse <= self.inputs
            and self.data.one_word
            and self.weight.one_word
            and self.accumulator.width + (not self.accumulator.signed) <= 64
            and -self.accumulator.width < dropped < self.data.width + self.weight.width
        )


def some_number(rng, low, high, *, modes, fraction=None):
    width = int(rng.integers(low, high + 1))
    integer = int(rng.integers(-1, width + 2)) if fraction is None else width - fraction
    rounding = str(rng.choice(ROUNDINGS)) if modes else "AC_TRN"
    overflow = str(rng.choice(OVERFLOWS, p=LIKELY)) if modes else "AC_WRAP"
    return Number(width, integer, bool(rng.integers(4)), rounding, overflow)


def some_layer(rng):
    """Draw types from two bits to beyond one word, and any reuse factor that is allowed."""
    inputs, outputs = (int(rng.choice([1, 2, 3, 4, 6, 8, 12, 16])) for _ in range(2))
    reuses = [n for n in range(1, inputs + 1) if inputs % n == 0]
    if rng.integers(6) == 0:
        reuses = [inputs * n for n in range(1, outputs + 1) if outputs % n == 0]
    data, weight = (
        some_number(rng, *((2, 16) if rng.integers(3) else (17, 34)), modes=True) for _ in range(2)
    )
    near = data.fraction + weight.fraction - int(rng.integers(-3, 8))
    return Layer(
        inputs,
        outputs,
        int(rng.choice(reuses)),
        int(rng.integers(0, 3)),
        data,
        weight,
        bias=some_number(rng, 2, 12, modes=True),
        accumulator=some_number(
            rng,
            *((4, 32) if rng.integers(3) else (33, 66)),
            modes=bool(rng.integers(2)),
            fraction=near if rng.integers(6) else None,
        ),
        result=some_number(rng, 2, 20, modes=True),
        product="mult" if rng.integers(6) else "weight_ternary",
    )


def source(backend, layers):
    """Write the program that compares."""
    configs, calls = [], []
    for number, layer in enumerate(layers):
        configs.append(CONFIG.format(number=number, **vars(layer)))
        types = (layer.data, layer.result, layer.weight, layer.bias)
        calls.append(f"    compare<config{number}, {', '.join(map(str, types))}>();")
    text = MAIN.replace("TYPES", TYPES[backend])
    return HEAD[backend] + text.replace("CONFIGS", "\n".join(configs)).replace(
        "CALLS", "\n".join(calls)
    )


def compared(backend, layers, folder):
    """Build and run the program; return whether integers served, and how many outputs differ."""
    firmware = folder / "firmware"
    templates = Path(find_spec("hls4ml").origin).parent / "templates"
    written = templates / backend.lower() / "firmware" / "nnet_utils"
    shutil.copytree(written, firmware / "nnet_utils")
    adapting.adapt(firmware)
    (folder / "a.cpp").write_text(source(backend, layers))
    command = [find_compiler("any").path, *FLAGS, f"-I{firmware}", f"-I{HOST / 'include'}"]
    command += [f"-I{templates / 'quartus' / 'ac_types'}", "a.cpp", "-o", "a"]
    subprocess.run(command, cwd=folder, check=True)
    ran = subprocess.run([folder / "a"], capture_output=True, text=True, check=True)
    return [tuple(map(int, line.split())) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_random_layers(backend, tmp_path):
    """No output differs, and integers serve exactly where they are said to."""
    rng = np.random.default_rng(BACKENDS.index(backend))
    layers = [some_layer(rng) for _ in range(CASES)]
    found = compared(backend, layers, tmp_path)
    assert len(found) == CASES
    for layer, (quick, different) in zip(layers, found, strict=True):
        assert different == 0, layer
        assert bool(quick) == layer.summed_in_integers(), layer
    assert CASES / 4 <= sum(quick for quick, _ in found) <= CASES * 3 / 4


FINE = Number(16, 6, True)
TELLING = Layer(
    4, 3, reuse=2, padding=1, data=FINE, weight=FINE, bias=Number(8, 3, True),
    accumulator=Number(20, 10, True), result=Number(40, 22, True), product="mult",
)  # fmt: skip
PLANTED = {
    "towards zero, not down": (
        "product >> (dropped > 0 ? dropped : 0)",
        "product / (Product(1) << (dropped > 0 ? dropped : 0))",
        {},
    ),
    "products cut to 32 bits": (
        "narrow = In",
        "narrow = true || In",
        {"data": Number(20, 6, True), "weight": Number(20, 6, True)},
    ),
    "sums cut to 32 bits": (
        "Word = std::conditional_t<",
        "Word = std::conditional_t<true || ",
        {"accumulator": Number(48, 30, True)},
    ),
    "inputs in a row": ("x[first + reuse * i]", "x[first * scale + i]", {}),
    "weights without padding": ("step = Config::reuse_factor_rounded", "step = reuse", {}),
    "saturation left out": (
        "Out::wraps &&",
        "",
        {"accumulator": Number(20, 10, True, "AC_TRN", "AC_SAT")},
    ),
    "other products": (
        "std::is_same_v<typename Config::template product<X, W>,",
        "!std::is_same_v<typename Config::template product<X, W>*,",
        {"product": "weight_ternary"},
    ),
    "rounding left out": ("Out::floors &&", "", {"accumulator": Number(20, 10, True, "AC_RND")}),
    "bias at its own point": (
        "Out::whole(start)",
        "Fixed<std::decay_t<decltype(biases[out])>>::whole(biases[out])",
        {},
    ),
}


def telling(fault):
    """Return the layer that a fault changes."""
    return replace(TELLING, **PLANTED[fault][2])


def test_nothing_planted(tmp_path):
    """The layers that tell a fault are right without it."""
    found = compared("Quartus", [telling(fault) for fault in PLANTED], tmp_path)
    assert [different for _, different in found] == [0] * len(PLANTED)


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults(fault, tmp_path, monkeypatch):
    """Each fault changes an output."""
    right, wrong, _ = PLANTED[fault]
    text = adapting.QUICK_DENSE.read_text()
    assert text.count(right) == 1
    faulty = tmp_path / "dense.h"
    faulty.write_text(text.replace(right, wrong))
    monkeypatch.setattr(adapting, "QUICK_DENSE", faulty)
    ((quick, different),) = compared("Quartus", [telling(fault)], tmp_path)
    assert quick
    assert different > 0
