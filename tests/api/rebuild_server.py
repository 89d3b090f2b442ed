# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole rebuild half over real databases, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from flask import Flask

from api.app import create_app
from api.archive_services import ArchiveServices
from api.auth import Secrets
from api.rebuild_services import RebuildServices
from api.services import EXTENSION, Limits, Services, Web
from orchestrator.accept_report import Desk
from orchestrator.keys import Keys, SigningKey
from orchestrator.lease import Dispatcher
from orchestrator.originals import IndexedFile
from orchestrator.requeue import RetryPolicy
from snapshot.digest import Digest
from storage.blobs import MemoryBlobs
from storage.database import Database
from storage.ledger import Ledger

COOKIE = "golden-cookie"
SIGNUP = "golden-signup"
KEYS = Keys(SigningKey.from_seed(b"g" * 32), SigningKey.from_seed(b"b" * 32))
_app: Flask | None = None
BEGAN = 1_795_166_804.0  # 2026-11-20T09:26:44Z


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = BEGAN

    def __call__(self) -> float:
        return self.now


@dataclass
class KnownOriginals:
    """An archive half that holds what a test put in."""

    files: list[IndexedFile] = field(default_factory=list)

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:
        wanted = set(digests)
        return {
            digest: [file for file in self.files if file.digest == digest]
            for digest in wanted & {file.digest for file in self.files}
        }

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:
        return [
            file
            for file in self.files
            if (file.name, file.version, file.architecture) == (name, version, architecture)
        ]


@dataclass
class RebuildServer:
    """The application and what it stands on."""

    whole: Services
    services: RebuildServices
    clock: Clock
    originals: KnownOriginals

    @property
    def app(self) -> Flask:
        """The application over these services.

        All servers of a test process share one, because compiling its routes takes longer
        than most tests: it answers for the server that was asked for it last.
        """
        global _app  # noqa: PLW0603
        if _app is None:
            _app = create_app(self.whole)
        _app.extensions[EXTENSION] = self.whole
        return _app

    @property
    def ledger(self) -> Ledger:
        return self.services.ledger


def make_server(
    database: Database,
    *,
    limits: Limits | None = None,
    lots: Mapping[int, int] | None = None,
    archive: ArchiveServices | None = None,
) -> RebuildServer:
    """A server over an upgraded ledger.

    Args:
        database: The ledger.
        limits: Of request bodies.
        lots: The order of a queue is random within a day; here jobs draw their number, or
            what this says for it.
        archive: The archive half; None: a server without one.
    """
    clock, originals, ledger = Clock(), KnownOriginals(), Ledger(database)
    jobs, words = count(1), count(1)

    def spread() -> int:
        job = next(jobs)
        return (lots or {}).get(job, job + 1000)

    retry = RetryPolicy()
    blobs = archive.blobs if archive is not None else MemoryBlobs()
    desk = Desk(ledger, blobs, originals, KEYS, clock, spread, retry=retry)
    dispatcher = Dispatcher(ledger, clock, lambda: f"lease-{next(words)}", spread, retry=retry)
    services = RebuildServices(desk, dispatcher, Secrets(COOKIE, SIGNUP))
    web = Web(clock=clock, limits=limits or Limits())
    whole = Services(web=web, archive=archive, rebuild=services)
    return RebuildServer(whole, services, clock, originals)
