"""Commands: ``python -m hlsgate``."""
