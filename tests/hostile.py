"""The sample with hostile text wherever a file may hold text of a stranger's choice."""

import json

from hlsgate.sweep import documents
from tests import page_sample

MARKER = "<script>window.owned = 3</script>"
TEXT = f"{MARKER}\"'><img src=x onerror=window.owned=4></title></style>$x_{{1}}^ {{{{ 7 * 7 }}}}"
_NAMES = {"machine", "commit", "tool_version", "part", "note", "reason", "dataset", "compiler",
          "sentence", "key", "created", "layer", "type", "error", "source", "versions", "group",
          "variant", "yosys"}  # fmt: skip
_CHOSEN = {"grid", "search", "published", "measured", "recorded", "replayed"}


def spoiled(content, name=""):
    """Append hostile text to every text that no schema limits to a choice."""
    if isinstance(content, dict):
        return {
            key: spoiled(value, name if name == "versions" else key)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [spoiled(value, name) for value in content]
    free = name in _NAMES and isinstance(content, str) and content not in _CHOSEN
    return content + TEXT if free else content


def hostile(folder):
    """Write spoiled sample files; return paths of results, sweep and baselines."""
    paths = page_sample.write(folder)
    for path in paths:
        content = spoiled(json.loads(path.read_text()))
        if "pareto" in content:  # else it would be refused: it must follow from its points
            words = content["answer"]["sentence"]
            content |= documents.derived(content)
            content["answer"]["sentence"] = words
        if "variants" in content:
            _classes(content)
        if "accuracy" in content:
            content["accuracy"] = {
                key: {name + TEXT: entry for name, entry in by_dataset.items()}
                for key, by_dataset in content["accuracy"].items()
            }
        path.write_text(json.dumps(content))
    return paths


def _classes(content):
    """Spoil the names of classes, which are keys."""
    for variant in content["variants"].values():
        frozen = variant["frozen"]
        for name in ("auc", "auc_parity"):
            if name in frozen:
                frozen[name] = {key + TEXT: value for key, value in frozen[name].items()}
        signal = frozen["roc"]["signal"]
        frozen["roc"]["signal"] = {key + TEXT: value for key, value in signal.items()}
        names = frozen["confusion"]["classes"]
        frozen["confusion"]["classes"] = [name + TEXT for name in names]
