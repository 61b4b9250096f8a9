"""Keras: networks built, trained, read from files, evaluated."""
