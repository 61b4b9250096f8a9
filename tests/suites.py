"""The shipped suite, cut down to what a test is about."""

from __future__ import annotations

import copy

from hlsgate import suite


def cut(monkeypatch, variants, designs, home=None):
    """Let the process work on these variants and designs alone, whatever they are relative to."""
    chosen = copy.copy(suite.active())
    parts = {"variants": tuple(variants), "designs": tuple(designs), "home": home or chosen.home}
    for name, part in parts.items():
        object.__setattr__(chosen, name, part)
    monkeypatch.setattr(suite, "_chosen", [(chosen, None)])
