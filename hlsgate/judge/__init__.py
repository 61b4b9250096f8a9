"""Measurements held against ``baselines.json``, and how that file changes.

`baselines` reads the file; `kinds` says what may be compared, `budgets` judges one design,
`judging` a whole run, `summary` tells it. `entries` and `changes` show what differs, `revision`
and `rebaselining` write it, `listing` lays it out. None of it needs TensorFlow or a tool.
"""
