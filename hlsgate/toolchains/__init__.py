"""Synthesis tools: found, asked for their version, run, and their results collected."""
