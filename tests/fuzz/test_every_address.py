# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every address of the archive half: both slash forms, HEAD, and bad words.

The addresses are those of the routes themselves, each name in a rule being one that the server
knows; so a new route is held to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle, islice

import pytest
from werkzeug.test import TestResponse

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, binary_stanza, deb
from tests.api.mr.archive import DSC, STAMPS, filled_server

_NAME = re.compile(r"<(?:[^:<>]*:)?([^<>]+)>")
_DEB = Digest.of(deb("libtor", "1.0-1+b1", source="tor (1.0-1)")).hex
_ENVIRONMENT = f"dejabuild-environment 1 deb\nlibtor amd64 1.0-1+b1 {_DEB}\n"
#: What this server knows of each name; a test of one address says more where it needs another.
KNOWN = {
    "archive": "debian",
    "binary": "libtor",
    "date": STAMPS[0],
    "digest": Digest.of(DSC["1.0-1"]).hex,
    "identity": Digest.of(_ENVIRONMENT.encode()).hex,
    "name": "tor",
    "number": "1",
    "own": "1.0-1+b1",
    "package": "tor_1.0-1",
    "path": "dists/sid/InRelease",
    "suite": "sid",
    "token": "x",
    "version": "1.0-1",
}
BAD = (
    *("..", "%2e%2e", "%252e%252e", "..%2f..%2fetc%2fpasswd", "%252e%252e%252fetc", "..%5c..%5cx"),
    *(".", "%2e", "x%00y", "%00", "x%0d%0aX-Injected:%20y", "%1b[2J", "%ff%fe", "%c0%ae%c0%ae"),
    *("20261399T000000Z", "20260230", "99999999T999999Z", "-1", "0" * 39, "g" * 64, "0" * 65),
    *(
        "'%20OR%201=1--",
        "%25s%25n",
        "${jndi:x}",
        "%F0%9F%98%80",
        "a" * 3000,
        "*",
        "C:%5cx",
        "~root",
    ),
)


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = filled_server(shared_database)
    made.client.post("/environments", data=_ENVIRONMENT, content_type="text/plain")
    bad = binary_stanza("bad", "1.0")
    made.add_run("other", STAMPS[0], {"sid": Suite({"amd64": [bad]})})
    made.catalogue.removals.add(
        "broken", files=[Digest.of(deb("bad", "1.0"))], now=made.catalogue.archives()[0].last
    )
    return made


def rules(server: ArchiveServer) -> Iterator[str]:
    """Every rule that answers GET."""
    for rule in server.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield rule.rule


def fill(rule: str, **bad: str) -> str:
    """The address of a rule with known words, or with a bad one in one place."""
    return _NAME.sub(lambda found: bad.get(found[1], KNOWN.get(found[1], "x")), rule)


def test_every_address_answers_with_and_without_a_slash_alike(server: ArchiveServer) -> None:
    for rule in rules(server):
        if "<path:" in rule:
            continue
        plain = fill(rule).rstrip("/")
        first, second = server.client.get(plain), server.client.get(f"{plain}/")
        if "/<date>/" in rule:
            # A directory has one address, so that what it links works.
            assert (first.status_code, second.status_code) == (302, 200), rule
            assert first.headers["Location"] == f"{plain}/"
            continue
        assert first.status_code == second.status_code, rule
        assert first.data == second.data, rule


def test_head_says_what_get_says(server: ArchiveServer) -> None:
    for rule in rules(server):
        address = fill(rule)
        get, head = server.client.get(address), server.client.head(address)
        assert head.status_code == get.status_code, rule
        assert head.data == b"", rule
        assert _told(head) == _told(get), rule


def _told(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Date"}


@pytest.mark.parametrize("each", [3, pytest.param(len(BAD), marks=pytest.mark.drill)])
def test_a_bad_word_anywhere_is_refused_with_a_reason(server: ArchiveServer, each: int) -> None:
    """Traversal plain, encoded and doubly so, backslashes, NUL, control characters, lengths.

    In `make test` each place gets some of them, the next place the next ones.
    """
    words = cycle(BAD)
    for rule in rules(server):
        for name in _NAME.findall(rule):
            for bad in islice(words, each):
                address = fill(rule, **{name: bad})
                answer = server.client.get(address)
                if rule == "/file/<digest>/<name>" and name == "name":
                    # The name is for browsers; the next test says what becomes of it.
                    assert answer.status_code in (200, 400, 404), address
                    continue
                assert 400 <= answer.status_code < 500 or answer.status_code == 501, address
                assert answer.text.strip(), address
                assert "X-Injected" not in answer.headers, address


def test_a_name_for_browsers_is_no_way_into_a_header(server: ArchiveServer) -> None:
    for bad in BAD:
        answer = server.client.get(f"/file/{KNOWN['digest']}/{bad}")
        told = answer.headers.get("Content-Disposition", 'inline; filename="x"')
        assert re.fullmatch(r'inline; filename="[A-Za-z0-9+.~:_%@-]+"', told), bad
