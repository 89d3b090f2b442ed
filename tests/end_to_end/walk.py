# SPDX-License-Identifier: GPL-3.0-or-later
"""The stations of the path as a test calls them: real commands, real HTTP, nothing imported."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from rich.console import Console

from ops.demo.check_attestations import check_attestations, server_key
from ops.demo.curl import Curl
from ops.demo.demo_settings import write_settings
from ops.demo.final_table import Result
from ops.demo.fixture import Case, Fixture
from ops.demo.narrator import Narrator
from ops.demo.rebuild_cases import queue_case, result_of, wait_for_verdicts
from ops.demo.servants import Servant, Servants, program, wait_until
from ops.demo.start_worker import WorkerPlace, start_worker
from ops.demo.upstream_server import UpstreamServer
from tests.databases import DatabaseUrls

#: Seconds without a sign of life after which the server gives a job to another worker.
LEASE = 4.0
PATIENCE = 240.0


class Walk:
    """One machine: upstream, mirror, server, workers."""

    def __init__(
        self,
        fixture: Fixture,
        upstream: UpstreamServer,
        databases: DatabaseUrls,
        memory: Path,
        room: Path,
    ) -> None:
        self.fixture = fixture
        self.upstream = upstream
        self.data = room / "data"
        self.data.mkdir()
        self._memory = memory
        self._room = room
        self._config = write_settings(
            room / "dejabuild.toml",
            fixture,
            upstream.url,
            self.data,
            databases=(databases.catalogue, databases.ledger),
            lease=LEASE,
        )
        self._exit = ExitStack()
        self.servants = Servants(room / "log")

    def __enter__(self) -> Self:
        self._exit.enter_context(self.servants)
        return self

    def __exit__(self, *_error: object) -> None:
        self._exit.close()

    def mirror(self) -> None:
        """`dejabuild mirror sync`."""
        command = [program(), "mirror", "sync", "--config", str(self._config)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr

    def serve(self) -> Curl:
        """`dejabuild serve`, and `dejabuild schedule` beside it; asked with curl."""
        server = self.servants.start("serve", ["serve", "--config", str(self._config)])
        address = self.data / "run/address"
        self.wait(address.exists, [server], "the server")
        self.servants.start("schedule", ["schedule", "--config", str(self._config)])
        narrator = Narrator(time.monotonic, Console(file=io.StringIO(), width=150))
        base = address.read_text("utf-8").strip()
        self.curl = Curl(base, narrator)
        return self.curl

    def worker(self, name: str = "first") -> Servant:
        """`dejabuild worker` over HTTP, without sight of the server's files."""
        place = WorkerPlace(self._room / name, self.data, memory=self._memory)
        return start_worker(self.servants, place, self.curl.base, self._config)

    def queue(self, cases: Iterable[Case]) -> dict[int, Case]:
        """Ask for rebuilds; gives target numbers."""
        administrator = self.curl.as_administrator(self.data / "auth-cookie")
        return {queue_case(administrator, self.fixture, case): case for case in cases}

    def verdicts(self, targets: dict[int, Case], worker: Servant) -> list[Result]:
        """Wait for all of them, then have in-toto's own tools verify the links of GOOD ones."""
        states = wait_for_verdicts(
            self.curl,
            targets,
            worker,
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=PATIENCE,
        )
        public = server_key(self.curl)
        results = [result_of(case, states[target]) for target, case in targets.items()]
        return [check_attestations(self.curl, result, public) for result in results]

    def wait(self, ready: Callable[[], bool], servants: list[Servant], what: str) -> None:
        """Wait for something, as long as these run."""
        wait_until(
            ready, servants, clock=time.monotonic, sleep=time.sleep, timeout=PATIENCE, what=what
        )
