# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching one file from an upstream that misbehaves in every way we know of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

import pytest

from mirror.breaker import HostBanned
from mirror.open_file import LocalBody
from mirror.open_url import Response
from mirror.remote_file import RemoteFile
from snapshot.digest import Checksums, Digest
from snapshot.errors import (
    CorruptUpstream,
    DejabuildError,
    Denied,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
    VerificationError,
)
from storage.blobs import LocalBlobs, MemoryBlobs
from storage.catalogue import Validator
from tests import faulty_upstream as faults
from tests.faulty_upstream import MODIFIED, Fault, FaultyUpstream
from tests.mirror.fetch_bench import BODY, CHECKSUMS, FILE, Bench


@pytest.fixture(params=["memory", "local"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    blobs = MemoryBlobs() if request.param == "memory" else LocalBlobs(tmp_path / "blobs")
    one = Bench(blobs=blobs)
    with one.upstream:
        yield one
        one.opener.close()
    blobs.close()


def test_a_well_behaved_upstream_is_asked_once(bench: Bench) -> None:
    assert bench.fetch() == BODY
    assert bench.upstream.requests == [(FILE, "")]
    assert bench.listener.bytes == len(BODY)
    assert bench.listener.said == []
    assert bench.upstream.agents == {"dejabuild/test (+mailto:a@example.org)"}


def test_one_connection_serves_many_files(bench: Bench) -> None:
    connections = set()
    original = bench.upstream._server.get_request

    def get_request() -> tuple[object, object]:
        accepted = original()
        connections.add(accepted[1])
        return accepted

    bench.upstream._server.get_request = get_request  # type: ignore[method-assign,assignment]
    for _ in range(5):
        bench.blobs.delete(Digest.of(BODY))
        bench.fetch()
    assert len(connections) == 1


@pytest.mark.parametrize("fault", [faults.truncate(123_456), faults.reset(123_456)])
def test_a_dropped_connection_is_resumed_where_it_dropped(bench: Bench, fault: Fault) -> None:
    bench.upstream.fault(FILE, fault)
    assert bench.fetch() == BODY
    (_, first), (_, second) = bench.upstream.requests
    assert first == ""
    kept = int(second.removeprefix("bytes=").removesuffix("-"))
    assert 0 < kept <= 123_456
    assert bench.upstream.sent[FILE] == 123_456 + len(BODY) - kept
    assert bench.listener.said == [
        f"{FILE[1:]}: connection dropped at {kept:,} of 300,000 bytes, resumed"
    ]


def test_a_cut_after_every_piece_still_delivers(bench: Bench) -> None:
    bench.upstream.fault_every(lambda _path, _number: faults.truncate(20_000))
    assert bench.fetch() == BODY
    assert bench.upstream.sent[FILE] == len(BODY)
    assert len(bench.upstream.requests) == 15


def test_who_sends_the_same_beginning_again_and_again_is_given_up(bench: Bench) -> None:
    bench.upstream.fault_every(lambda _path, _number: faults.same_beginning(20_000))
    with pytest.raises(TransientError, match="broke off at 20,000"):
        bench.fetch()
    assert len(bench.upstream.requests) == 7


def test_a_stall_is_given_up_and_resumed() -> None:
    bench = Bench(timeout=1.0)
    with bench.upstream:
        bench.upstream.fault(FILE, faults.stall(50_000, 1.5))
        assert bench.fetch() == BODY
        assert bench.upstream.requests[1] == (FILE, "bytes=50000-")
        bench.opener.close()


def test_no_answer_at_all_is_tried_again(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.hang_up(), faults.hang_up())
    assert bench.fetch() == BODY
    assert len(bench.time.pauses) == 2


def test_a_200_to_a_range_is_never_appended(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.truncate(100_000), faults.ignore_range())
    assert bench.fetch() == BODY
    assert bench.upstream.sent[FILE] == 100_000 + len(BODY)
    assert "begun again" in bench.listener.said[0]


def test_a_changed_file_is_never_appended_to_the_old_one(bench: Bench) -> None:
    old = bytes(byte ^ 1 for byte in BODY)
    bench.upstream.files = {FILE: old}
    bench.upstream.fault(FILE, faults.truncate(100_000))

    def swap(_path: str) -> None:
        if len(bench.upstream.requests) == 1:
            bench.upstream.files = {FILE: BODY}

    bench.upstream.before = swap
    assert bench.fetch() == BODY  # If-Range no longer holds, so the whole new file comes
    assert len(bench.upstream.requests) == 2


def test_a_wrong_content_range_is_dropped(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.truncate(100_000), faults.wrong_content_range())
    assert bench.fetch() == BODY
    assert "Content-Range" in bench.listener.said[0]
    assert bench.upstream.requests[-1] == (FILE, "")


def test_a_416_drops_what_was_kept(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.truncate(100_000), faults.status(416))
    assert bench.fetch() == BODY
    assert bench.upstream.requests[-1] == (FILE, "")


def test_wrong_bytes_once_are_dropped_and_fetched_past_caches(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.wrong_bytes())
    assert bench.fetch() == BODY
    assert "wrong SHA-256" in bench.listener.said[0]
    assert len(bench.upstream.requests) == 2


@pytest.mark.parametrize("fault", [faults.wrong_bytes(), faults.stale("older"), faults.endless()])
def test_wrong_bytes_twice_are_the_next_upstreams_turn(bench: Bench, fault: Fault) -> None:
    bench.upstream.fault_every(lambda _path, _number: fault)
    with FaultyUpstream({FILE: BODY}) as other:
        assert bench.fetch(bench.upstream.url + FILE, other.url + FILE) == BODY
        assert len(bench.upstream.requests) == 2
        assert len(other.requests) == 1


@pytest.mark.parametrize("fault", [faults.wrong_bytes(), faults.stale("older"), faults.endless()])
def test_wrong_bytes_everywhere_store_nothing(bench: Bench, fault: Fault) -> None:
    bench.upstream.fault_every(lambda _path, _number: fault)
    with pytest.raises(CorruptUpstream, match=FILE):
        bench.fetch()
    assert list(bench.blobs) == []
    with bench.blobs.writer(str(CHECKSUMS.sha256)) as writer:
        assert writer.size == 0


def test_an_endless_body_is_cut_off_at_the_size_of_the_index(bench: Bench) -> None:
    bench.upstream.fault_every(lambda _path, _number: faults.endless())
    with pytest.raises(CorruptUpstream, match="goes on after 300,000 bytes"):
        bench.fetch()
    assert bench.listener.bytes < 2 * (len(BODY) + (1 << 18))


def test_a_missing_file_is_not_asked_for_twice(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.status(404))
    with pytest.raises(NotFound, match=FILE):
        bench.fetch()
    assert len(bench.upstream.requests) == 1
    assert bench.time.pauses == []


def test_a_missing_file_is_the_next_upstreams_turn(bench: Bench) -> None:
    with FaultyUpstream({}) as empty:
        assert bench.fetch(empty.url + FILE, bench.upstream.url + FILE) == BODY


@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_host_gets_the_quiet_it_asked_for(bench: Bench, code: int) -> None:
    bench.upstream.fault(FILE, faults.status(code, "17"))
    assert bench.fetch() == BODY
    assert sum(bench.time.pauses) == 17
    assert "17 s of quiet" in bench.listener.said[0]


def test_retry_after_may_be_a_date_and_is_capped(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.status(503, "Fri, 01 Jan 2100 00:00:00 GMT"))
    assert bench.fetch() == BODY
    assert sum(bench.time.pauses) == 900


@pytest.mark.parametrize("code", [500, 502, 503, 504, 429])
def test_passing_errors_are_tried_again(bench: Bench, code: int) -> None:
    bench.upstream.fault(FILE, faults.status(code), faults.status(code))
    assert bench.fetch() == BODY
    assert len(bench.time.pauses) == 2


def test_patience_ends_and_keeps_what_came(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.truncate(70_000))
    bench.upstream.fault_every(lambda _path, number: faults.status(500) if number < 9 else None)
    with pytest.raises(TransientError, match="answered 500"):
        bench.fetch()
    assert bench.fetch() == BODY
    assert bench.upstream.sent[FILE] == len(BODY)


def test_a_ban_leaves_the_host_alone_and_others_go_on(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.status(509, "0"))
    with FaultyUpstream({FILE: BODY}) as other:
        assert bench.fetch(bench.upstream.url + FILE, other.url + FILE) == BODY
        bench.blobs.delete(Digest.of(BODY))
        assert bench.fetch(bench.upstream.url + FILE, other.url + FILE) == BODY
    assert len(bench.upstream.requests) == 1
    assert "banned" in bench.listener.said[0]
    bench.blobs.delete(Digest.of(BODY))
    with pytest.raises(HostBanned):
        bench.fetch()
    bench.time.now += 1800
    bench.blobs.delete(Digest.of(BODY))
    assert bench.fetch() == BODY


def test_a_403_after_success_is_a_ban_a_first_one_is_not(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.status(403))
    with pytest.raises(Denied, match="403"):
        bench.fetch()
    assert bench.fetch() == BODY
    bench.blobs.delete(Digest.of(BODY))
    bench.upstream.fault(FILE, faults.status(403))
    with pytest.raises(HostBanned):
        bench.fetch()


def test_redirects_are_followed_to_a_limit(bench: Bench) -> None:
    with FaultyUpstream({FILE: BODY}) as other:
        bench.upstream.fault(FILE, faults.redirect(other.url + FILE))
        assert bench.fetch() == BODY
    bench.blobs.delete(Digest.of(BODY))
    bench.upstream.fault_every(lambda path, _number: faults.redirect(path))
    with pytest.raises(PermanentError, match="more than 5 redirects"):
        bench.fetch()


def test_a_redirect_must_say_where_to(bench: Bench) -> None:
    bench.upstream.fault(FILE, faults.redirect(""))
    with pytest.raises(PermanentError, match="without a Location"):
        bench.fetch()


def test_an_untrusted_certificate_is_never_accepted(bench: Bench) -> None:
    url = bench.upstream.url.replace("http:", "https:") + FILE  # it speaks no TLS at all
    with pytest.raises(VerificationError, match="TLS"):
        bench.fetch(url)


def test_a_resumed_file_survives_the_process(bench: Bench) -> None:
    with bench.blobs.writer(str(CHECKSUMS.sha256)) as writer:
        writer.write(BODY[:200_000])
    assert bench.fetch() == BODY
    assert bench.upstream.requests == [(FILE, "bytes=200000-")]
    assert bench.upstream.sent[FILE] == 100_000


def test_a_torn_partial_file_is_found_out_and_fetched_again(bench: Bench) -> None:
    with bench.blobs.writer(str(CHECKSUMS.sha256)) as writer:
        writer.write(b"\0" * 200_000)
    assert bench.fetch() == BODY
    assert [asked for _, asked in bench.upstream.requests] == ["bytes=200000-", ""]


def test_a_complete_partial_file_costs_no_request(bench: Bench) -> None:
    with bench.blobs.writer(str(CHECKSUMS.sha256)) as writer:
        writer.write(BODY)
    assert bench.fetch() == BODY
    assert bench.upstream.requests == []


def test_a_full_disk_ends_it_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFull("no room left")

    monkeypatch.setattr("storage.blobs.memory.MemoryWriter.write", full)
    monkeypatch.setattr("storage.blobs.partial.PartialFile.write", full)
    with FaultyUpstream({FILE: BODY}) as other:
        with pytest.raises(StorageFull):
            bench.fetch(bench.upstream.url + FILE, other.url + FILE)
        assert other.requests == []


def test_an_empty_file_is_a_file(bench: Bench) -> None:
    bench.upstream.files = {"/empty": b""}
    remote = RemoteFile("empty", (bench.upstream.url + "/empty",), Checksums(0, Digest.of(b"")))
    assert bench.fetcher.fetch(remote).blob.size == 0


def test_a_file_without_upstream_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no upstream"):
        bench.fetcher.fetch(RemoteFile("x", (), CHECKSUMS))


def test_a_blob_gets_the_upstreams_date(bench: Bench, tmp_path_factory: object) -> None:
    document = bench.fetcher.document([bench.upstream.url + "/InRelease"], limit=100)
    assert document is not None
    assert parsedate_to_datetime(document.modified).timestamp() == MODIFIED
    assert document.etag
    assert document.data == b"a small document\n"


def test_an_unchanged_document_is_not_sent_again(bench: Bench) -> None:
    url = bench.upstream.url + "/InRelease"
    date = formatdate(MODIFIED, usegmt=True)
    first = bench.fetcher.document([url], limit=100)
    assert first is not None
    digest = Digest.of(first.data)
    for known in (
        Validator(url, digest, modified=date),
        Validator(url, digest, first.etag, date),
        Validator(url, digest, first.etag),
    ):
        assert bench.fetcher.document([url], limit=100, known=known) is None
    other = bench.fetcher.document([url], limit=100, known=Validator(url, digest, '"b"', date))
    assert other is not None
    assert bench.upstream.sent["/InRelease"] == 2 * 17


def test_not_modified_is_no_answer_to_whoever_holds_nothing(bench: Bench) -> None:
    bench.upstream.fault("/InRelease", faults.status(304))
    with pytest.raises(CorruptUpstream, match="304 to a request without a condition"):
        bench.fetcher.document([bench.upstream.url + "/InRelease"], limit=100)


def test_a_document_is_bounded_and_retried(bench: Bench) -> None:
    url = bench.upstream.url + "/InRelease"
    bench.upstream.fault("/InRelease", faults.truncate(5), faults.status(500))
    assert bench.fetcher.document([url], limit=17) is not None
    with pytest.raises(CorruptUpstream, match="more than 16 bytes"):
        bench.fetcher.document([url], limit=16)
    bench.upstream.fault("/InRelease", faults.endless())
    with pytest.raises(CorruptUpstream, match="more than"):
        bench.fetcher.document([url], limit=1000)


def test_a_document_may_come_from_the_next_upstream(bench: Bench) -> None:
    with FaultyUpstream({}) as empty:
        urls = [empty.url + "/InRelease", bench.upstream.url + "/InRelease"]
        document = bench.fetcher.document(urls, limit=100)
        assert document is not None
        assert document.url == urls[1]
        with pytest.raises(NotFound):
            bench.fetcher.document(urls[:1], limit=100)


@pytest.mark.parametrize("url", ["file://host/etc/passwd", "ftp://host/x", "http:///x", "x"])
def test_only_http_and_local_files_are_spoken(bench: Bench, url: str) -> None:
    with pytest.raises(
        DejabuildError, match=r"not (an http, https or file address|the address of a file)"
    ):
        bench.fetch(url)


def test_a_file_that_somebody_else_is_fetching_is_waited_for(bench: Bench) -> None:
    other = bench.blobs.writer(str(CHECKSUMS.sha256))
    waits: list[float] = []

    def finish(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.write(BODY)
            other.commit()

    object.__setattr__(bench.fetcher._retry, "sleep", finish)
    assert bench.fetch() == BODY
    assert bench.upstream.requests == []
    assert len(waits) == 3


def test_a_file_that_somebody_else_gave_up_is_fetched(bench: Bench) -> None:
    other = bench.blobs.writer(str(CHECKSUMS.sha256))
    other.write(BODY[:1000])
    object.__setattr__(bench.fetcher._retry, "sleep", lambda _seconds: other.close())
    assert bench.fetch() == BODY
    assert bench.upstream.requests == [(FILE, "bytes=1000-")]


def test_nobody_waits_for_ever(bench: Bench) -> None:
    with (
        bench.blobs.writer(str(CHECKSUMS.sha256)),
        pytest.raises(TransientError, match="somebody else is still fetching"),
    ):
        bench.fetch()


@pytest.mark.parametrize("said", ["²", "9" * 5000, "-1", "1e3", ""])
def test_a_length_that_is_no_number_is_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    @contextmanager
    def get(*_: object) -> Iterator[Response]:
        yield Response(206, {"content-range": f"bytes 0-0/{said}"}, LocalBody(-1, 0))

    monkeypatch.setattr(bench.requester, "get", get)
    with pytest.raises(TransientError, match="no length is said"):
        bench.fetcher.length(["http://127.0.0.1:1/image"])
