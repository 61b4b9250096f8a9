"""Better points than the grid's: a search by Optuna, under the same judge, kept in one file.

A trial is one point, with one seed: accuracy up, da4ml's cost down. The best of them are then made
with all seeds of the sweep, and join it; what they are worth is said there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import FrontierError
from hlsgate.spec.families import Family, Setting, sparsities, teacher_shares
from hlsgate.spec.suites import Benchmark
from hlsgate.sweep import documents
from hlsgate.sweep.points import Point, family_of, point_of
from hlsgate.sweep.sweep import Result

if TYPE_CHECKING:
    from optuna import Study, Trial

STUDY = "frontier"

Make = Callable[[Sequence[Point]], Mapping[str, Result]]
"""Makes points, all at once; ``{"error": ...}`` for those that could not be."""


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many trials, or minutes, whichever comes first."""

    trials: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.trials is None and self.minutes is None:
            raise FrontierError("a search needs an end; give --trials, --minutes or both.")

    def left(self, done: int, started: float, at_once: int) -> int:
        """Return how many trials may still begin now, at most `at_once`."""
        if self.minutes is not None and time.monotonic() - started > 60.0 * self.minutes:
            return 0
        return at_once if self.trials is None else max(0, min(at_once, self.trials - done))


def suggest(trial: Trial, benchmark: Benchmark) -> Point:
    """Return the point that a trial stands for; everything that is searched is named here."""
    family = family_of(benchmark)
    varied = family.search
    widths = [
        trial.suggest_int(f"hidden{layer}", *varied.hidden, step=varied.hidden_step)
        for layer, _ in enumerate(family.network.hidden, 1)
    ]
    rate = trial.suggest_float("learning_rate", *varied.learning_rate, log=True)
    schedule = replace(
        family.schedule,
        learning_rate=float(f"{rate:.3g}"),
        pruning_end=trial.suggest_float("pruning_end", *varied.pruning_end, step=0.1),
        teacher_share=trial.suggest_categorical("teacher_share", teacher_shares(family)),
    )
    setting = _setting(trial, family, tuple(widths))
    return Point(benchmark.key, family, setting, schedule, source="search")


def _setting(trial: Trial, family: Family, hidden: tuple[int, ...]) -> Setting:
    varied = family.search
    return Setting(
        weight_bits=trial.suggest_int("weight_bits", *varied.weight_bits),
        activation_bits=trial.suggest_int("activation_bits", *varied.activation_bits),
        sparsity=trial.suggest_categorical("sparsity", sparsities(family)),
        hidden=hidden,
        input_bits=trial.suggest_int("input_bits", *varied.input_bits),
    )


def parameters(point: Point) -> dict[str, Any]:
    """Return what `suggest` would have suggested for a point, to begin a search from it."""
    found: dict[str, Any] = {
        f"hidden{layer}": width for layer, width in enumerate(point.setting.hidden, start=1)
    }
    for name in ("weight_bits", "activation_bits", "sparsity", "input_bits"):
        found[name] = getattr(point.setting, name)
    for name in ("learning_rate", "pruning_end", "teacher_share"):
        found[name] = getattr(point.schedule, name)
    return found


def open_study(path: Path, content: Mapping[str, Any], benchmark: Benchmark) -> Study:
    """Open a search's file, or begin one from a sweep's frontier.

    Trials that an interrupted search left unfinished are tried again.

    Parameters
    ----------
    path : pathlib.Path
        SQLite file.
    content : mapping
        The sweep that the search is to improve.
    benchmark : Benchmark
        What it is of.

    Raises
    ------
    FrontierError
        If Optuna is not installed, or the file is of another data set or reference, or no search's.
    """
    try:
        import optuna
    except ImportError as error:
        raise FrontierError(
            "Optuna is not installed; install hlsgate with its extra 'frontier'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{path}",
            study_name=STUDY,
            directions=["maximize", "minimize"],
            sampler=optuna.samplers.TPESampler(constant_liar=True),
            load_if_exists=True,
        )
    except Exception as error:  # SQLAlchemy's, of many kinds
        raise FrontierError(
            f"{path} cannot be used as a search's file ({type(error).__name__}); name another "
            "one with --storage."
        ) from error
    _same_judge(study, content, path)
    _resume(study, content, benchmark)
    return study


def _same_judge(study: Study, content: Mapping[str, Any], path: Path) -> None:
    judge = {name: content[name] for name in ("dataset_sha256", "n", "margin", "confidence")}
    judge["reference"] = content["reference"]["weights_sha256"]
    known = study.user_attrs.get("judge")
    if known is None:
        study.set_user_attr("judge", judge)
    elif known != judge:
        odd = ", ".join(name for name in judge if known.get(name) != judge[name])
        raise FrontierError(
            f"{path} holds a search under another {odd}; name another file with --storage."
        )


def _resume(study: Study, content: Mapping[str, Any], benchmark: Benchmark) -> None:
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    if not study.trials:
        for facts in content["points"]:
            if facts["key"] in content["pareto"] and facts["seed"] == content["seeds"][0]:
                study.enqueue_trial(parameters(point_of(facts, benchmark)), skip_if_exists=True)


def search(study: Study, budget: Budget, make: Make, at_once: int, benchmark: Benchmark) -> int:
    """Try points until the budget is spent; return how many were tried.

    Parameters
    ----------
    make : callable
        Makes points.
    at_once : int
        How many are made together.
    benchmark : Benchmark
        Whose family is searched.
    """
    from optuna.trial import TrialState

    started, done = time.monotonic(), 0
    while count := budget.left(done, started, at_once):
        trials = [study.ask() for _ in range(count)]
        points = [suggest(trial, benchmark) for trial in trials]
        found = make(list({point.key: point for point in points}.values()))
        for trial, point in zip(trials, points, strict=True):
            result = found[point.key]
            if "error" in result:
                study.tell(trial, state=TrialState.FAIL)
                continue
            trial.set_user_attr("point", point.told())
            study.tell(trial, [result["accuracy"], result["da_cost"]])
        done += count
    return done


def promising(
    study: Study, content: Mapping[str, Any], most: int, benchmark: Benchmark
) -> list[Point]:
    """Return the best trials that are no points of the sweep yet, with all its seeds.

    A trial counts if no group of the sweep is as accurate and as cheap, by its first seed.

    Parameters
    ----------
    most : int
        Groups to return, those with the smallest cost among those with parity first.
    benchmark : Benchmark
        Whose family was searched.
    """
    first = [one for one in content["points"] if one["seed"] == content["seeds"][0]]
    known = {one["group"] for one in content["points"]}
    limit = content["reference"]["accuracy"] - content["margin"]
    found: dict[str, tuple[bool, float, Point]] = {}
    for trial in study.best_trials:
        accuracy, cost = trial.values
        point = point_of(trial.user_attrs["point"], benchmark)
        beaten = any(o["accuracy"] >= accuracy and o["da_cost"] <= cost for o in first)
        if point.group not in known and not beaten:
            found[point.group] = (accuracy < limit, cost, point)
    chosen = sorted(found.values(), key=lambda one: one[:2])[:most]
    return [replace(one[2], seed=seed) for one in chosen for seed in content["seeds"]]


def joined(
    content: Mapping[str, Any], points: Sequence[Result], failed: Sequence[Mapping[str, Any]]
) -> documents.Content:
    """Return a sweep with more points in it, and what follows from them all."""
    more = {**content, "points": [*content["points"], *points]}
    more["points"] = sorted(more["points"], key=lambda point: point["key"])
    more["failed"] = [*content.get("failed", []), *failed]
    return more | documents.derived(more)
