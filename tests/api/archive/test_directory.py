# SPDX-License-Identifier: GPL-3.0-or-later
"""A listing leads to its other states, for people, programs and browsers."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

RUNS = ["20260101T000000Z", "20260201T000000Z", "20260301T000000Z"]
APT = "pool/main/a/apt"


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    for stamp, version in zip(RUNS, ("1.0", "2.0", "3.0"), strict=True):
        suite = Suite({"amd64": [binary_stanza("apt", version)]}, aliases=("unstable",))
        made.add_run("debian", stamp, {"sid": suite})
    return made


def test_a_page_links_every_state(server: ArchiveServer) -> None:
    answer = server.client.get(f"/archive/debian/{RUNS[1]}/{APT}/")
    for words, stamp in (
        ("first", RUNS[0]),
        ("previous change", RUNS[0]),
        ("previous", RUNS[0]),
        ("next", RUNS[2]),
        ("next change", RUNS[2]),
        ("last", RUNS[2]),
    ):
        assert f'{words}: <a href="/archive/debian/{stamp}/{APT}/">{stamp}</a>' in answer.text
    assert answer.headers["Link"] == ", ".join(
        f'</archive/debian/{stamp}/{APT}/>; rel="{relation}"'
        for relation, stamp in (
            ("first", RUNS[0]), ("prev", RUNS[0]), ("next", RUNS[2]), ("last", RUNS[2])
        )
    )  # fmt: skip


def test_json_tells_the_same_and_every_entry(server: ArchiveServer) -> None:
    answer = server.client.get(
        f"/archive/debian/{RUNS[0]}/{APT}/", headers={"Accept": "application/json"}
    )
    data = deb("apt", "1.0")
    (entry,) = answer.get_json()["entries"]
    assert (entry["name"], entry["size"]) == ("apt_1.0_amd64.deb", len(data))
    assert entry["sha256"] == Digest.of(data).hex
    assert answer.get_json()["next_change"] == RUNS[1]
    assert answer.get_json()["previous_change"] is None
    assert "Accept" in answer.headers["Vary"]
    dists = server.client.get(
        f"/archive/debian/{RUNS[0]}/dists/", headers={"Accept": "application/json"}
    ).get_json()
    assert [(one["name"], one["kind"], one["target"]) for one in dists["entries"]] == [
        ("sid", "directory", None),
        ("unstable", "link", "sid"),
    ]


def test_a_server_below_a_prefix_links_below_it(server: ArchiveServer) -> None:
    answer = server.client.get(
        f"/archive/debian/{RUNS[0]}/", environ_overrides={"SCRIPT_NAME": "/mirror"}
    )
    assert answer.headers["Link"] == f'</mirror/archive/debian/{RUNS[1]}/>; rel="next"'
