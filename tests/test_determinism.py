"""On which processors a training has to give the same bits."""

import pytest

from hlsgate.infra import determinism


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Let the system describe another machine."""

    def describe(flags="fma avx2", **caches):
        (tmp_path / "cpuinfo").write_text(f"model name\t: Some CPU\nflags\t\t: {flags}\n")
        for index, (kind, size) in enumerate(caches.items()):
            folder = tmp_path / "cache" / f"index{index}"
            folder.mkdir(parents=True)
            for name, value in (("level", kind[1]), ("type", kind[3:]), ("size", size)):
                (folder / name).write_text(f"{value}\n")

    monkeypatch.setattr(determinism, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(determinism, "_CACHES", tmp_path / "cache")
    monkeypatch.setattr(determinism.sys, "platform", "linux")
    monkeypatch.setattr(determinism.platform, "machine", lambda: "x86_64")
    cached = (determinism.supported, determinism.model_name, determinism._l1_data)
    for one in cached:
        one.cache_clear()
    yield describe
    for one in cached:
        one.cache_clear()


CACHES = {"L1_Instruction": "32K", "L1_Data": "48K", "L2_Unified": "1024K"}


def test_kind_of_processor(machine):
    """The size of the cache by which sums are ordered is part of the kind."""
    machine(**CACHES)
    assert determinism.processor() == "x86-64 with AVX2, L1 data cache of 48 KiB"


def test_bits_of_another_cache_are_not_demanded(machine):
    """Weights that were frozen on another kind may differ; those of the suite that ships do not."""
    machine(**CACHES)
    assert determinism.same_bits(determinism.processor())
    assert determinism.same_bits(None)
    assert not determinism.same_bits("x86-64 with AVX2, L1 data cache of 32 KiB")


def test_a_cache_that_is_not_described_is_a_kind_of_its_own(machine):
    """Containers may hide what the system knows."""
    machine()
    assert determinism.processor().endswith("unknown size")


def test_without_avx2_nothing_is_demanded(machine):
    """There the kind is the model."""
    machine("avx", **CACHES)
    assert determinism.processor() == "x86_64 Some CPU"
    assert not determinism.same_bits(None)
    assert not determinism.same_bits(determinism.processor())
