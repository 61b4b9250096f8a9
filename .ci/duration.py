"""Hold how long the main job took against what the README says: python3 .ci/duration.py SECONDS."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
STATED = re.compile(r"<!-- main job, first run on two cores: (\d+) s -->")
ALLOWED = 1.5


def main(took_s: float, text: str) -> str | None:
    """Print both times; return what is wrong, or None."""
    found = STATED.findall(text)
    if len(found) != 1:
        return f"README.md states the main job's time {len(found)} times; it should do so once."
    stated = int(found[0])
    print(f"The main job took {took_s:.0f} s; README.md says {stated} s.")
    if took_s <= ALLOWED * stated:
        return None
    return (
        f"The main job took {took_s:.0f} s, more than {ALLOWED} x the {stated} s that README.md "
        "says; find out why, or state the time that it takes."
    )


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), README.read_text(encoding="utf-8")))
