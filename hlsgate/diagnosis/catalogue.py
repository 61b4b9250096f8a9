"""What makes an emulation differ from Keras: the causes that are known, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One known cause.

    Parameters
    ----------
    key : str
        Short name, as in tables.
    title : str
        What happens.
    evidence : str
        How it is told from others.
    remedy : str
        What to do about it.
    """

    key: str
    title: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """A cause that was found in a layer, with what was seen."""

    cause: str
    seen: str


DEFAULT_ACTIVATION = "activation cut to the default type"
ACCUMULATOR = "accumulator too narrow"
RESULT_TYPE = "result type too narrow"
INPUT_RANGE = "input outside the range"
INPUT_GRID = "input off the grid"
COARSE_TABLE = "softmax table too coarse"
RENAMED_SOFTMAX = "softmax layer renamed"
WEIGHTS_OFF_GRID = "weights not on the grid"
GRANULARITY = "granularity overrides the model's types"
PRUNING_WRAPPER = "pruning wrapper left in"
UNKNOWN = "unknown"

_CAUSES = (
    Cause(
        DEFAULT_ACTIVATION,
        "An activation without a quantizer gets hls4ml's default type, which cuts its values.",
        "Its values, computed anew without the cut, are Keras'; its type is the default.",
        "Quantise the activation in the model (`quantized_relu`), or declare a wider result type "
        "for this layer; where it costs little, accept it and compare with Keras cut alike.",
    ),
    Cause(
        ACCUMULATOR,
        "Products or their sum do not fit the accumulator's type.",
        "The layer, computed anew with an accumulator that keeps everything, is Keras'.",
        'Leave `accum` to hls4ml (`"auto"`), or give it the bits that the table shows to be '
        "missing.",
    ),
    Cause(
        RESULT_TYPE,
        "A layer's result type cuts fraction bits, or wraps or saturates.",
        "The layer, computed anew without its result type, is Keras'; the type is a declared one.",
        "Declare a wider result type, or put the same cut into the model; wraps need integer "
        "bits, or a saturating type.",
    ),
    Cause(
        INPUT_RANGE,
        "Inputs lie beyond the input type's range, and wrap or saturate.",
        "Only rows with such inputs differ at the input; they are as the type casts them.",
        "Standardise the inputs, clip them in the model too, or give the input type more "
        "integer bits.",
    ),
    Cause(
        INPUT_GRID,
        "Inputs lie between two values of the input type, and are cut.",
        "Rows differ at the input and lie in the range; they are as the type casts them.",
        "Round inputs to the type before Keras sees them, in training too.",
    ),
    Cause(
        COARSE_TABLE,
        "The softmax looks exponentials up by the upper bits of its input's type; more bits than "
        "the table has entries for are lost.",
        "The outputs are much closer to a softmax of inputs cut to the table's step than to the "
        "true softmax.",
        "Give the layer before the softmax a type whose range is that of the logits, saturating.",
    ),
    Cause(
        RENAMED_SOFTMAX,
        "hls4ml's oneAPI and Quartus writers fill the softmax tables for the layer's input type "
        "only if the layer is named `softmax`; else for `fixed<16,6>`.",
        "The table in the written sources spans another range than the input's type, and the "
        "outputs are those of a softmax of inputs scaled by that ratio.",
        "Name the layer `softmax`.",
    ),
    Cause(
        WEIGHTS_OFF_GRID,
        "Weights or biases are no values of the type that they are written in.",
        "The layer, computed anew with the model's own weights, is Keras'.",
        "Train with the quantizer of that type (QKeras, `alpha=1`), or declare a wider type.",
    ),
    Cause(
        GRANULARITY,
        '`granularity="model"` gives one type to everything that has no quantizer of its own, '
        "accumulators and results included.",
        'The layer, computed anew with the types that `granularity="name"` gives, is Keras\'.',
        'Convert with `granularity="name"`.',
    ),
    Cause(
        PRUNING_WRAPPER,
        "TF-MOT's pruning wrapper is no layer that hls4ml can convert.",
        "The model holds `PruneLowMagnitude` layers.",
        "Call `strip_pruning` before converting.",
    ),
    Cause(
        UNKNOWN,
        "None of the causes above explains what was seen.",
        "No recomputation of the layer gives what Keras gives, or its kind is not known here.",
        "Look at the layer's first differing rows; take away layers behind it.",
    ),
)

CATALOGUE = {cause.key: cause for cause in _CAUSES}
