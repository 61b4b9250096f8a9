"""Copied sources change in their qualifiers and lists, never in a value."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hlsgate.emulation import adapting, find_compiler
from hlsgate.emulation.adapting import adapt
from hlsgate.infra.cache import digest

EXACT = ("0.00, -1.25, 3.5, -0.0000152587890625, 7.", 5)

PROGRAM = """
#include <array>
#include <cstdio>
struct number { double value; number(double value = 0) : value(value) {} };
using w_t = std::array<number, 5>;
#include "weights/w.h"
int main() { for (auto one : w) std::printf("%a\\n", one.value); }
"""


def adapted(folder: Path, text: str) -> str:
    """Return what becomes of a file of weights."""
    file = folder / "weights" / "w.h"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    adapt(folder)
    return file.read_text()


def printed(folder: Path) -> list[float]:
    """Compile a program that prints the weights; return them."""
    (folder / "a.cpp").write_text(PROGRAM)
    compiler = find_compiler("Quartus").path
    subprocess.run([compiler, "-std=c++17", "a.cpp", "-o", "a"], cwd=folder, check=True)
    ran = subprocess.run([folder / "a"], capture_output=True, text=True, check=True)
    return [float.fromhex(line) for line in ran.stdout.split()]


@pytest.mark.parametrize(
    "text",
    [
        f"static const number w[{EXACT[1]}] = {{{EXACT[0]}}};\n",
        f"[[intel::fpga_register]] static constexpr w_t w = {{{{{EXACT[0]}}}}};\n",
    ],
)
def test_tables_hold_the_same_numbers(tmp_path: Path, text: str) -> None:
    """A table that is filled in a loop holds what its list said, bit for bit."""
    found = adapted(tmp_path, text)
    assert "for (" in found
    assert printed(tmp_path) == [float(number) for number in EXACT[0].split(",")]


def test_as_written_changes_qualifiers_alone(tmp_path: Path) -> None:
    """Tables stay lists, dense layers and types hls4ml's own; g++ would refuse ``constexpr``."""
    names = ("weights/w.h", "parameters.h", "nnet_utils/nnet_dense.h", "ap_types/etc/ap_private.h")
    text = (
        f"static constexpr w_t w = {{{{{EXACT[0]}}}}};\n#pragma unroll\nfor (;;) {{}}\n"
        "INLINE void clearUnusedBits(void) volatile {\n  }\n"
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    adapt(tmp_path, as_written=True)
    constant = {
        "weights/w.h": text.replace("constexpr", "const"),
        "parameters.h": text.replace("static constexpr", "inline static const"),
    }
    for name in names:
        assert (tmp_path / name).read_text() == constant.get(name, text)
    adapt(tmp_path)
    assert (tmp_path / "ap_types/etc/ap_private.h").read_text() != text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("static constexpr w_t w = {{1, 0, 1}};", "static const w_t w = {{1, 0, 1}};"),
        ("static const w_t w[2] = {{1, -3}, {0, 2}};", None),
        ("static const w_t w[2] = {1, 0};", None),
        ("#ifndef __SYNTHESIS__\nw_t w[2];\n#endif\n", None),
    ],
)
def test_what_is_no_list_of_fractions_stays(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    """Integers, pairs and tables that are read from files are left to their own constructors."""
    assert adapted(tmp_path, text) == (expected or text)


def test_loops_are_unrolled_in_the_compilers_own_words(tmp_path: Path) -> None:
    """Intel's pragma becomes that of g++ right before a loop, where alone it may stand."""
    file = tmp_path / "nnet_utils" / "nnet_dense.h"
    file.parent.mkdir()
    file.write_text("    #pragma unroll\n    for (;;)\n#pragma unroll\nint i;\n")
    adapt(tmp_path)
    assert file.read_text() == "    #pragma GCC unroll 8\n    for (;;)\n#pragma unroll\nint i;\n"


PARAMETERS = """
struct hard_sigmoid_config3 : nnet::activ_config {
    static constexpr unsigned n_in = 8;
    static constexpr slope3_t slope = 0.2;
    static constexpr shift3_t shift = 0.5;
    static constexpr bool quick = true;
    static constexpr auto rows = 3;
};
"""


def test_parameters_of_types_that_no_constant_expression_has(tmp_path: Path) -> None:
    """Slope and shift of hard sigmoid become constants that g++ takes; whole numbers stay."""
    file = tmp_path / "parameters.h"
    file.write_text(PARAMETERS)
    adapt(tmp_path)
    expected = PARAMETERS.replace("static constexpr slope3_t", "inline static const slope3_t")
    expected = expected.replace("static constexpr shift3_t", "inline static const shift3_t")
    assert file.read_text() == expected
    (tmp_path / "a.cpp").write_text(
        "namespace nnet { struct activ_config {}; }\n"
        "struct number { double value; number(double value) : value(value) {} };\n"
        'using slope3_t = number;\nusing shift3_t = number;\n#include "parameters.h"\n'
        "using one = hard_sigmoid_config3;\n"
        "int main() { return one::slope.value == 0.2 && one::shift.value == 0.5 ? 0 : 1; }\n"
    )
    compiler = find_compiler("Quartus").path
    subprocess.run([compiler, "-std=c++17", "a.cpp", "-o", "a"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "a"], check=True)


DENSE = """namespace nnet {
void dense_resource() {
    if (CONFIG_T::reuse_factor <= CONFIG_T::n_in) {
        dense_rf_lt();
    } else {
        dense_rf_gt();
    }
}
} // namespace nnet
"""
PRODUCTS = "// products\n"


def dense_layers(folder: Path, dense: str, products: str | None) -> Path:
    """Write headers of a dense layer and of its products, and adapt them; return their folder."""
    made = folder / "nnet_utils"
    made.mkdir()
    (made / "nnet_dense.h").write_text(dense)
    if products is not None:
        (made / "nnet_mult.h").write_text(products)
    adapt(folder)
    return made


def test_known_dense_layers_are_summed_in_integers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources of the known form get a choice before hls4ml's own, and the header that it needs."""
    monkeypatch.setattr(adapting, "KNOWN_DENSE", (digest([DENSE, PRODUCTS])[:16],))
    found = dense_layers(tmp_path, DENSE, PRODUCTS)
    quick = (found / "hlsgate_dense.h").read_text()
    assert quick == adapting.QUICK_DENSE.read_text()
    lines = (found / "nnet_dense.h").read_text().splitlines()
    assert lines[:3] == ['#include "hlsgate_dense.h"', "", "namespace nnet {"]
    start = lines.index("    if constexpr (Quick::suits()) {")
    assert lines[start + 1 :] == [
        "        Quick::run(data, res, weights, biases);",
        "    } else if constexpr (CONFIG_T::reuse_factor <= CONFIG_T::n_in) {",
        *DENSE.splitlines()[3:],
    ]
    assert (found / "nnet_mult.h").read_text() == PRODUCTS


@pytest.mark.parametrize(
    ("dense", "products"),
    [
        (DENSE.replace("_lt();", "_lt(); // changed"), PRODUCTS),
        (DENSE, PRODUCTS + "// changed\n"),
        (DENSE, None),
    ],
    ids=["loops", "products", "no products"],
)
def test_dense_layers_of_another_form_are_left_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dense: str, products: str | None
) -> None:
    """One letter that is not the known one, in loops or products, and nothing is replaced."""
    monkeypatch.setattr(adapting, "KNOWN_DENSE", (digest([DENSE, PRODUCTS])[:16],))
    found = dense_layers(tmp_path, dense, products)
    assert (found / "nnet_dense.h").read_text() == dense
    assert not (found / "hlsgate_dense.h").exists()
