# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole mirror over temporary stores, for tests that sync."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mirror.choose_runs import Selection
from mirror.policy import ArchivePolicy
from mirror.progress import Silent
from mirror.stores import MirrorStores, open_fetcher
from mirror.sync import SyncReport, sync
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.blobs.durability import Durability
from storage.catalogue import Catalogue
from storage.database import Database
from storage.layout import Layout

NOW = Timestamp.parse("20261115T000000Z")


class Listener(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.phases: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def phase(self, name: str, detail: str = "") -> None:
        self.phases.append(name)


class Time:
    """A clock that only pauses move."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@cache
def _template() -> bytes:
    """An empty SQLite catalogue; making one takes longer than most tests."""
    with tempfile.TemporaryDirectory(prefix="template-") as place:
        database = Database.open(f"sqlite:///{place}/catalogue.sqlite", "catalogue")
        database.upgrade()
        database.close()
        return (Path(place) / "catalogue.sqlite").read_bytes()


def open_catalogue(url: str) -> Database:
    """Open a catalogue, made from the template if it is an SQLite file that is not there yet."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        path.write_bytes(_template())
    return Database.open(url, "catalogue")


class MirrorBench:
    """Stores below a directory, and a policy over an upstream."""

    def __init__(
        self,
        root: Path,
        url: str,
        *upstreams: str,
        keys: Sequence[Path] = (),
        timeout: float = 5,
        durability: Durability | None = None,
    ) -> None:
        self.root = root
        self.time = Time(float(NOW.epoch))
        self.listener = Listener()
        self.blobs = LocalBlobs(root / "blobs", durability=durability)
        self.database = open_catalogue(url)
        self.stores = MirrorStores(
            catalogue=Catalogue(self.database),
            blobs=self.blobs,
            layout=Layout(root / "archive", root / "blobs"),
            fetcher=open_fetcher(
                self.blobs,
                agent="dejabuild/test (+mailto:a@example.org)",
                clock=self.time,
                sleep=self.time.sleep,
                random=lambda: 0.5,
                timeout=timeout,
                hosts=root / "run" / "hosts.json",
                progress=self.listener,
            ),
            clock=self.time,
            locks=root / "run",
            progress=self.listener,
        )
        self.upstreams = upstreams
        self.keyring = keys[0] if keys else None

    def policy(self, **changed: object) -> ArchivePolicy:
        settings: dict[str, object] = {
            "name": "debian",
            "upstreams": self.upstreams,
            "suites": ("bookworm",),
            "keyring": self.keyring,
            "components": ("main",),
            "architectures": ("amd64", "all", "source"),
        }
        return ArchivePolicy(**(settings | changed))  # type: ignore[arg-type]

    def sync(self, selection: Selection | None = None, **changed: object) -> SyncReport:
        return sync(self.policy(**changed), self.stores, selection)

    def dump(self) -> list[str]:
        return list(self.stores.catalogue.dump())

    def tree(self) -> dict[str, str]:
        """Every link of the layout and where it leads; every durable blob."""
        links = {
            os.path.relpath(Path(where) / name, self.root): str((Path(where) / name).readlink())
            for where, directories, names in os.walk(self.root / "archive")
            for name in directories + names
            if (Path(where) / name).is_symlink()
        }
        return links | {f"blob {digest}": "" for digest in self.blobs}

    def close(self) -> None:
        self.database.close()
        self.blobs.close()
