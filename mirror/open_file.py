# SPDX-License-Identifier: GPL-3.0-or-later
"""Local files as a careful web server would answer them: a disk, a mount, another's mirror.

A part `/./` of the address says where the directory of an upstream begins, as rsync has it:
links may lead about inside of it (mirrors are full of them), nothing outside is read. A
directory is answered with a page of its names, as web servers do.
"""

from __future__ import annotations

import os
import re
import stat
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from mirror.http_date import read_http_date
from snapshot.errors import Denied, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE = re.compile(r"bytes=(\d+)-")
#: A pipe or device must not block or start anything by being opened.
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


class LocalBody:
    """What is read of a local file: the part of urllib3's answer that is used.

    Args:
        descriptor: Open where the body begins, or -1 for a body in memory.
        remaining: Bytes of it.
        text: The body in memory.
    """

    def __init__(self, descriptor: int, remaining: int, text: bytes = b"") -> None:
        self._descriptor = descriptor
        self._text = text
        self.length_remaining = remaining

    def read1(self, most: int, *, decode_content: bool = False) -> bytes:  # noqa: ARG002
        """The next bytes; empty at the end."""
        count = min(most, self.length_remaining)
        if self._descriptor < 0:
            piece, self._text = self._text[:count], self._text[count:]
        else:
            piece = os.read(self._descriptor, count) if count else b""
        self.length_remaining -= len(piece)
        return piece

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    release_conn = close


def open_file(url: str, asked: Mapping[str, str]) -> tuple[int, dict[str, str], LocalBody]:
    """Answer a request for a local file.

    Args:
        url: `file:///…`.
        asked: `Range`, `If-Range`, `If-None-Match` and `If-Modified-Since` are honoured.

    Returns:
        Status, headers with names in lower case, body.

    Raises:
        NotFound: No such file.
        Denied: Outside of the directory, not a plain file, or not for this user.
        InvalidInput: Not the address of a file on this machine.
    """
    path = _inside(url)
    try:
        if path.is_dir():
            return _listing(path)
        descriptor = os.open(path, _FILE)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{url}: no such file") from error
    except OSError as error:
        raise Denied(f"{url}: {error.strerror}") from error
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise Denied(f"{url}: not a plain file", advice="devices, pipes and sockets are not read")
    return _answer(descriptor, about, asked)


def _inside(url: str) -> Path:
    """The file that an address names, all links followed."""
    parts = urlsplit(url)
    where = unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or not where.startswith("/") or "\0" in where:
        raise InvalidInput(f"not the address of a file here: {url[:200]!r}")
    base, mark, below = where.partition("/./")
    if not mark:
        base, _, below = where.rpartition("/")
    try:
        root = Path(base or "/").resolve()
        path = (root / below.lstrip("/")).resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise Denied(f"{url}: {error}") from error
    if not path.is_relative_to(root):
        raise Denied(f"{url}: leads out of {root}", advice="links may lead about inside of it only")
    return path


def _listing(path: Path) -> tuple[int, dict[str, str], LocalBody]:
    names = []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir():
                names.append(f"{entry.name}/")
            elif entry.is_file():
                names.append(entry.name)
    lines = (f'<a href="{quote(os.fsencode(name), safe="/")}">\n' for name in sorted(names))
    text = "".join(lines).encode("ascii")
    return 200, {"content-length": str(len(text))}, LocalBody(-1, len(text), text)


def _answer(
    descriptor: int, about: os.stat_result, asked: Mapping[str, str]
) -> tuple[int, dict[str, str], LocalBody]:
    size = about.st_size
    headers = {
        "etag": f'"{about.st_mtime_ns:x}-{size:x}"',
        "last-modified": formatdate(int(about.st_mtime), usegmt=True),
    }
    if _is_known(asked, headers["etag"], int(about.st_mtime)):
        os.close(descriptor)
        return 304, headers, LocalBody(-1, 0)
    start = 0
    match = _RANGE.fullmatch(asked.get("Range", ""))
    if match and asked.get("If-Range", headers["etag"]) in headers.values():
        start = int(match[1])
    if start and start >= size:
        os.close(descriptor)
        return 416, headers, LocalBody(-1, 0)
    os.lseek(descriptor, start, os.SEEK_SET)
    headers["content-length"] = str(size - start)
    if start:
        headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
    return 206 if start else 200, headers, LocalBody(descriptor, size - start)


def _is_known(asked: Mapping[str, str], etag: str, modified: int) -> bool:
    """Whether who asks has this very file; an ETag says more than a date."""
    if "If-None-Match" in asked:
        return asked["If-None-Match"] == etag
    since = read_http_date(asked.get("If-Modified-Since", ""))
    return since is not None and since >= modified
