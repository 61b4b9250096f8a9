"""Faults that are planted in a training: in its recipe, or in the rows that it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hlsgate.data.datasets import Dataset
from hlsgate.spec.declarations import Recipe, Variant

LATE = 0.9
"""Share of all steps after which pruning that starts too late starts."""


def _same_recipe(recipe: Recipe) -> Recipe:
    return recipe


def _same_rows(dataset: Dataset) -> Dataset:
    return dataset


@dataclass(frozen=True)
class Fault:
    """A fault by its name in tables: another recipe, other rows, or neither."""

    name: str
    recipe: Callable[[Recipe], Recipe] = _same_recipe
    rows: Callable[[Dataset], Dataset] = _same_rows
    where: Callable[[Recipe], bool] = lambda _: True

    def variant(self, variant: Variant) -> Variant:
        """Return the variant with the faulty recipe."""
        return replace(variant, recipe=self.recipe(variant.training))


def rate(factor: float) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, learning_rate=factor * recipe.learning_rate)


def late_pruning(recipe: Recipe) -> Recipe:
    begin = int(LATE * recipe.steps)
    return replace(recipe, pruning=replace(recipe.pruning, begin_step=begin, end=0.99 - LATE))


def one_bit_less(recipe: Recipe) -> Recipe:
    weights = replace(recipe.weights, bits=recipe.weights.bits - 1)
    return replace(recipe, weights=weights)


def swapped_labels(dataset: Dataset) -> Dataset:
    """Give 5 % of the rows of the first two classes the label of the other one."""
    labels = dataset.y_train.copy()
    concerned = np.flatnonzero(labels < 2)
    chosen = np.random.default_rng(0).choice(concerned, len(concerned) // 20, replace=False)
    labels[chosen] = 1 - labels[chosen]
    return replace(dataset, y_train=labels)


def fifth_of_rows(dataset: Dataset) -> Dataset:
    return replace(dataset, x_train=dataset.x_train[::5], y_train=dataset.y_train[::5])


def reversed_columns(dataset: Dataset) -> Dataset:
    return replace(dataset, x_train=np.ascontiguousarray(dataset.x_train[:, ::-1]))


def reversed_labels(dataset: Dataset) -> Dataset:
    return replace(dataset, y_train=len(dataset.class_names) - 1 - dataset.y_train)


FAULTS = (
    Fault("none"),
    Fault("learning rate three times too high", recipe=rate(3.0)),
    Fault("learning rate three times too low", recipe=rate(1 / 3)),
    Fault(
        "pruning starts after 90 % of the steps", recipe=late_pruning,
        where=lambda recipe: recipe.pruning is not None,
    ),
    Fault(
        "weights of one bit less", recipe=one_bit_less,
        where=lambda recipe: recipe.weights is not None,
    ),
    Fault("5 % of the labels of two classes swapped", rows=swapped_labels),
    Fault("a fifth of the rows", rows=fifth_of_rows),
    Fault("columns reversed", rows=reversed_columns),
    Fault("labels reversed", rows=reversed_labels),
)  # fmt: skip
