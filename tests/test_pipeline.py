"""The stages joined: what is wrong with stored work is said in words."""

import pytest

from hlsgate.infra.errors import CacheError
from hlsgate.pipeline.stages.values import load


def test_a_damaged_cache_entry_is_a_sentence(tmp_path):
    """Half a file in the cache says which folder to delete."""
    (tmp_path / "values.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(CacheError, match=r"is damaged .* delete that folder"):
        load(tmp_path)
