# SPDX-License-Identifier: GPL-3.0-or-later
"""One polite GET: breaker, redirects, and each refusal as its own error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.breaker import HostBanned
from mirror.open_url import Response
from mirror.request import _redirected, host_of
from snapshot.errors import (
    CorruptUpstream,
    Denied,
    InvalidInput,
    NotFound,
    PermanentError,
    TransientError,
    VerificationError,
)
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.fetch_bench import FILE, Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    with one.upstream:
        yield one
        one.opener.close()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (404, NotFound),
        (410, NotFound),
        (403, Denied),
        (500, TransientError),
        (509, HostBanned),
        (206, CorruptUpstream),
        (400, PermanentError),
    ],
)
def test_each_refusal_is_its_own_error(bench: Bench, code: int, error: type[Exception]) -> None:
    bench.upstream.fault(FILE, faults.status(code))
    with pytest.raises(error, match=str(code)), bench.requester.get(bench.upstream.url + FILE):
        pass


def test_the_pause_that_was_asked_for_comes_before_the_next_request(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.status(429, "30"))
    url = bench.upstream.url + FILE
    with pytest.raises(TransientError) as caught, bench.requester.get(url):
        pass
    assert caught.value.retry_after == 30
    with bench.requester.get(url) as response:
        assert response.status == 200
    assert bench.time.pauses == [30]


def answer(**headers: str) -> Response:
    return Response(302, headers, None)  # type: ignore[arg-type]  # the body is not looked at


@pytest.mark.parametrize(
    ("url", "target", "result"),
    [
        ("http://a/x/y", "z", "http://a/x/z"),
        ("http://a/x", "https://b/y", "https://b/y"),
        ("https://a/x", "/y", "https://a/y"),
    ],
)
def test_a_redirect_leads_on(url: str, target: str, result: str) -> None:
    assert _redirected(url, answer(location=target)) == result


@pytest.mark.parametrize("target", ["http://a/x", "http://b/", "ftp://a/x"])
def test_a_redirect_never_leaves_https(target: str) -> None:
    with pytest.raises(VerificationError, match="redirects from https"):
        _redirected("https://a/x", answer(location=target))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a/x", "FILE:/x"])
def test_a_redirect_leads_to_no_file_of_this_machine(target: str) -> None:
    with pytest.raises(VerificationError, match="no web address"):
        _redirected("http://a/x", answer(location=target))


@pytest.mark.parametrize("target", ["http://[", "//[::1", "https://]a/"])
def test_a_redirect_to_no_address_is_a_refusal(target: str) -> None:
    with pytest.raises(PermanentError, match="redirects to"):
        _redirected("http://a/x", answer(location=target))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Mirror.Example/x", "mirror.example"),
        ("http://mirror.example.:80/x", "mirror.example"),
        ("https://mirror.example:443/", "mirror.example"),
        ("https://mirror.example:80/", "mirror.example:80"),
        ("http://somebody:secret@mirror.example/", "mirror.example"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_no_way_of_writing_a_host_goes_round_its_breaker(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize("url", ["http://", "x", "http://a:b/", "http://[", "http://a:99999/"])
def test_an_address_without_host_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        host_of(url)


def test_a_redirect_to_a_banned_host_is_not_followed(bench: Bench) -> None:
    with FaultyUpstream({FILE: b"x"}) as other:
        bench.breakers.ban(host_of(other.url))
        bench.upstream.fault(FILE, faults.redirect(other.url + FILE))
        with pytest.raises(HostBanned), bench.requester.get(bench.upstream.url + FILE):
            pass
        assert other.requests == []


@pytest.mark.parametrize("code", [429, 503])
def test_a_host_that_is_asked_too_much_is_asked_for_less(bench: Bench, code: int) -> None:
    url = bench.upstream.url + FILE
    bench.upstream.fault(FILE, faults.status(code, "1"), faults.status(code))
    for width in (4, 2):
        with pytest.raises(TransientError), bench.requester.get(url):
            pass
        assert bench.pace.width(host_of(url)) == width


@pytest.mark.parametrize("code", [404, 403, 500, 502])
def test_other_refusals_do_not_slow_anybody_down(bench: Bench, code: int) -> None:
    url = bench.upstream.url + FILE
    bench.upstream.fault(FILE, faults.status(code))
    with pytest.raises((PermanentError, TransientError)), bench.requester.get(url):
        pass
    assert bench.pace.width(host_of(url)) == 8


@pytest.mark.parametrize("fault", [faults.reset(1000), faults.truncate(1000), faults.hang_up()])
def test_a_connection_that_breaks_halves_what_is_asked_at_once(
    bench: Bench, fault: faults.Fault
) -> None:
    bench.upstream.fault(FILE, fault)
    bench.fetch()
    assert 4 <= bench.pace.width(host_of(bench.upstream.url)) < 5


def test_no_credentials_are_sent_anywhere(bench: Bench) -> None:
    """Neither those of an address nor those of a redirect."""
    with FaultyUpstream({FILE: b"x"}) as other:
        target = other.url.replace("://", "://them:secret@") + FILE
        bench.upstream.fault(FILE, faults.redirect(target))
        url = bench.upstream.url.replace("://", "://us:secret@") + FILE
        with bench.requester.get(url) as response:
            assert response.read() == b"x"
        assert bench.upstream.credentials == other.credentials == set()


def test_a_date_beyond_all_dates_asks_for_no_pause(bench: Bench) -> None:
    until = "Sat, 11 Jul 2026 10:16:37 +99999999999999999999"
    bench.upstream.fault(FILE, faults.status(503, until))
    with pytest.raises(TransientError), bench.requester.get(bench.upstream.url + FILE):
        pass
