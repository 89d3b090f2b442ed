# SPDX-License-Identifier: GPL-3.0-or-later
"""A record from an address that a stranger names: only hosts of the settings are asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mirror.fetch_record import OnlyHosts, RecordFetcher, record_hosts
from mirror.request import host_of
from mirror.stores import open_fetcher
from snapshot.errors import CorruptUpstream, Denied, InvalidInput, NotFound, TransientError
from storage.blobs import MemoryBlobs
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream

RECORD = b"Format: 1.0\n" * 1000


@contextmanager
def upstream() -> Iterator[FaultyUpstream]:
    with FaultyUpstream({"/a.buildinfo": RECORD}) as server:
        yield server


def fetcher(*hosts: str) -> RecordFetcher:
    made = open_fetcher(
        MemoryBlobs(),
        agent="test",
        clock=time.time,
        random=lambda: 0.5,
        sleep=lambda _: None,
        attempts=2,
        opener=OnlyHosts(hosts, agent="test", timeout=5),
    )
    return RecordFetcher(made)


def test_a_record_comes_from_a_host_of_the_settings() -> None:
    with upstream() as server:
        fetch = fetcher(host_of(server.url))
        assert fetch(f"{server.url}/a.buildinfo", 1 << 20) == RECORD
        with pytest.raises(NotFound):
            fetch(f"{server.url}/b.buildinfo", 1 << 20)
        with pytest.raises(CorruptUpstream):
            fetch(f"{server.url}/a.buildinfo", 100)


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/a.buildinfo",
        "file:///etc/passwd",
        "ftp://host.example/a",
        "gopher://host.example/a",
        "http://host.example.evil.example/a",
        "http://host.example@evil.example/a",
        "http://host.example:8080/a",
        "//host.example/a",
        "",
    ],
)
def test_no_other_address_is_opened(address: str) -> None:
    with pytest.raises((Denied, InvalidInput)):
        fetcher("host.example")(address, 1 << 20)


def test_an_address_that_libraries_read_differently_leads_nowhere_else() -> None:
    with upstream() as inside:
        told = f"{inside.url}\\@host.example/a.buildinfo"
        with pytest.raises(Denied, match="no host that this server fetches from"):
            fetcher("host.example")(told, 1 << 20)
        assert inside.requests == []


def test_a_redirect_to_another_host_is_refused_and_one_to_the_same_is_followed() -> None:
    with upstream() as inside, upstream() as server:
        fetch = fetcher(host_of(server.url))
        server.fault("/moved", faults.redirect(f"{inside.url}/a.buildinfo"))
        with pytest.raises(Denied, match="no host that this server fetches from"):
            fetch(f"{server.url}/moved", 1 << 20)
        assert inside.requests == []
        server.fault("/moved", faults.redirect("/a.buildinfo"))
        assert fetch(f"{server.url}/moved", 1 << 20) == RECORD


def test_strangers_do_not_hold_all_threads_of_a_server() -> None:
    go_on = threading.Event()
    with upstream() as server:
        server.fault("/a.buildinfo", *[faults.wait_for(100, go_on)] * 2)
        fetch = fetcher(host_of(server.url))
        address = f"{server.url}/a.buildinfo"
        found: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: found.append(fetch(address, 1 << 20))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        while server.count("/a.buildinfo") < 2:
            time.sleep(0.01)
        with pytest.raises(TransientError, match="other records are being fetched"):
            fetch(address, 1 << 20)
        go_on.set()
        for thread in threads:
            thread.join(10)
        assert found == [RECORD, RECORD]
        assert fetch(address, 1 << 20) == RECORD


def test_hosts_are_those_of_upstreams_and_sources_whatever_their_kind() -> None:
    addresses = ["dated+https://A.example/x", "http://b.example:81", "file:///srv/records/"]
    assert record_hosts(addresses) == {"a.example", "b.example:81"}
