# SPDX-License-Identifier: GPL-3.0-or-later
"""A real process that syncs and announces every state it passes, for whoever wants to kill it.

Arguments: a JSON object. With `"steps": true` each announcement is a line on standard output,
and nothing goes on before a line comes back on standard input; with `"trace": true` it goes on.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from mirror.bundle_stream import BundleReader
from mirror.choose_runs import Selection
from mirror.fetch_closure import fetch_closure
from mirror.import_bundle import import_bundle
from mirror.policy import ArchivePolicy
from mirror.progress import Silent
from mirror.pull import PullThrough
from mirror.stores import Limits, MirrorStores, open_fetcher
from mirror.sync import sync
from ops.run_bundle import Believed, policy_for
from ops.settings import Settings
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.errors import DejabuildError
from snapshot.need import Need
from snapshot.timestamp import Timestamp
from storage import database
from storage.blobs import LocalBlobs
from storage.blobs.durability import Disk
from storage.catalogue import Catalogue
from storage.database import Database
from storage.layout import Layout

Announce = Callable[[str], None]


class Clock:
    """The machine's, or one that stands; may jump when a phase begins.

    Args:
        settings: `now` in epoch seconds; `jump`: phase to seconds.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._now = settings.get("now")
        self._jumps = settings.get("jump", {})
        self._offset = 0.0

    def __call__(self) -> float:
        return (time.time() if self._now is None else float(self._now)) + self._offset

    def reached(self, phase: str) -> None:
        self._offset += self._jumps.pop(phase, 0.0)


class Steps:
    """Announces states, one at a time; with `wait`, goes on when it is told to."""

    def __init__(self, *, tell: bool, wait: bool) -> None:
        self._tell, self._wait = tell, wait
        self._lock = threading.Lock()

    def __call__(self, state: str) -> None:
        if not self._tell:
            return
        with self._lock:
            print(state, flush=True)
            if self._wait and not sys.stdin.readline():
                sys.exit("whoever watched is gone")


class Announcing:
    """Stands before an object and announces some of its calls, before and after."""

    def __init__(self, inner: object, name: str, methods: Collection[str], say: Announce) -> None:
        self._inner, self._name, self._methods, self._say = inner, name, methods, say

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._inner, method)
        if method not in self._methods:
            return found

        def announced(*args: Any, **kwargs: Any) -> Any:
            self._say(f"{self._name}.{method} begins")
            answer = found(*args, **kwargs)
            self._say(f"{self._name}.{method} ended")
            return answer

        return announced


class AnnouncingDisk(Disk):
    """The real disk."""

    def __init__(self, say: Announce) -> None:
        self._say = say

    def data(self, files: Collection[Path]) -> None:
        self._say("bytes to disk")
        super().data(files)

    def names(self, directories: Collection[Path]) -> None:
        self._say("names to disk")
        super().names(directories)


class AnnouncingProgress(Silent):
    """Phases, pieces of bodies, complete files."""

    def __init__(self, say: Announce, clock: Clock) -> None:
        self._say = say
        self._clock = clock

    def phase(self, name: str, detail: str = "") -> None:
        self._clock.reached(name)
        self._say(f"phase {name}")

    def received(self, count: int) -> None:
        self._say("a piece arrived")

    def finished(self, name: str, size: int) -> None:
        self._say("a file is complete")


def take_in(bundle: Path, stores: MirrorStores, keyring: Path) -> None:
    """Import a bundle as `dejabuild bundle import --keyring` does."""
    believed = Believed({"": keyring})
    with bundle.open("rb") as stream:
        reader = BundleReader(stream, bundle.name)
        import_bundle(reader, stores, lambda run: policy_for(Settings(), believed, run))


WRITING = ("begin_run", "record_blobs", "stage_release", "stage_index", "publish")
LINKING = ("place_release", "link_files", "sync", "place_run")


def main(settings: dict[str, Any]) -> int:
    steps = bool(settings.get("steps"))
    say = Steps(tell=steps or bool(settings.get("trace")), wait=steps)
    clock = Clock(settings)
    database.BUSY_SECONDS = settings.get("busy", database.BUSY_SECONDS)
    root = Path(settings["root"])
    connections = int(settings.get("connections", 4))
    progress = AnnouncingProgress(say, clock)
    blobs = LocalBlobs(root / "blobs", durability=AnnouncingDisk(say))
    catalogue = Catalogue(Database.open(settings["database"], "catalogue"))
    layout = Layout(root / "archive", root / "blobs")
    stores = MirrorStores(
        catalogue=Announcing(catalogue, "catalogue", WRITING, say),  # type: ignore[arg-type]
        blobs=blobs,
        layout=Announcing(layout, "layout", LINKING, say),  # type: ignore[arg-type]
        fetcher=open_fetcher(
            blobs,
            agent="dejabuild/test (+mailto:a@example.org)",
            clock=clock,
            sleep=time.sleep,
            random=lambda: 0.0,
            limits=Limits(per_host=connections),
            progress=progress,
        ),
        clock=clock,
        locks=root / "run",
        connections=connections,
        progress=progress,
    )
    policy = ArchivePolicy(
        name=settings.get("name", "debian"),
        upstream_name="debian",
        upstreams=(settings["upstream"],),
        suites=("bookworm",),
        kind=settings.get("kind", "dated"),
        files=settings.get("files", "all"),
        keyring=Path(settings["keyring"]),
    )
    last = settings.get("last")
    selection = Selection(last=Timestamp.parse(last)) if last else None
    try:
        if "pull" in settings:
            pull = PullThrough(stores, [policy])
            return 0 if all(pull(Digest(one)) for one in settings["pull"]) else 1
        if "bundle" in settings:
            take_in(Path(settings["bundle"]), stores, Path(settings["keyring"]))
        else:
            sync(policy, stores, selection)
        if "needs" in settings:
            needs = frozenset(Need(*words) for words in settings["needs"])
            fetch_closure(stores, [policy], "wanted", Definition(needs=needs))
    except DejabuildError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    blobs.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
