# SPDX-License-Identifier: GPL-3.0-or-later
"""Build records from where archives and builders publish them, into blobs and catalogue.

A record that cannot be read is named with its reason and costs nothing else. What is here
already is not asked for again: names in pools do not change their meaning.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mirror.breaker import HostBanned
from mirror.fetch_files import end_downloads
from mirror.halt import Stopped
from mirror.list_records import DEEPEST, list_records
from mirror.open_upstreams import rooted
from mirror.revalidate import Revalidator
from snapshot.clearsign import MAX_SIZE
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, PermanentError, Unsupported
from snapshot.pool_path import checked_file_name
from snapshot.record import read_record
from storage.keep_record import keep_record

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from mirror.revalidate import Revalidated
    from mirror.stores import MirrorStores

#: The largest page or list: a million names of 100 bytes.
_MOST_BYTES = 128 << 20
#: Records waiting per connection; more only costs memory.
_AHEAD = 64


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Where records come from.

    Attributes:
        name: The operator's name of it.
        address: http, https or file: a directory, a list of names, or one record.
        include: Globs on names of source packages; one must match.
        depth: Directories below the address that are looked into.
    """

    name: str
    address: str
    include: tuple[str, ...] = ("*",)
    depth: int = DEEPEST


@dataclass(frozen=True, slots=True)
class RecordsReport:
    """What one look at a source brought.

    Attributes:
        name: Of the source.
        added: Records that are new.
        known: Records that were here.
        bad: (address, reason) of each that was refused.
    """

    name: str
    added: int
    known: int
    bad: tuple[tuple[str, str], ...]


def gather_records(source: RecordSource, stores: MirrorStores) -> RecordsReport:
    """Bring the records of a source that are not here.

    Raises:
        TransientError: An upstream did not answer; records that came are kept.
        CorruptUpstream: The address holds nothing that leads to records.
        NotFound: There is nothing at that address.
        HostBanned: The upstream has had enough of us; records that came are kept.
    """
    address = source.address
    if address.startswith("file:") and address.endswith("/"):
        address = f"{rooted(address.rstrip('/'))}/"
    listed = list_records(address, partial(_read, stores), depth=source.depth)
    chosen = [one for one in listed.addresses if _is_included(one, source.include)]
    held = set() if listed.whole else stores.catalogue.buildinfo_origins(listed.below)
    wanted = [one for one in chosen if one not in held]
    stores.progress.plan(len(wanted), 0)
    added, known, bad = 0, len(chosen) - len(wanted), []
    with closing(_fetched(wanted, stores)) as fetched:
        for found, got in fetched:
            problem = got if isinstance(got, PermanentError) else None
            if not isinstance(got, PermanentError):
                try:
                    is_new = _keep(found, got, stores, remember=listed.whole)
                except (InvalidInput, Unsupported) as error:
                    problem = error
                else:
                    added += is_new
                    known += not is_new
            if problem is not None:
                bad.append((found, problem.message))
                stores.progress.say(f"{found}: {problem.message}")
    return RecordsReport(source.name, added, known, tuple(bad))


def records_beside(
    bases: Iterable[str], paths: Iterable[str], stores: MirrorStores
) -> Iterator[RecordsReport]:
    """Bring the records that lie in the directories of package files, as Qubes has them.

    A directory without a page of its names, or without records, brings none.

    Args:
        bases: Upstreams that have them, without a final slash.
        paths: Package files.
        stores: Where to.
    """
    directories = sorted({path.rpartition("/")[0] for path in paths})
    for base in bases:
        for directory in directories:
            place = f"{base}/{directory}/" if directory else f"{base}/"
            try:
                yield gather_records(RecordSource(base, place, depth=0), stores)
            except HostBanned:
                raise
            except PermanentError as error:
                stores.progress.say(f"{place}: no build records: {error.message}")


def _read(stores: MirrorStores, address: str) -> bytes:
    document = stores.fetcher.document([address], limit=_MOST_BYTES)
    assert document is not None  # noqa: S101  only a conditional request brings nothing
    return document.data


def _is_included(address: str, globs: Sequence[str]) -> bool:
    source = unquote(address.rpartition("/")[2]).partition("_")[0]
    return any(fnmatchcase(source, glob) for glob in globs)


def _fetched(
    wanted: Sequence[str], stores: MirrorStores
) -> Generator[tuple[str, Revalidated | PermanentError]]:
    """Each record or why it did not come, in order, a few at once."""
    documents = Revalidator(stores.fetcher, stores.catalogue, stores.blobs)

    def fetch(address: str) -> Revalidated | PermanentError:
        try:
            return documents.document(address, limit=MAX_SIZE)
        except (HostBanned, Stopped):
            raise
        except PermanentError as error:
            return error

    pool = ThreadPoolExecutor(stores.connections, thread_name_prefix="records")
    running: deque[Future[Revalidated | PermanentError]] = deque()
    ending = False
    try:
        for part in _parts(wanted, _AHEAD * stores.connections):
            running.extend(pool.submit(fetch, one) for one in part)
            for one in part:
                yield one, running[0].result()
                running.popleft()
    except BaseException as error:
        ending = not isinstance(error, Exception | GeneratorExit)
        raise
    finally:
        end_downloads(pool, running, stores.fetcher, patient=not ending)


def _parts(wanted: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]


def _keep(address: str, got: Revalidated, stores: MirrorStores, *, remember: bool) -> bool:
    """Store a record; False when it was here.

    What a name in a list leads to is not asked for again, so nothing is remembered of it.

    Raises:
        InvalidInput: Not a record, or a broken one.
        Unsupported: Of a later format.
    """
    name = checked_file_name(unquote(address.rpartition("/")[2]))
    record = read_record(got.data, name)
    is_new = stores.catalogue.buildinfo(Digest.of(got.data)) is None
    keep_record(stores.catalogue, stores.blobs, record, got.data, name=name, origin=address)
    if remember and got.validator is not None:
        stores.catalogue.remember_validators([got.validator])
    return is_new
