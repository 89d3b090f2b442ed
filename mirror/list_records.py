# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the build records of a source are: a tree of directories, a list of names, or one file.

What an address holds says which it is. Web servers write the pages of directories (nginx's and
Apache's are read here, and so are ours of local directories); of those only names below the page
are followed, so that no page leads anywhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from snapshot.errors import CorruptUpstream, InvalidInput, NotFound
from snapshot.pool_path import safe_relative_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mirror.upstream import Read

_HREF = re.compile(r"<a\s[^>]*?href\s*=\s*[\"']([^\"'<>]*)[\"']", re.IGNORECASE)
_SUFFIX = ".buildinfo"
#: Directories below the first, and names altogether: a pool of Debian's has 3 and a million.
DEEPEST = 6
_MOST_NAMES = 4_000_000


@dataclass(frozen=True, slots=True)
class RecordList:
    """Addresses of records.

    Attributes:
        below: What each of them begins with.
        addresses: In order.
        whole: The address was a record itself.
    """

    below: str
    addresses: tuple[str, ...]
    whole: bool = False


def list_records(address: str, read: Read, *, depth: int = DEEPEST) -> RecordList:
    """Find the records of a source.

    Args:
        address: A directory (ending in a slash, or answered with a page), a list, or a record.
        read: Brings a document.
        depth: Directories below the first that are looked into.

    Raises:
        CorruptUpstream: Neither of these, or more names than any source has.
        NotFound: Nothing there.
    """
    if address.endswith(_SUFFIX):
        return RecordList(address, (address,), whole=True)
    document = read(address)
    if address.endswith("/") or _HREF.search(document.decode("utf-8", "replace")):
        top = f"{address.rstrip('/')}/"
        return RecordList(top, tuple(sorted(_walk(top, document, read, depth))))
    return RecordList(_directory(address), read_names(document, address))


def read_page(document: bytes, address: str) -> tuple[list[str], list[str]]:
    """Read the page of a directory.

    Args:
        document: HTML.
        address: Of the page, ending in a slash.

    Returns:
        Addresses of the directories and of the records right below it.
    """
    directories, records = set(), set()
    path = urlsplit(address).path
    for found in _HREF.findall(document.decode("utf-8", "replace")):
        name = unescape(found).removeprefix(address).removeprefix(path).removeprefix("./")
        inner = unquote(name.removesuffix("/"))
        try:
            safe = safe_relative_path(inner) == inner and "/" not in inner
        except InvalidInput:
            continue
        if not safe:
            continue
        child = f"{address}{quote(inner)}"
        if name.endswith("/"):
            directories.add(f"{child}/")
        elif inner.endswith(_SUFFIX):
            records.add(child)
    return sorted(directories), sorted(records)


def read_names(document: bytes, address: str) -> tuple[str, ...]:
    """Read a list of names: one a line, relative to the list, or from the server's root.

    Args:
        document: Text; lines that end in no record are none of its names.
        address: Of the list.

    Raises:
        CorruptUpstream: A name that leads elsewhere, with its line; or no name at all.
    """
    found = []
    parts = urlsplit(address)
    for number, line in enumerate(document.decode("utf-8", "replace").split("\n"), 1):
        name = line.strip().split()[-1:]
        if not name or not name[0].endswith(_SUFFIX):
            continue
        rooted = name[0].startswith("/") and parts.scheme != "file"
        try:
            path = safe_relative_path(name[0].lstrip("/") if rooted else name[0])
        except InvalidInput as error:
            raise CorruptUpstream(f"{address}, line {number}: {error.message}") from error
        base = f"{parts.scheme}://{parts.netloc}/" if rooted else _directory(address)
        found.append(f"{base}{quote(path)}")
    if not found:
        raise CorruptUpstream(
            f"{address}: neither a directory, nor a list of records, nor a record",
            advice="the names of build records end in .buildinfo",
        )
    return tuple(sorted(set(found)))


def _directory(address: str) -> str:
    return address.rpartition("/")[0] + "/"


def _walk(top: str, document: bytes, read: Read, depth: int) -> Iterator[str]:
    """Every record of a tree; a directory that is gone meanwhile has none."""
    waiting = [(top, 0, document)]
    count = 0
    while waiting:
        address, level, page = waiting.pop()
        directories, records = read_page(page, address)
        count += len(records) + len(directories)
        if count > _MOST_NAMES:
            raise CorruptUpstream(f"{top}: more than {_MOST_NAMES:,} names")
        yield from records
        if level == depth:
            continue
        for below in directories:
            try:
                waiting.append((below, level + 1, read(below)))
            except NotFound:
                continue
