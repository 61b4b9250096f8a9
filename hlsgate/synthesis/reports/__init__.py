"""Readers of synthesis reports, one module for each toolchain."""
