"""A pytest plug-in that hides hls4ml, so that a run converts nothing, whatever is installed."""

import sys

sys.modules["hls4ml"] = None  # type: ignore[assignment]
