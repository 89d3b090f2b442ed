# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes are lacking, and whether an answer brings those; `test_fetch` has the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.open_url import Response
from mirror.remote_file import RemoteFile
from mirror.retry import Interrupted
from mirror.transfer import Transfer, _Pace, _validator
from snapshot.errors import CorruptUpstream
from tests import faulty_upstream as faults
from tests.mirror.fetch_bench import BODY, CHECKSUMS, FILE, Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    with one.upstream:
        yield one
        one.opener.close()


@pytest.fixture
def transfer(bench: Bench) -> Iterator[Transfer]:
    remote = RemoteFile("hello", (), CHECKSUMS)
    with bench.blobs.writer("key") as writer:
        yield Transfer(
            remote,
            bench.upstream.url + FILE,
            writer,
            requester=bench.requester,
            clock=bench.time,
            progress=bench.listener,
        )


def test_an_interrupted_attempt_says_whether_it_progressed(
    bench: Bench, transfer: Transfer
) -> None:
    bench.upstream.fault(FILE, faults.truncate(1000), faults.truncate(0))
    with pytest.raises(Interrupted) as first:
        transfer.attempt(fresh=False)
    with pytest.raises(Interrupted) as second:
        transfer.attempt(fresh=False)
    assert (first.value.progressed, second.value.progressed) == (True, False)
    transfer.attempt(fresh=False)
    assert transfer.commit(durable=True).digest == CHECKSUMS.sha256
    assert transfer.received == len(BODY)


def test_a_wrong_length_is_found_before_the_body(bench: Bench, transfer: Transfer) -> None:
    bench.upstream.fault(FILE, faults.stale("another, shorter file"))
    with pytest.raises(CorruptUpstream, match="21 bytes, the index says 300,000"):
        transfer.attempt(fresh=False)
    assert transfer.received == 0


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"strong"', "last-modified": "date"}, '"strong"'),
        ({"etag": 'W/"weak"', "last-modified": "date"}, "date"),
        ({"etag": 'W/"weak"'}, ""),
        ({}, ""),
    ],
)
def test_only_a_strong_validator_may_guard_a_resumption(
    headers: dict[str, str], validator: str
) -> None:
    assert _validator(Response(200, headers, None)) == validator  # type: ignore[arg-type]


def test_a_body_that_drips_is_as_good_as_stalled() -> None:
    now = [0.0]
    pace = _Pace(lambda: now[0], 0)
    now[0] = 59.0
    pace.check(10)
    now[0] = 61.0
    pace.check(2000)
    now[0] = 122.0
    with pytest.raises(Exception, match="less than a kilobyte in a minute"):
        pace.check(2100)
