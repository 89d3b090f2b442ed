# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to the network: one request, one answer, what broke in our words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.open_url import Broken, Opener
from snapshot.errors import InvalidInput
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream

BODY = bytes(range(256)) * 400


@pytest.fixture
def upstream() -> Iterator[FaultyUpstream]:
    with FaultyUpstream({"/file.gz": BODY}) as server:
        yield server


@pytest.fixture
def opener() -> Iterator[Opener]:
    one = Opener(agent="dejabuild/test", timeout=0.3)
    yield one
    one.close()


def read_all(opener: Opener, url: str) -> bytes:
    body = b""
    with opener.open(url) as response:
        while chunk := response.read():
            body += chunk
    return body


def test_a_body_comes_as_it_is(upstream: FaultyUpstream, opener: Opener) -> None:
    assert read_all(opener, f"{upstream.url}/file.gz") == BODY
    assert upstream.agents == {"dejabuild/test"}


def test_redirects_are_the_callers_business(upstream: FaultyUpstream, opener: Opener) -> None:
    upstream.fault("/file.gz", faults.redirect("/elsewhere"))
    with opener.open(f"{upstream.url}/file.gz") as response:
        assert response.status == 302
        assert response.headers["location"] == "/elsewhere"


@pytest.mark.parametrize(
    "fault", [faults.truncate(1000), faults.reset(1000), faults.stall(1000, 0.6)]
)
def test_a_body_that_ends_early_is_broken(
    upstream: FaultyUpstream, opener: Opener, fault: faults.Fault
) -> None:
    upstream.fault("/file.gz", fault)
    with pytest.raises(Broken) as caught:
        read_all(opener, f"{upstream.url}/file.gz")
    assert caught.value.fault == "connection"


def test_a_connection_left_in_mid_body_is_not_used_again(
    upstream: FaultyUpstream, opener: Opener
) -> None:
    upstream.fault("/file.gz", faults.endless())
    with opener.open(f"{upstream.url}/file.gz") as response:
        response.read()
    assert read_all(opener, f"{upstream.url}/file.gz") == BODY


def test_nobody_there_is_broken(opener: Opener) -> None:
    with FaultyUpstream({}) as gone:
        url = gone.url
    with pytest.raises(Broken):
        opener.open(f"{url}/x")


@pytest.mark.parametrize("url", ["ftp://h/x", "file:x", "http://", "x", "http://h:port/"])
def test_what_is_no_address_is_refused(opener: Opener, url: str) -> None:
    with pytest.raises(InvalidInput):
        opener.open(url)


def test_a_proxy_of_the_environment_is_used(
    upstream: FaultyUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", upstream.url)
    opener = Opener(agent="dejabuild/test", timeout=5)
    assert read_all(opener, "http://archive.example/file.gz") == BODY
    opener.close()


@pytest.mark.parametrize("fault", [faults.drip_head(0.05), faults.drip_chunk(0.05)])
def test_an_answer_that_drips_holds_nobody_for_ever(
    upstream: FaultyUpstream, opener: Opener, fault: faults.Fault
) -> None:
    """Each byte begins a socket's own timeout anew."""
    upstream.fault("/file.gz", fault)
    with pytest.raises(Broken):
        read_all(opener, f"{upstream.url}/file.gz")
    assert read_all(opener, f"{upstream.url}/file.gz") == BODY


def test_a_secure_connection_is_watched_too(opener: Opener) -> None:
    pool = opener._direct.connection_from_url("https://127.0.0.1:1/")
    assert {"connect", "getresponse"} <= set(dir(pool.ConnectionCls))
    assert pool.ConnectionCls.getresponse.__qualname__.startswith("_watched")
    assert pool.ConnectionCls.connect.__qualname__.startswith("_watched")


def test_what_is_cut_stays_cut_until_it_is_mended(upstream: FaultyUpstream, opener: Opener) -> None:
    url = f"{upstream.url}/file.gz"
    assert read_all(opener, url) == BODY
    opener.cut()
    for _ in range(2):
        with pytest.raises(Broken):
            read_all(opener, url)
    opener.mend()
    assert read_all(opener, url) == BODY
