"""Documents that attack: JSON files as strangers might change them, by name."""

import json
import os

import numpy as np

from tests.attacks import mutations, planted

TEXTS = {
    "deep": b"[" * 100_000,
    "deep_object": b'{"a":' * 50_000,
    "nan": b'{"schema": NaN}',
    "infinite": b'{"schema": 1e999}',
    "long_number": b'{"schema": 1' + b"0" * 100_000 + b"}",
    "twice": b'{"schema": 1, "schema": 1}',
    "escape": b'{"schema": 1, "kind": "a\\u001b[2Jb"}',
    "raw_escape": b'{"schema": 1, "kind": "a\x1b[2Jb"}',
    "bidi": '{"schema": 1, "a\u202eb": 2}'.encode(),
    "surrogate": b'{"schema": "\\ud800"}',
    "list": b"[1, 2]",
    "number": b"7",
    "null": b"null",
    "cut": b'{"schema": 1, "variants": {',
    "many": b"[" + b"0," * 300_000 + b"0]",
    "large": b" " * (17 * 2**20),
    "nothing": b"",
    "binary": bytes(range(256)),
    "utf16": '{"schema": 1}'.encode("utf-16"),
    "pickle": f"cos\nsystem\n(S'touch {planted.TOUCHED}'\ntR.".encode(),
}
"""Files that are none of hlsgate's."""

MUTATIONS = 12


def no_document(name):
    """Return what writes one of `TEXTS`."""

    def write(path, content, canary):
        path.write_bytes(TEXTS[name])

    return write


def changed(seed):
    """Return what writes a document with a few of its nodes changed, as mutated models are."""

    def write(path, content, canary):
        rng = np.random.default_rng([seed, len(path.name)])
        path.write_text(mutations.configuration(rng, content, canary), "utf-8")

    return write


def _fifo(path, content, canary):
    os.mkfifo(path)


def _folder(path, content, canary):
    path.mkdir()


def _device(path, content, canary):
    path.symlink_to("/dev/zero")


def _terminal(path, content, canary):
    """Put into every text that is chosen freely what a terminal or a page would act on."""
    path.write_text(json.dumps(_spoiled(content)), "utf-8")


def _spoiled(value):
    if isinstance(value, dict):
        return {key: _spoiled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_spoiled(one) for one in value]
    return value + planted.INJECTED + "\x1b[2J" if isinstance(value, str) else value


BAD = {
    **{name: no_document(name) for name in TEXTS},
    "fifo": _fifo,
    "folder": _folder,
    "device": _device,
    "terminal": _terminal,
}
"""What every command refuses."""

ODD = {f"changed{seed}": changed(seed) for seed in range(MUTATIONS)}
"""What may still be a document."""
