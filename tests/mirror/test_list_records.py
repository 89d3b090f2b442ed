# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of directories, lists of names and single records, and nothing that leads elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mirror.list_records import list_records, read_names, read_page
from mirror.upstream import Read
from snapshot.errors import CorruptUpstream, NotFound

POOL = "http://h/buildinfo-pool/"
APACHE = b"""<title>Index of /buildinfo-pool/h/hello</title><table>
<tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="/buildinfo-pool/h/">Parent Directory</a></td></tr>
<tr><td><a href="hello_2.10-3_amd64.buildinfo">hello_2.10-3_amd64.buildinfo</a></td></tr>
<tr><td><A HREF="hello_2.10%2bb1_all.buildinfo">x</a></td></tr>
<tr><td><a href="old/">old/</a></td></tr></table>"""
NGINX = b"""<h1>Index of /h/hello/</h1><hr><pre><a href="../">../</a>
<a href="./g++_1_amd64.buildinfo">g++..&gt;</a> 08-Aug-2019 04:36  1234
<a href="a%20b/">a b/</a></pre>"""


def reading(pages: Mapping[str, bytes], asked: list[str] | None = None) -> Read:
    def read(url: str) -> bytes:
        if asked is not None:
            asked.append(url)
        if url not in pages:
            raise NotFound(url)
        return pages[url]

    return read


def test_pages_of_both_common_servers_are_read() -> None:
    assert read_page(APACHE, f"{POOL}h/hello/") == (
        [f"{POOL}h/hello/old/"],
        [
            f"{POOL}h/hello/hello_2.10%2Bb1_all.buildinfo",
            f"{POOL}h/hello/hello_2.10-3_amd64.buildinfo",
        ],
    )
    assert read_page(NGINX, "http://h/h/hello/") == (
        ["http://h/h/hello/a%20b/"],
        ["http://h/h/hello/g%2B%2B_1_amd64.buildinfo"],
    )


@pytest.mark.parametrize(
    "href",
    [
        "../x.buildinfo",
        "%2e%2e/",
        "%2e%2e%2fx.buildinfo",
        "http://evil/x.buildinfo",
        "//evil/x/",
        "/elsewhere/x.buildinfo",
        "a/b.buildinfo",
        "x%00.buildinfo",
        "",
        "/",
        "./",
    ],
)
def test_a_page_leads_to_nothing_but_what_is_right_below_it(href: str) -> None:
    assert read_page(f'<a href="{href}">x</a>'.encode(), POOL) == ([], [])


def test_a_tree_is_walked_to_its_records() -> None:
    pages = {
        POOL: b'<a href="h/">h</a> <a href="z/">z</a> <a href="note.txt">n</a>',
        f"{POOL}h/": b'<a href="hello/">hello</a>',
        f"{POOL}h/hello/": b'<a href="hello_1_all.buildinfo">x</a>',
    }
    found = list_records(POOL, reading(pages))
    assert found.addresses == (f"{POOL}h/hello/hello_1_all.buildinfo",)
    assert found.below == POOL
    assert not found.whole
    assert (
        list_records(POOL.rstrip("/"), reading({POOL.rstrip("/"): pages[POOL], **pages})) == found
    )


def test_a_tree_is_walked_no_deeper_than_was_said() -> None:
    asked: list[str] = []
    pages = {POOL: b'<a href="h/">h</a><a href="a.buildinfo">a</a>'}
    assert len(list_records(POOL, reading(pages, asked), depth=0).addresses) == 1
    assert asked == [POOL]


def test_a_tree_without_end_comes_to_an_end() -> None:
    asked: list[str] = []

    def endless(url: str) -> bytes:
        asked.append(url)
        return b'<a href="again/">again</a>'

    assert list_records(POOL, endless).addresses == ()
    assert len(asked) == 7


def test_a_list_names_records_from_its_directory_or_from_the_root() -> None:
    names = b"a_1_all.buildinfo\n\n# not one\nsub/b_1_all.buildinfo\n/pool/c_1+b1_all.buildinfo\n"
    found = list_records("http://h/x/pool.list", reading({"http://h/x/pool.list": names}))
    assert found.addresses == (
        "http://h/pool/c_1%2Bb1_all.buildinfo",
        "http://h/x/a_1_all.buildinfo",
        "http://h/x/sub/b_1_all.buildinfo",
    )
    # As `ls -l`, find and checksum tools write them.
    assert read_names(b"0a1b  ./a_1_all.buildinfo\n", "http://h/list") == (
        "http://h/a_1_all.buildinfo",
    )


@pytest.mark.parametrize("name", ["../x.buildinfo", "a//b.buildinfo", "a\\b.buildinfo"])
def test_a_list_that_leads_elsewhere_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(CorruptUpstream, match="http://h/list, line 2: "):
        read_names(f"a.buildinfo\n{name}\n".encode(), "http://h/list")


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(CorruptUpstream, match="neither a directory, nor a list"):
        list_records("http://h/x", reading({"http://h/x": b"welcome"}))


def test_one_record_is_its_own_list() -> None:
    found = list_records("http://h/a_1_all.buildinfo", reading({}))
    assert found.whole
    assert found.addresses == ("http://h/a_1_all.buildinfo",)
