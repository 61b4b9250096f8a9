"""A small convolutional network for digits, in Keras: a model that a suite builds itself."""

from __future__ import annotations

from typing import Any

BITS, WEIGHT_INTEGER, ACTIVATION_INTEGER = 5, 1, 2


def small_convolution() -> Any:
    """Build two convolutions of 3 x 3 with 8 and 16 filters, the first of stride 2, and logits.

    Returns
    -------
    tf.keras.Sequential
        Untrained, with QKeras layers; input of shape (8, 8, 1), softmax over ten classes.
    """
    import tensorflow as tf
    from qkeras import QActivation, QConv2D, QDense, quantized_bits, quantized_relu

    def typed() -> dict[str, Any]:
        return {
            "kernel_quantizer": quantized_bits(BITS, WEIGHT_INTEGER, 1, alpha=1),
            "bias_quantizer": quantized_bits(BITS, WEIGHT_INTEGER, 1, alpha=1),
        }

    def relu(name: str) -> Any:
        return QActivation(quantized_relu(BITS, ACTIVATION_INTEGER), name=name)

    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.InputLayer(input_shape=(8, 8, 1), name="inputs"),
            QConv2D(8, 3, strides=2, name="conv1", **typed()),
            relu("relu1"),
            QConv2D(16, 3, strides=1, name="conv2", **typed()),
            relu("relu2"),
            layers.Flatten(name="flat"),
            QDense(10, name="logits", **typed()),
            layers.Activation("softmax", name="softmax"),
        ],
        name="digits_conv_q5",
    )
