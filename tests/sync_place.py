# SPDX-License-Identifier: GPL-3.0-or-later
"""A data directory that syncs are killed in, and what a fresh reader sees there."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from snapshot.digest import Digest
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.faulty_upstream import FaultyUpstream
from tests.warm_python import Child, WarmPython

#: The clock of every sync, so that what it notes of it is the same each time.
NOW = 1_795_000_000.0

Content = tuple[list[str], dict[str, str]]


@dataclass(frozen=True)
class Point:
    """The n-th time that a sync passes a state; threads make the order of states vary."""

    state: str
    occurrence: int

    def hit(self, passed: list[str]) -> bool:
        return passed.count(self.state) >= self.occurrence


@dataclass(frozen=True)
class Place:
    """One data directory, its database, and the command that syncs into it.

    Attributes:
        root: The directory.
        database: Of the catalogue.
        upstream: Where from.
        keyring: Whose signatures are believed.
        python: Starts the syncs.
        settings: More of what `tests.run_sync` takes, such as `kind`.
        config: The operator's settings; with them the operator's own command is run.
    """

    root: Path
    database: str
    upstream: FaultyUpstream
    keyring: Path
    python: WarmPython
    settings: Mapping[str, Any]
    config: Path | None = None

    def start(self, **more: Any) -> Child:
        if self.config is not None:
            words = ["mirror", "sync", "--config", str(self.config)]
            to = ["--to", more["last"]] if "last" in more else []
            return self.python.start("ops.cli:run", [*words, *to])
        settings = {
            "root": str(self.root),
            "database": self.database,
            "upstream": self.upstream.url,
            "keyring": str(self.keyring),
            "now": NOW,
            **self.settings,
            **more,
        }
        return self.python.start("tests.run_sync:main", settings)

    def run(self, **more: Any) -> str:
        """Undisturbed, to its end."""
        code, said = self.attempt(**more)
        assert code == 0, said
        return said

    def attempt(self, **more: Any) -> tuple[int, str]:
        """To its end, however that is: the exit code and what it said."""
        child = self.start(**more)
        said = child.stdout.read()
        return child.wait(), said

    def run_until(self, stop_at: Point | None) -> list[str]:
        """Kill it at that point; returns what it announced before, and that."""
        passed: list[str] = []
        hit = False
        child = self.start(steps=True)
        for line in child.stdout:
            passed.append(line.strip())
            hit = stop_at == Point(passed[-1], passed.count(passed[-1]))
            if hit:
                child.kill()
                break
            child.stdin.write("\n")
            child.stdin.flush()
        assert child.wait() == (-9 if hit else 0), passed[-5:]
        return passed

    def run_for(self, seconds: float) -> str | None:
        """Kill it after so long; the last that it said, None if it had ended."""
        child = self.start(trace=True)
        time.sleep(seconds)
        child.kill()
        said = child.stdout.read().splitlines()
        return (said or ["nothing said"])[-1] if child.wait() == -9 else None

    def catalogue(self) -> list[str]:
        """The catalogue's content to somebody who opens it now; addresses left out."""
        database = Database.open(self.database, "catalogue")
        try:
            lines = list(Catalogue(database).dump())
        finally:
            database.close()
        lines = [re.sub(r"http://127\.0\.0\.1:\d+", "upstream", line) for line in lines]
        if self.config is None:
            return lines
        # The operator's command has the machine's clock: until when a Release was seen differs.
        return [re.sub(r"^(release\t.*\t)\S+$", r"\1", line) for line in lines]

    def content(self) -> Content:
        """The catalogue's content, and the tree: links, blobs by name and by what they hash to."""
        tree = {
            os.path.relpath(Path(where) / name, self.root): str((Path(where) / name).readlink())
            for where, directories, names in os.walk(self.root / "archive")
            for name in directories + names
            if (Path(where) / name).is_symlink()
        }
        return self.catalogue(), tree | {f"blob {name}": real for name, real in self.blobs()}

    def blobs(self) -> list[tuple[str, str]]:
        """Name and true SHA-256 of each blob that is trusted."""
        return [
            (path.name, sha256(path.read_bytes()).hexdigest())
            for path in (self.root / "blobs" / "sha256").rglob("*")
            if path.is_file()
        ]

    def runs(self) -> dict[str, dict[str, str]]:
        """Each run that a web server would serve now: path to the bytes' SHA-256, or to nothing."""
        top = self.root / "archive" / "debian"
        stamps = [link for link in top.glob("2*") if link.is_symlink()] if top.is_dir() else []
        return {
            link.name: {
                os.path.relpath(Path(where) / name, link): _blob(Path(where) / name)
                for where, _, names in os.walk(link / "dists", followlinks=True)
                for name in names
            }
            for link in stamps
        }

    def stored(self) -> set[Digest]:
        """Complete files that a killed process left, durable or still waiting."""
        blobs = self.root / "blobs"
        waiting = {
            Digest(path.name) for path in (blobs / "incoming").glob("*/*") if len(path.name) == 64
        }
        return set(LocalBlobs(blobs)) | waiting

    def kept_of_partial_files(self) -> dict[str, int]:
        """Bytes in the middle of a download, by the digest they are to become."""
        partial = self.root / "blobs" / "partial"
        return {
            path.name: path.stat().st_size
            for path in (partial.iterdir() if partial.is_dir() else ())
            if "." not in path.name
        }

    def leftovers(self) -> list[str]:
        """What no sync that ended well leaves behind."""
        return [
            path.name
            for part in ("incoming", "partial")
            for path in (self.root / "blobs" / part).rglob("*")
            if path.is_file()
        ]

    def at(self, root: Path, database: str) -> Place:
        """The same elsewhere."""
        return replace(self, root=root, database=database)


def _blob(path: Path) -> str:
    return path.resolve().name if path.exists() else ""
