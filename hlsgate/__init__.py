"""hlsgate: regression benchmarks for compressed neural networks on FPGAs."""

__version__ = "0.1.0"
