"""Front end of Keras 2, QKeras and TF-MOT: with training, the only modules with TensorFlow."""
