"""The original jets, OpenML 42468: fetched once, checked, and pinned by content.

scikit-learn does the fetching, into ``<cache>/openml``. What a broken attempt has already fetched
whole stays there, so a second call resumes; what turns out to be something else is removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import DatasetError
from hlsgate.infra.replacing import replaced

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATA_ID = 42468
ROWS = 830_000
FIRST_CLASSES = ("g", "w", "t", "z", "w")
FIRST_MASSES = (8.92688179, 3.88651156, 162.144669, 91.258934, 79.7257767)
"""``mass_mmdt`` of the first rows, in GeV. Source: OpenML 42468 as served in 2024."""

CONTENT_SHA256: str | None = None
"""`hlsgate.data.datasets.content_digest` of the whole data set.

None until somebody with access to OpenML states it here: a first load prints the value into the
results (``dataset_sha256``). Until then each cache pins what it saw first.
"""

TIMEOUT_S = 60.0
"""Longest silence of the service, in s."""

ATTEMPTS = 4
"""Tries for each file; waits grow from one to tens of seconds."""


def fetch(
    home: Path,
    features: tuple[str, ...],
    classes: tuple[str, ...],
    progress: Callable[[float], None] = lambda _share: None,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Fetch and check the rows.

    Parameters
    ----------
    home : pathlib.Path
        Cache folder; the download goes below ``home / "openml"``.
    features, classes : tuple of str
        Names that must come, in this order.
    progress : callable
        Called with the share of the current file that has come, in [0, 1].

    Returns
    -------
    features : ndarray, shape (830000, 16), float32
        Real units.
    labels : ndarray, shape (830000,), uint8
        Index into `classes`.

    Raises
    ------
    DatasetError
        If the service cannot be reached, or sends anything else.
    """
    try:
        bunch = _fetch_patiently(home, progress)
    except (OSError, HTTPException, ValueError, LookupError) as error:
        raise DatasetError(
            f"OpenML data set {DATA_ID} could not be fetched ({error}) and is not in the cache "
            f"folder {home / 'openml'}; try again with a network (what has come is kept), copy "
            "that folder from a machine that has it, or use the jets that come with hlsgate."
        ) from error
    try:
        return _checked(bunch, features, classes)
    except DatasetError:
        shutil.rmtree(home / "openml", ignore_errors=True)  # or the next call would read it again
        raise


def _fetch_patiently(home: Path, progress: Callable[[float], None]) -> Any:
    """Call scikit-learn again after errors of the network, with growing waits."""
    from sklearn.datasets import fetch_openml
    from tenacity import (
        Retrying,
        retry_if_exception,
        stop_after_attempt,
        wait_exponential_jitter,
    )

    patience = Retrying(
        retry=retry_if_exception(_worth_another_try),
        wait=wait_exponential_jitter(initial=1, max=30),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    with _watched(progress):
        return patience(
            fetch_openml,
            data_id=DATA_ID,
            as_frame=False,
            parser="liac-arff",
            data_home=str(home),
            n_retries=1,
        )


def _worth_another_try(error: BaseException) -> bool:
    """Tell a network's trouble from an answer that will not change."""
    status = getattr(error, "code", None)
    refused = isinstance(status, int) and 400 <= status < 500  # noqa: PLR2004
    return isinstance(error, OSError | HTTPException | ValueError) and not refused


@contextmanager
def _watched(progress: Callable[[float], None]) -> Iterator[None]:
    """Give scikit-learn's downloads a time limit and a progress bar, and silence its warnings.

    Source: ``sklearn.datasets._openml`` (1.9) opens every address by its module's ``urlopen``.
    """
    import warnings
    from urllib.error import HTTPError
    from urllib.request import urlopen

    from sklearn.datasets import _openml

    def watched(request: Any) -> Any:
        try:
            return _Watched(urlopen(request, timeout=TIMEOUT_S), progress)
        except HTTPError as error:  # it holds the connection open
            error.close()
            raise

    with warnings.catch_warnings(), replaced(_openml, "urlopen", watched):
        # It warns before each new try; what matters is whether the last one succeeds.
        warnings.simplefilter("ignore")
        yield


class _Watched:
    """A response that reports how much of it has been read, and that must come whole."""

    def __init__(self, response: Any, progress: Callable[[float], None]) -> None:
        self._response = response
        self._progress = progress
        self._total = int(response.headers.get("Content-Length") or 0)
        self._read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def read(self, size: int = -1) -> bytes:
        """Read on; raise `OSError` where the service ends early."""
        chunk: bytes = self._response.read(size)
        self._read += len(chunk)
        if self._total:
            self._progress(self._read / self._total)
        if not chunk and self._read < self._total:
            raise OSError(f"{self._read} of {self._total} bytes came, then the service hung up")
        return chunk


def _checked(
    bunch: Any, features: tuple[str, ...], classes: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Refuse anything that is not the data set: columns, rows, classes, first values."""
    import numpy as np

    def demand(what: str, sent: object, wanted: object) -> None:
        if sent != wanted:
            raise DatasetError(f"OpenML {DATA_ID} sent {what} {sent}, but should send {wanted}.")

    demand("columns", tuple(bunch.feature_names), features)
    demand("rows", len(bunch.data), ROWS)
    target = np.asarray(bunch.target, str)
    found, labels = np.unique(target, return_inverse=True)
    demand("classes", tuple(map(str, found)), classes)
    count = len(FIRST_CLASSES)
    demand("first classes", tuple(map(str, target[:count])), FIRST_CLASSES)
    masses = np.asarray(bunch.data[:count, features.index("mass_mmdt")], np.float64)
    if not np.allclose(masses, FIRST_MASSES, rtol=1e-6):
        demand("first masses", tuple(masses.tolist()), FIRST_MASSES)
    return np.asarray(bunch.data, np.float32), labels.astype(np.uint8)
