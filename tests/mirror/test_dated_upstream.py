# SPDX-License-Identifier: GPL-3.0-or-later
"""Dated services: their URLs, and their runs by either of two lists."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mirror.dated_upstream import DatedDebian
from snapshot.digest import Checksums, Digest
from snapshot.errors import CorruptUpstream, NotFound, TransientError
from snapshot.timestamp import Timestamp

AT = Timestamp.parse("20260711T101637Z")
SHA = "ab" * 32
SHA1 = "cd" * 20
KNOWN = Checksums(9, Digest(SHA))
INDEX = "main/binary-amd64/Packages.xz"
DATED = DatedDebian("http://host", "debian")
LIST = "http://host/mr/timestamp/?archive=debian"
PAGE = "http://host/archive/debian/"


class Service:
    """Answers from a table and remembers what was asked."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise NotFound(url)
        return self.pages[url]


def runs(pages: Mapping[str, bytes], first: str = "", last: str = "") -> list[str]:
    limits = [Timestamp.parse(stamp) if stamp else None for stamp in (first, last)]
    return [str(run) for run in DATED.list_runs(Service(pages), *limits)]


def test_it_is_asked_by_its_own_stamps() -> None:
    dated = DatedDebian("http://host", "debian-security")
    run = "http://host/archive/debian-security/20260711T101637Z"
    assert dated.dated
    assert dated.release_url("lenny/updates", "Release", AT) == f"{run}/dists/lenny/updates/Release"
    assert dated.file_urls("pool/x.deb", KNOWN, AT) == (f"{run}/pool/x.deb",)
    plain, by_hash = dated.index_urls("sid", INDEX, KNOWN, AT, by_hash=True)
    assert plain == f"{run}/dists/sid/{INDEX}"
    assert by_hash.endswith(f"/main/binary-amd64/by-hash/SHA256/{SHA}")
    assert dated.index_urls("sid", INDEX, KNOWN, AT, by_hash=False) == (plain,)


def test_bytes_are_asked_for_by_sha1_last() -> None:
    known = Checksums(9, Digest(SHA), SHA1)
    assert DATED.file_urls("pool/x.deb", known, AT)[1:] == (f"http://host/file/{SHA1}",)
    assert DATED.index_urls("sid", INDEX, known, AT, by_hash=True)[2:] == (
        f"http://host/file/{SHA1}",
    )


def test_its_newest_run_is_not_the_archive_of_now() -> None:
    assert DATED.release_url("sid", "InRelease", None) is None
    assert DATED.file_urls("pool/x.deb", KNOWN, None) == (
        "http://host/archive/debian/now/pool/x.deb",
    )


@pytest.mark.parametrize(
    "document",
    [
        b'{"result": {"debian": ["20260901T000000Z", "20260711T101637Z"], "other": ["x"]}}',
        b'{"_api": "0.3", "result": ["20260711T101637Z", "20260901T000000Z"]}',
    ],
)
def test_runs_come_in_order_of_time(document: bytes) -> None:
    assert runs({LIST: document}) == ["20260711T101637Z", "20260901T000000Z"]


def test_an_archive_without_runs_has_none() -> None:
    assert runs({LIST: b'{"result": {}}'}) == []


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"result": 1}',
        b'{"result": {"debian": ["yesterday"]}}',
        b"[]",
        pytest.param(b"[" * 100_000, id="nested"),
    ],
)
def test_anything_else_is_no_list_of_runs(document: bytes) -> None:
    with pytest.raises(CorruptUpstream, match="http://host/mr/timestamp/"):
        runs({LIST: document})


#: As snapshot.debian.org writes them.
MONTHS = b"""<p><a href="./?year=2009&amp;month=10">10</a>
<a href="./?year=2009&amp;month=9">9</a></p><a href="./?year=2010&amp;month=1">01</a>"""
OCTOBER = b"""<a href="20091004T111800Z/">2009-10-04 11:18:00</a><br />
<a href="20091003T051800Z/">2009-10-03 05:18:00</a><br /><a href="20091399T000000Z/">no day</a>"""
JANUARY = b'<a href="20100101T000000Z/">2010-01-01 00:00:00</a><br />'
PAGES = {
    PAGE: MONTHS,
    f"{PAGE}?year=2009&month=10": OCTOBER,
    f"{PAGE}?year=2009&month=9": b"none",
    f"{PAGE}?year=2010&month=1": JANUARY,
}


@pytest.mark.parametrize("broken", [{}, {LIST: b"<html>a page for people</html>"}])
def test_without_a_list_the_pages_of_months_are_read(broken: Mapping[str, bytes]) -> None:
    assert runs({**PAGES, **broken}) == [
        "20091003T051800Z",
        "20091004T111800Z",
        "20100101T000000Z",
    ]


def test_only_the_months_that_were_asked_for_are_read() -> None:
    service = Service(PAGES)
    first, last = Timestamp.parse("20091231"), Timestamp.parse("20100201")
    assert [str(run) for run in DATED.list_runs(service, first, last)] == ["20100101T000000Z"]
    assert service.asked == [LIST, PAGE, f"{PAGE}?year=2010&month=1"]


def test_a_directory_of_runs_is_a_list_too() -> None:
    assert runs({PAGE: b'<a href="20091004T111800Z/">\n<a href="../">up</a>'}) == [
        "20091004T111800Z"
    ]


def test_a_page_without_runs_says_what_was_wrong_with_the_list() -> None:
    with pytest.raises(CorruptUpstream, match="mr/timestamp"):
        runs({LIST: b"?", PAGE: b"welcome"})
    with pytest.raises(NotFound):
        runs({})


def test_a_service_that_does_not_answer_is_not_asked_for_pages() -> None:
    def down(url: str) -> bytes:
        raise TransientError(url)

    with pytest.raises(TransientError, match="mr/timestamp"):
        DATED.list_runs(down, None, None)
