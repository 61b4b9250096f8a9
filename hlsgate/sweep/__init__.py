"""The frontier: how far a network can be compressed before its accuracy drops.

`points` and `grid` declare what is tried, `work` makes one point, `sweep` makes many at once,
`execution` a whole grid; `groups` and `answer` say what came out, `documents` keeps it, `gate`
holds a run against what is kept, and `search` looks for better points than the grid's.
"""
