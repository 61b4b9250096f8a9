"""What a saved network may consist of: classes, the keys of their configurations, what these hold.

Read off the constructors and ``get_config`` of Keras 2.14.0, QKeras 0.9.0 and TF-MOT 0.7.5. What
does not stand here is refused, so a class that runs code, opens a file or calls an operation by its
name would have to be put here first: Lambda, TFOpLambda, SlicingOpLambda, TensorFlowOpLayer, RNN of
cells of one's own, tables that read a vocabulary from a file. docs/saved-models.md is for people.
"""

from __future__ import annotations

WEIGHTS = "{0}_initializer {0}_regularizer {0}_constraint"
_BIAS = f"use_bias activation activity_regularizer {WEIGHTS.format('bias')}"
_DENSE = f"{_BIAS} {WEIGHTS.format('kernel')}"
_PLACED = "kernel_size strides padding data_format dilation_rate groups"
_CONV = f"filters {_PLACED} {_DENSE}"
_DEPTHWISE = f"{_PLACED} depth_multiplier {_BIAS} {WEIGHTS.format('depthwise')}"
_SEPARABLE = f"{_CONV} {_DEPTHWISE} {WEIGHTS.format('pointwise')}"
_POOL = "pool_size strides padding data_format"
_NORM = (
    "axis momentum epsilon center scale moving_mean_initializer moving_variance_initializer "
    f"{WEIGHTS.format('beta')} {WEIGHTS.format('gamma')} renorm renorm_momentum synchronized"
)
_SEQUENCE = "return_sequences return_state go_backwards stateful unroll time_major"
_RECURRENT = (
    f"units dropout recurrent_dropout zero_output_for_mask {_SEQUENCE} {_DENSE} "
    f"{WEIGHTS.format('recurrent')}"
)
_GATED = f"{_RECURRENT} recurrent_activation implementation"
_QUANTIZED = "kernel_quantizer bias_quantizer kernel_range bias_range"
_Q_DEPTHWISE = "depthwise_quantizer bias_quantizer depthwise_range bias_range"
_Q_SEPARABLE = "depthwise_quantizer pointwise_quantizer bias_quantizer"
_Q_NORM = (
    "beta_quantizer gamma_quantizer mean_quantizer variance_quantizer inverse_quantizer beta_range "
    "gamma_range"
)
_Q_RECURRENT = (
    "kernel_quantizer recurrent_quantizer bias_quantizer state_quantizer kernel_range "
    "recurrent_range bias_range"
)
_FOLDED = f"{_NORM} ema_freeze_delay folding_mode"
_DROP = "rate noise_shape seed"

COMMON = "name trainable dtype batch_input_shape"
"""Keys that every layer may have."""

_TRAIN_ANEW = "hls4ml reads no quantisation of TF-MOT; train with layers of QKeras instead"
INSTEAD = {
    "QuantizeLayer": _TRAIN_ANEW,
    "QuantizeWrapper": _TRAIN_ANEW,
    "QuantizeWrapperV2": _TRAIN_ANEW,
    "ClusterWeights": "save what TF-MOT's strip_clustering returns",
}
"""What to do about wrappers that people leave in, by class."""

LAYERS = {
    "InputLayer": "sparse ragged input_shape",
    "Activation": "activation",
    "ActivityRegularization": "l1 l2",
    "Add": "",
    "AlphaDropout": _DROP,
    "Average": "",
    "AveragePooling1D": _POOL,
    "AveragePooling2D": _POOL,
    "BatchNormalization": _NORM,
    "Bidirectional": "layer backward_layer merge_mode",
    "Concatenate": "axis",
    "Conv1D": _CONV,
    "Conv1DTranspose": f"{_CONV} output_padding",
    "Conv2D": _CONV,
    "Conv2DTranspose": f"{_CONV} output_padding",
    "Cropping1D": "cropping",
    "Cropping2D": "cropping data_format",
    "Dense": f"units {_DENSE}",
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "Dot": "axes normalize",
    "Dropout": _DROP,
    "ELU": "alpha",
    "Embedding": f"input_dim output_dim input_length mask_zero activity_regularizer "
    f"{WEIGHTS.format('embeddings')}",
    "Flatten": "data_format",
    "GRU": f"{_GATED} reset_after",
    "GaussianDropout": _DROP,
    "GaussianNoise": "stddev seed",
    "GlobalAveragePooling1D": "data_format keepdims",
    "GlobalAveragePooling2D": "data_format keepdims",
    "GlobalMaxPooling1D": "data_format keepdims",
    "GlobalMaxPooling2D": "data_format keepdims",
    "LSTM": f"{_GATED} unit_forget_bias",
    "LayerNormalization": _NORM,
    "LeakyReLU": "alpha",
    "Masking": "mask_value",
    "MaxPooling1D": _POOL,
    "MaxPooling2D": _POOL,
    "Maximum": "",
    "Minimum": "",
    "Multiply": "",
    "PReLU": f"shared_axes {WEIGHTS.format('alpha')}",
    "Permute": "dims",
    "ReLU": "max_value negative_slope threshold",
    "RepeatVector": "n",
    "Reshape": "target_shape",
    "SeparableConv1D": _SEPARABLE,
    "SeparableConv2D": _SEPARABLE,
    "SimpleRNN": _RECURRENT,
    "Softmax": "axis",
    "SpatialDropout1D": _DROP,
    "SpatialDropout2D": f"{_DROP} data_format",
    "Subtract": "",
    "ThresholdedReLU": "theta",
    "TimeDistributed": "layer",
    "UnitNormalization": "axis",
    "UpSampling1D": "size",
    "UpSampling2D": "size data_format interpolation",
    "ZeroPadding1D": "padding",
    "ZeroPadding2D": "padding data_format",
    "QActivation": "activation",
    "QAdaptiveActivation": "activation current_step ema_decay ema_freeze_delay per_channel "
    "po2_rounding quantization_delay relu_neg_slope relu_upper_bound symmetric total_bits",
    "QAveragePooling2D": f"{_POOL} average_quantizer activation",
    "QBatchNormalization": f"{_NORM} {_Q_NORM} activation",
    "QBidirectional": "layer backward_layer merge_mode",
    "QConv1D": f"{_CONV} {_QUANTIZED}",
    "QConv2D": f"{_CONV} {_QUANTIZED}",
    "QConv2DBatchnorm": f"{_CONV} {_QUANTIZED} {_FOLDED}",
    "QConv2DTranspose": f"{_CONV} {_QUANTIZED} output_padding",
    "QDense": f"units {_DENSE} {_QUANTIZED}",
    "QDepthwiseConv2D": f"{_DEPTHWISE} {_Q_DEPTHWISE}",
    "QDepthwiseConv2DBatchnorm": f"{_DEPTHWISE} {_Q_DEPTHWISE} {_FOLDED}",
    "QGRU": f"{_GATED} {_Q_RECURRENT} reset_after",
    "QGlobalAveragePooling2D": "data_format keepdims average_quantizer activation",
    "QLSTM": f"{_GATED} {_Q_RECURRENT} unit_forget_bias",
    "QSeparableConv1D": f"{_SEPARABLE} {_Q_SEPARABLE}",
    "QSeparableConv2D": f"{_SEPARABLE} {_Q_SEPARABLE}",
    "QSimpleRNN": f"{_RECURRENT} {_Q_RECURRENT}",
    # left in by mistake; loaded, so that it can be told to strip them
    "PruneLowMagnitude": "layer pruning_schedule block_size block_pooling_type sparsity_m_by_n",
}
"""Keys of a layer's own, by class."""

NETWORKS = ("Sequential", "Functional", "Model")
NETWORK = "name trainable dtype build_input_shape"
"""Keys of a network, besides its layers and what goes in and out."""

QUANTIZERS = {
    "bernoulli": "alpha temperature use_real_sigmoid",
    "binary": "use_01 alpha use_stochastic_rounding",
    "quantized_bits": "bits integer symmetric keep_negative alpha use_stochastic_rounding "
    "scale_axis qnoise_factor var_name use_ste use_variables",
    "quantized_po2": "bits max_value use_stochastic_rounding quadratic_approximation log2_rounding "
    "qnoise_factor var_name use_ste use_variables",
    "quantized_relu": "bits integer use_sigmoid negative_slope use_stochastic_rounding "
    "relu_upper_bound is_quantized_clip qnoise_factor var_name use_ste use_variables",
    "quantized_relu_po2": "bits max_value negative_slope use_stochastic_rounding "
    "quadratic_approximation log2_rounding qnoise_factor var_name use_ste use_variables",
    "quantized_sigmoid": "bits symmetric use_real_sigmoid use_stochastic_rounding",
    "quantized_tanh": "bits use_stochastic_rounding symmetric use_real_tanh",
    "quantized_ulaw": "bits integer symmetric u",
    "stochastic_binary": "alpha temperature use_real_sigmoid",
    "stochastic_ternary": "alpha threshold temperature use_real_sigmoid number_of_unrolls",
    "ternary": "alpha threshold use_stochastic_rounding number_of_unrolls",
}
"""Arguments in their order, by class of `qkeras.quantizers`."""

_KERAS_ACTIVATIONS = (
    "elu exponential gelu hard_sigmoid linear mish relu selu sigmoid silu softmax softplus "
    "softsign swish tanh"
)
_QKERAS_ACTIVATIONS = "hard_tanh binary_sigmoid binary_tanh smooth_sigmoid smooth_tanh"
ACTIVATIONS = frozenset([*_KERAS_ACTIVATIONS.split(), *_QKERAS_ACTIVATIONS.split()])
"""Functions of `keras.activations` and `qkeras.quantizers`, by name."""

INITIALIZERS = {
    "Constant": "value",
    "GlorotNormal": "seed",
    "GlorotUniform": "seed",
    "HeNormal": "seed",
    "HeUniform": "seed",
    "Identity": "gain",
    "LecunNormal": "seed",
    "LecunUniform": "seed",
    "Ones": "",
    "Orthogonal": "gain seed",
    "QInitializer": "initializer use_scale quantizer",
    "RandomNormal": "mean stddev seed",
    "RandomUniform": "minval maxval seed",
    "TruncatedNormal": "mean stddev seed",
    "VarianceScaling": "scale mode distribution seed",
    "Zeros": "",
}
REGULARIZERS = {"L1": "l1", "L2": "l2", "L1L2": "l1 l2", "OrthogonalRegularizer": "factor mode"}
CONSTRAINTS = {
    "Clip": "min_value max_value constraint quantizer",
    "MaxNorm": "max_value axis",
    "MinMaxNorm": "min_value max_value rate axis",
    "NonNeg": "",
    "UnitNorm": "axis",
}
SCHEDULES = {
    "ConstantSparsity": "target_sparsity begin_step end_step frequency",
    "PolynomialDecay": "initial_sparsity final_sparsity power begin_step end_step frequency",
}
POLICIES = {"Policy": "name", "DTypePolicy": "name"}

_KERAS = "layers initializers regularizers constraints mixed_precision src.engine.functional"
_QKERAS = (
    "qlayers quantizers qconvolutional qpooling qnormalization qrecurrent qconv2d_batchnorm "
    "qdepthwiseconv2d_batchnorm"
)
_PRUNING = "tensorflow_model_optimization.python.core.sparsity.keras.pruning"
MODULES = frozenset(
    [
        "keras",
        *(f"keras.{name}" for name in _KERAS.split()),
        *(f"qkeras.{name}" for name in _QKERAS.split()),
        f"{_PRUNING}_wrapper",
        f"{_PRUNING}_schedule",
    ]
)
"""Where Keras may look for a class: it imports any module that a file names."""

WORDS = {
    "block_pooling_type": "AVG MAX",
    "data_format": "channels_last channels_first",
    "distribution": "normal uniform truncated_normal untruncated_normal",
    "dtype": "float16 bfloat16 float32 float64 int32 int64 uint8 mixed_float16 mixed_bfloat16",
    "folding_mode": "ema_stats_folding batch_stats_folding",
    "interpolation": "nearest bilinear bicubic area gaussian lanczos3 lanczos5 mitchellcubic",
    "log2_rounding": "rnd floor",
    "merge_mode": "sum mul concat ave",
    "mode": "fan_in fan_out fan_avg rows columns",
    "padding": "valid same causal",
}
"""Texts that a key may hold."""

FALSE = ("ragged", "sparse", "stateful", "unroll", "renorm", "synchronized")
"""Switches that are off in every network that hls4ml takes, and cost memory or time where on."""

SIZES = {"bits": 128, "integer": 128, "total_bits": 128, "number_of_unrolls": 64, "seed": 2**53}
"""Largest whole number of a key, where it is not `config.LARGEST`."""
