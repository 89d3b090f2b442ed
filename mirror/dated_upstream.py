# SPDX-License-Identifier: GPL-3.0-or-later
"""Dated services in snapshot.debian.org's shape.

`<base>/archive/<name>/<timestamp>/` is an archive as it was. Its timestamps are listed at
`<base>/mr/timestamp/`; services that lack that have pages of months for people, whose lines
scripts have read for ten years. `<base>/file/<sha1>` has the bytes wherever they were.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mirror.debian_upstream import hashed_paths, quoted
from snapshot.coordinates import suite_directory
from snapshot.errors import CorruptUpstream, InvalidInput, NotFound
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mirror.upstream import Read
    from snapshot.digest import Checksums

_MONTH = re.compile(r'href="(?:\./)?\?year=(\d{4})(?:&amp;|&|;)month=(\d{1,2})"')
_RUN = re.compile(r'href="(?:\./)?(\d{8}T\d{6}Z)/?"')
#: Pages of months that are read; snapshot.debian.org has one for each month since 2005.
_MOST_MONTHS = 1200


@dataclass(frozen=True, slots=True)
class DatedDebian:
    """A service that keeps every run.

    Attributes:
        base: Without a final slash.
        archive: Its name of the archive.
    """

    base: str
    archive: str

    @property
    def dated(self) -> bool:
        """It has runs of the past."""
        return True

    def list_runs(
        self, read: Read, first: Timestamp | None, last: Timestamp | None
    ) -> list[Timestamp]:
        """See `Upstream.list_runs`."""
        address = f"{self.base}/mr/timestamp/?archive={quote(self.archive)}"
        try:
            return self._listed(read(address), address)
        except (NotFound, CorruptUpstream) as error:
            found = self._from_pages(read, first, last)
            if found is None:
                raise error from None
            return found

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:
        """Of a run; its newest one lags behind the archive of now."""
        return None if at is None else self._url(f"{suite_directory(suite)}{name}", at)

    def index_urls(
        self, suite: str, path: str, checksums: Checksums, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """The plain name first: below a timestamp it cannot change."""
        path = f"{suite_directory(suite)}{path}"
        hashed = hashed_paths(path, checksums) if by_hash else ()
        return (*(self._url(one, at) for one in (path, *hashed)), *self._by_sha1(checksums))

    def file_urls(self, path: str, checksums: Checksums, at: Timestamp | None) -> tuple[str, ...]:
        """By its path; by its SHA-1 where the path leads nowhere at that time."""
        return (self._url(path, at), *self._by_sha1(checksums))

    def _by_sha1(self, checksums: Checksums) -> tuple[str, ...]:
        return (f"{self.base}/file/{checksums.sha1}",) if checksums.sha1 else ()

    def _url(self, path: str, at: Timestamp | None) -> str:
        when = str(at) if at is not None else "now"
        return f"{self._archive}/{when}/{quoted(path)}"

    @property
    def _archive(self) -> str:
        return f"{self.base}/archive/{quote(self.archive)}"

    def _listed(self, document: bytes, address: str) -> list[Timestamp]:
        """`{"result": {"<archive>": ["YYYYMMDDTHHMMSSZ", …]}}`, or a bare list as result."""
        try:
            result = json.loads(document)["result"]
            stamps = result if isinstance(result, list) else result.get(self.archive, [])
            return sorted({Timestamp.parse(stamp) for stamp in stamps})
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            InvalidInput,
        ) as error:
            raise CorruptUpstream(
                f"{address}: not a list of timestamps: {document[:60]!r}",
                advice='is the address that of a dated service? A plain mirror is kind = "live"',
            ) from error

    def _from_pages(
        self, read: Read, first: Timestamp | None, last: Timestamp | None
    ) -> list[Timestamp] | None:
        """The runs that the pages of months name; None when there are no such pages."""
        try:
            page = read(f"{self._archive}/").decode("utf-8", "replace")
        except NotFound:
            return None
        found = set(_runs(page))
        months = sorted({(int(year), int(month)) for year, month in _MONTH.findall(page)})
        if not found and not months:
            return None
        lowest = str(first)[:6] if first is not None else ""
        highest = str(last)[:6] if last is not None else "9"
        for year, month in months[:_MOST_MONTHS]:
            if lowest <= f"{year}{month:02}" <= highest:
                below = read(f"{self._archive}/?year={year}&month={month}")
                found |= set(_runs(below.decode("utf-8", "replace")))
        return sorted(found)


def _runs(page: str) -> Iterator[Timestamp]:
    for stamp in _RUN.findall(page):
        try:
            yield Timestamp.parse(stamp)
        except InvalidInput:  # no such day
            continue
