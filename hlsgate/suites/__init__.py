"""The suites that ship, the template of one of one's own, and the one that is in use."""
