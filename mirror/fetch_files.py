# SPDX-License-Identifier: GPL-3.0-or-later
"""Many package files at once, over a few connections, going on past single failures."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from mirror.breaker import HostBanned
from snapshot.errors import DejabuildError, NotFound, StorageFull

if TYPE_CHECKING:
    from mirror.fetch import Fetcher
    from mirror.progress import Progress
    from mirror.remote_file import FetchedFile, RemoteFile

#: Files waiting per connection; more only costs memory.
_AHEAD = 32
#: Seconds for downloads to end when the process does.
_MOMENT = 1.0


@dataclass(slots=True)
class Gathered:
    """What came of a set of files.

    Attributes:
        fetched: The files that came, pending in the store.
        missing: Those that no upstream has.
        failed: Why others did not come; the sync must not publish.
    """

    fetched: list[FetchedFile] = field(default_factory=list)
    missing: list[RemoteFile] = field(default_factory=list)
    failed: list[DejabuildError] = field(default_factory=list)


def fetch_files(
    files: Iterable[RemoteFile], fetcher: Fetcher, progress: Progress, *, connections: int
) -> Generator[Gathered]:
    """Fetch files in parallel.

    One that fails does not stop the others: whatever comes now need not come the next time.
    Only a full disk ends it at once.

    Args:
        files: What to fetch; read as far ahead as there is work.
        fetcher: Fetches one.
        progress: Told about what is missing or failed.
        connections: How many at once.

    Yields:
        Batches as they complete, so that the caller can make them durable.
    """
    pool = ThreadPoolExecutor(connections, thread_name_prefix="fetch")
    running: dict[Future[FetchedFile], RemoteFile] = {}
    done: SimpleQueue[Future[FetchedFile]] = SimpleQueue()
    ending = False
    try:
        for remote in files:
            future = pool.submit(fetcher.fetch, remote)
            running[future] = remote
            future.add_done_callback(done.put)
            if len(running) >= connections * _AHEAD:
                yield _collect(done, running, progress)
        while running:
            yield _collect(done, running, progress)
    except BaseException as error:
        ending = not isinstance(error, Exception | GeneratorExit)
        raise
    finally:
        end_downloads(pool, running, fetcher, patient=not ending)


def end_downloads(
    pool: ThreadPoolExecutor,
    running: Collection[Future[Any]],
    fetcher: Fetcher,
    *,
    patient: bool,
) -> None:
    """Leave no download running on.

    One that is just connecting cannot be woken. It is waited for, unless the whole process is
    about to end: that must not take longer than a moment.

    Args:
        pool: Its threads; ended.
        running: What was given to it and has not been seen to end.
        fetcher: What they download with.
        patient: Whether the process goes on.
    """
    if running:
        fetcher.halt()
    pool.shutdown(wait=False, cancel_futures=True)
    begun = [future for future in running if not future.cancelled()]
    _, late = wait(begun, timeout=None if patient else _MOMENT)
    if not late:
        pool.shutdown()
        fetcher.resume()


def _collect(
    done: SimpleQueue[Future[FetchedFile]],
    running: dict[Future[FetchedFile], RemoteFile],
    progress: Progress,
) -> Gathered:
    """Wait for at least one and take all that are done."""
    ready = [done.get()]
    while not done.empty():
        ready.append(done.get())
    gathered = Gathered()
    for future in ready:
        remote = running.pop(future)
        try:
            fetched = future.result()
        except NotFound as error:
            progress.say(f"no upstream has {remote.name}: {error.message}")
            gathered.missing.append(remote)
        except StorageFull:
            raise
        except HostBanned as error:  # said when it happened, once for all files
            gathered.failed.append(error)
        except DejabuildError as error:
            progress.say(f"{remote.name}: {error.message}")
            gathered.failed.append(error)
        else:
            gathered.fetched.append(fetched)
    return gathered
