# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker, a server that stands in, and real packages between them."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rebuilders.retry import RetryPolicy
from rebuilders.stop_switch import StopSwitch
from rebuilders.worker import run_worker
from rebuilders.worker_config import WorkerConfig
from snapshot.digest import Digest
from snapshot.wire import RebuildReport
from tests.rebuilders.real_packages import DATA, Deb, RealPackages, environment_of
from tests.rebuilders.small_source import make_record, make_source
from tests.rebuilders.stand_in_server import StandIn

#: Nobody built this before: a job that expects it is about something else than the digest.
UNKNOWN = Digest("0" * 64)


@dataclass
class Rebuilding:
    """Everything for a job from end to end.

    Attributes:
        server: Where jobs come from and reports go to.
        packages: Real ones.
        folder: The test's own.
        trees: Layers and working trees in memory; shared by the tests of a session.
        said: The worker's lines for people.
    """

    server: StandIn
    packages: RealPackages
    folder: Path
    trees: Path
    said: list[str] = field(default_factory=list)

    def config(self, **changes: Any) -> WorkerConfig:
        config = WorkerConfig(
            server=self.server.url,
            state=self.folder / "state",
            name="tests",
            trees=self.trees,
            disk=self.trees,
            cache=self.trees / "cache",
            idle_delay=0.05,
            ping_interval=30.0,
            drain=True,
            retry=RetryPolicy(give_up_after=5.0, longest_pause=0.2),
            say=self.said.append,
        )
        return replace(config, **changes)

    def work(self, **changes: Any) -> None:
        """Do all jobs; a BAD is not judged again, unless `disk` is given."""
        run_worker(self.config(**changes))

    def working(self, stop: StopSwitch, **changes: Any) -> threading.Thread:
        """Do all jobs in a thread."""
        config = self.config(drain=False, **changes)
        thread = threading.Thread(target=run_worker, args=(config, stop))
        thread.start()
        return thread

    def base(self) -> list[Deb]:
        """A small real environment: essential, build-essential and debhelper."""
        record = next((DATA / "what-is-python").glob("*.buildinfo"))
        return self.provide(self.packages.closure(record.read_text()))

    def provide(self, debs: list[Deb]) -> list[Deb]:
        for deb in debs:
            self.server.add_file(deb.path)
        return debs

    def provide_by_name(self, debs: list[Deb], first_seen: str) -> None:
        """Let packages be found by name, as on a dated archive."""
        for deb in self.provide(debs):
            member = deb.member
            digest = self.server.add_file(deb.path).hex
            answers = self.server.answers
            answers[f"/mr/binary/{member.name}"] = {"result": [{"binary_version": member.version}]}
            answers[f"/mr/binary/{member.name}/{member.version}/binfiles"] = {
                "result": [{"hash": digest, "architecture": member.architecture}],
                "fileinfo": {digest: [{"first_seen": first_seen}]},
            }

    def add_real(self, name: str) -> int:
        """Queue a package that Debian published, with the record of its build."""
        path = next((DATA / name).glob("*.buildinfo"))
        record = path.read_text()
        debs = self.provide(self.packages.closure(record))
        version = _field(record, "Version")
        self.server.add_source(
            self.packages.source(_field(record, "Source"), version),
            _field(record, "Source"),
            version,
        )
        originals = {deb.name: deb.read_bytes() for deb in (DATA / name).glob("*.deb")}
        for data in originals.values():
            self.server.add_file(data)
        environment = self.server.add_environment(environment_of(debs))
        return self.server.add_job(path.name, path, originals, environment=environment)

    def add_small(
        self,
        recipe: str,
        *,
        expect: bytes | Digest = UNKNOWN,
        name: str = "tiny",
        record: Mapping[str, Any] | None = None,
        source: Mapping[str, Any] | None = None,
        debs: list[Deb] | None = None,
        **job: Any,
    ) -> int:
        """Queue a package of a few lines."""
        debs = debs if debs is not None else self.base()
        folder = self.folder / f"source-{name}-{len(self.server.queue)}"
        dsc = make_source(folder, recipe, name=name, **(source or {}))
        self.server.add_source(dsc, name, "1.0")
        data = make_record(debs, name=name, **(record or {}))
        job.setdefault("environment", self.server.add_environment(environment_of(debs)))
        return self.server.add_job(
            f"{name}_1.0_all.buildinfo", data, {f"{name}_1.0_all.deb": expect}, **job
        )

    def report(self, recipe: str, **details: Any) -> RebuildReport:
        """Build one small package; its report."""
        self.add_small(recipe, **details)
        self.work()
        return self.server.reports[-1]

    def log(self) -> str:
        """Of the last report."""
        return self.server.log_of(self.server.reports[-1].queue_id)


def _field(record: str, name: str) -> str:
    match = re.search(rf"^{name}: (\S+)", record, re.MULTILINE)
    assert match
    return match[1]
