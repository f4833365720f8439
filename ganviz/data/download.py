"""One file from the internet: quickly there or quickly refused, never half."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ganviz import pacing
from ganviz.data.entry import Progress
from ganviz.disk import atomic_replace, disk_sentence
from ganviz.errors import DataError
from ganviz.registry import DATASETS

CHUNK = 1 << 18
NETWORK = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def need_no_download() -> str:
    """The picture sets that work without internet, as a form and as the command line call them."""
    return ", ".join(
        f"{entry.label} ({name!r})"
        for name, entry in DATASETS
        if entry.offline and entry.kind == "images"
    )


class _WrongChecksum(Exception):
    """A server sent another file than the one asked for."""


def fetch(urls: list[str], target: Path, md5: str, what: str, progress: Progress) -> Path:
    """``target``, downloaded from the first of ``urls`` that answers unless it is there already.

    The checksum is verified by torchvision before the file gets its name. Raises `DataError` with a
    sentence that names the data sets which need no download.
    """
    from torchvision.datasets.utils import check_integrity

    if check_integrity(target, md5):
        return target
    problems = download(urls, target, lambda part: check_integrity(part, md5), what, progress)
    if not problems:
        return target
    raise DataError(
        "{what} could not be downloaded ({problems}): check the internet connection, or choose a "
        "data set that needs none: {others}.",
        "data",
        what=what,
        problems="; ".join(problems),
        others=need_no_download(),
    )


def download(
    urls: list[str], target: Path, is_right: Callable[[Path], bool], what: str, progress: Progress
) -> list[str]:
    """Download ``target`` from the first of ``urls`` that answers with a file that ``is_right``;
    only such a one gets the name. Returns what was wrong with each of them, or [] when it is there.

    Raises `DataError` where the disk refuses.
    """
    problems = []
    for url in urls:
        host = urlsplit(url).hostname
        progress(None, f"Asking {host} for {what}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _open(url) as response, atomic_replace(target) as part:
                _copy(response, part, what, progress)
                if not is_right(part):
                    raise _WrongChecksum
            return []
        except _WrongChecksum:
            problems.append(f"{host} sent something else, its checksum is wrong")
        except NETWORK as error:
            problems.append(f"{host}: {_reason(error)}")
        except OSError as error:
            raise DataError(
                disk_sentence(error, target.parent, f"{what} cannot be kept"), "data"
            ) from None
    return problems


def _copy(response: Any, part: Path, what: str, progress: Progress) -> None:
    with part.open("wb") as file:
        total, done = int(response.headers.get("Content-Length") or 0), 0
        while chunk := _read(response):
            file.write(chunk)
            done += len(chunk)
            size = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
            progress(min(done / total, 1.0) if total else None, f"Downloading {what}: {size}")
        if done < total:
            raise http.client.IncompleteRead(b"", total - done)


def _read(response: Any) -> bytes:
    try:
        return response.read(CHUNK)
    except OSError as error:  # told apart from a disk that refuses, which is an OSError too
        raise urllib.error.URLError(error) from None


def _open(url: str) -> Any:
    """The open response. The wait is bounded here, because a name look-up obeys no socket
    timeout."""
    answer: list[Any] = []

    def open_url() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "ganviz"})
        try:
            answer.append(urllib.request.urlopen(request, timeout=pacing.DOWNLOAD_TIMEOUT))
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer.append(error)

    thread = threading.Thread(target=open_url, name="ganviz-download", daemon=True)
    thread.start()
    thread.join(pacing.DOWNLOAD_TIMEOUT)
    if not answer:
        raise TimeoutError
    if isinstance(answer[0], Exception):
        raise answer[0]
    return answer[0]


def _reason(error: Exception) -> str:
    """What went wrong, in a few words and without a class name where it can be helped."""
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError):
        return "no answer"
    if isinstance(cause, socket.gaierror):
        return "its name cannot be looked up"
    if isinstance(cause, http.client.IncompleteRead):
        return "the transfer broke off"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
