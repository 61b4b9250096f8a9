"""Run a Yosys script in this process, with a memory limit: ``yosys_worker SCRIPT BYTES``."""

import resource
import sys


def main(script: str, limit: str) -> None:
    """Run a script; the limit, in bytes, is for this process and for each that it starts."""
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    from pyosys import libyosys

    libyosys.run_pass(f"script {script}", libyosys.Design())


if __name__ == "__main__":
    main(*sys.argv[1:])
