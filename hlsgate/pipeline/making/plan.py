"""What would be made, what is kept already, and in what the one differs from the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hlsgate.facts.outcomes import one_line
from hlsgate.infra.cache import NotMade
from hlsgate.pipeline.hardware import Hardware
from hlsgate.pipeline.making import runner
from hlsgate.pipeline.making.jobs import Job


@dataclass(frozen=True)
class Planned:
    """A job, and what becomes of it.

    Parameters
    ----------
    job : Job
        The job.
    why : str
        Why it is to be done; empty where all that it makes is kept.
    fault : str
        Why it cannot be done here; empty where it can.
    """

    job: Job
    why: str = ""
    fault: str = ""

    @property
    def title(self) -> str:
        """Name the job: kind, subject and, where it matters, backend."""
        return " ".join(filter(None, (self.job.kind, self.job.subject, self.job.backend)))


def plan(jobs: Sequence[Job], hardware: Hardware) -> list[Planned]:
    """Return jobs in the order in which they would start.

    Parameters
    ----------
    jobs : sequence of Job
        With all that they need (`hlsgate.pipeline.making.runner.closure`).
    hardware : Hardware
        One that makes nothing (`hlsgate.pipeline.Pipeline.looking`).
    """
    return [_planned(job, hardware) for job in runner.order(jobs)]


def _planned(job: Job, hardware: Hardware) -> Planned:
    found = runner.hindrance(job, hardware)
    if isinstance(found, NotMade):
        return Planned(job, found.reason())
    return Planned(job, fault=one_line(str(found)) if found else "")


def lines(planned: Sequence[Planned]) -> list[str]:
    """Lay a plan out: counts, then what is to be made and why, then what is kept."""
    todo, faults = [one for one in planned if one.why], [one for one in planned if one.fault]
    kept = Counter(one.job.kind for one in planned if not (one.why or one.fault))
    total = sum(one.job.seconds for one in todo)
    longest = runner.critical_path([one.job for one in todo])
    counts = {"to do": len(todo), "kept": kept.total(), "not possible here": len(faults)}
    told = [f"{len(planned)} jobs: {', '.join(f'{n} {name}' for name, n in counts.items() if n)}"]
    if todo:
        told.append(
            f"about {total:,.0f} s on one core, at least {longest:,.0f} s on any number of cores"
        )
        wide = max(len(one.title) for one in todo)
        told += ["", "to do, in the order in which they start:"]
        told += [f"  {one.title:{wide}}  {one.job.seconds:5.0f} s  {one.why}" for one in todo]
    if faults:
        told += ["", "not possible here:"]
        told += [f"  {one.title}: {one.fault}" for one in faults]
    if kept:
        counted = ", ".join(f"{count} x {kind}" for kind, count in sorted(kept.items()))
        told += ["", f"kept: {counted}"]
    return told
