# SPDX-License-Identifier: GPL-3.0-or-later
"""One polite GET: breaker, redirects, and each refusal as its own error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.breaker import HostBanned
from mirror.open_url import Response
from mirror.request import _redirected
from snapshot.errors import (
    CorruptUpstream,
    Denied,
    NotFound,
    PermanentError,
    TransientError,
    VerificationError,
)
from tests import faulty_upstream as faults
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
