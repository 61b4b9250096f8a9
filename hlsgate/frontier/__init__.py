"""The frontier: how far a network can be compressed before its accuracy drops.

`grid` declares what is tried, `work` makes one point of it, `sweep` makes many at once, `groups`
and `answer` say what came out, `documents` keeps it, `gate` holds a run against what is kept, and
`search` looks for better points than the grid's.
"""
