"""Data sets: loaded, split, scaled, downloaded."""
