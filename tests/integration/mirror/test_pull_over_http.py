# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clients, two server processes, one upstream that counts: what pull-through promises."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from snapshot.digest import Digest
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

pytestmark = pytest.mark.timeout(180)

PROGRAM = (sys.executable, "-P", "-m", "ops")
CLIENTS = 24
WORLD, _, _ = worlds(4, size=300_000)


@dataclass(frozen=True)
class Answer:
    """What a client was given."""

    status: int
    body: bytes
    retry_after: str | None


@dataclass
class Served:
    """Two processes that pull through."""

    url: str
    archive: SmallArchive
    upstream: FaultyUpstream

    def ask_together(self, number: int) -> list[Answer]:
        """Every client asks for one .deb at the same moment, half of them by its digest."""
        deb = WORLD.debs[number]
        names = [f"archive/debian/now/{deb.path}", f"file/{Digest.of(deb.data)}"]
        with ThreadPoolExecutor(CLIENTS) as pool:
            wanted = [names[client % 2] for client in range(CLIENTS)]
            return list(pool.map(self._get, wanted))

    def _get(self, name: str) -> Answer:
        try:
            with urllib.request.urlopen(f"{self.url}{name}", timeout=60) as answer:
                return Answer(answer.status, answer.read(), None)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), error.headers["Retry-After"])

    def requests(self, number: int) -> int:
        return self.upstream.count(f"/{WORLD.debs[number].path}")

    def misbehave(self, rule: Callable[[], faults.Fault | None]) -> None:
        self.upstream.fault_every(lambda path, _number: rule() if "/pool/" in path else None)


@pytest.fixture(scope="module")
def served(
    throwaway_key: ThrowawayKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    room = tmp_path_factory.mktemp("pull")
    (room / "keyring.gpg").write_bytes(throwaway_key.public())
    archive = SmallArchive(throwaway_key)
    archive.publish(WORLD)
    with FaultyUpstream(archive.files) as upstream:
        config = room / "dejabuild.toml"
        config.write_text(
            f'[server]\ndata = "{room}/data"\nlisten = "127.0.0.1:0"\nprocesses = 2\n'
            f'threads = 16\n[archive.debian]\nupstreams = ["{upstream.url}"]\n'
            f'suites = ["bookworm"]\nkeyring = "{room}/keyring.gpg"\nfiles = "on-demand"\n'
        )
        words = ["--config", str(config)]
        subprocess.run([*PROGRAM, "mirror", "sync", *words], check=True, capture_output=True)
        with subprocess.Popen([*PROGRAM, "serve", *words]) as server:
            address = room / "data/run/address"
            deadline = time.monotonic() + 60
            while not address.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield Served(address.read_text().strip().rstrip("/") + "/", archive, upstream)
            server.terminate()


def test_many_clients_at_once_are_one_request(served: Served) -> None:
    served.upstream.pause = 0.3
    answers = served.ask_together(0)
    assert {(one.status, one.body) for one in answers} == {(200, WORLD.debs[0].data)}
    assert served.requests(0) == 1


def test_of_wrong_bytes_nobody_gets_one(served: Served) -> None:
    served.misbehave(faults.wrong_bytes)
    answers = served.ask_together(1)
    assert Counter(one.status for one in answers) == {502: CLIENTS}
    sent = b"".join(one.body for one in answers)
    assert b"!<arch>" not in sent
    assert WORLD.debs[1].data[2000:2032] not in sent
    assert served.requests(1) <= 2 * 2  # twice, past caches, by each process


def test_an_upstream_that_is_down_costs_few_tries_and_says_when_to_come_again(
    served: Served,
) -> None:
    served.misbehave(lambda: faults.status(503))
    answers = served.ask_together(2)
    assert {one.status for one in answers} == {503}
    assert all(int(one.retry_after or 0) >= 1 for one in answers)
    tries = served.requests(2)
    assert tries <= 2 * 2  # the tries of one client of each process
    again = served.ask_together(2)
    assert {one.status for one in again} == {503}
    assert served.requests(2) == tries


def test_what_no_upstream_has_is_asked_for_once_by_each_process(served: Served) -> None:
    served.misbehave(lambda: None)
    body = served.archive.files.pop(f"/{WORLD.debs[3].path}")
    for _ in range(2):
        assert {one.status for one in served.ask_together(3)} == {404}
    assert served.requests(3) <= 2
    served.archive.files[f"/{WORLD.debs[3].path}"] = body
