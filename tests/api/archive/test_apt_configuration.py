# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for apt that apt itself understands."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path

import pytest

from api.services import EXTENSION
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, binary_stanza, make_archive_server

BASE = "https://snap.example/archive"


def release(label: str, origin: str) -> bytes:
    date = format_datetime(Timestamp(0).datetime())
    listed = f"SHA256:\n {Digest.of(b'')} 0 main/binary-all/Packages"
    return f"Origin: {origin}\nLabel: {label}\nDate: {date}\n{listed}\n".encode()


def add(server: ArchiveServer, archive: str, suite: str, label: str, origin: str) -> None:
    held = Suite({"amd64": [binary_stanza("a", "1")]}, files={"InRelease": release(label, origin)})
    server.add_run(archive, "20260101T000000Z", {suite: held})


def lines(server: ArchiveServer, **upstreams: tuple[str, ...]) -> list[str]:
    """What is told when these are the upstreams."""
    services = server.app.extensions[EXTENSION]
    named = {name.replace("_", "-"): addresses for name, addresses in upstreams.items()}
    given = replace(services, archive=replace(services.archive, upstreams=named))
    server.app.extensions[EXTENSION] = given
    text = server.client.get("/client/apt.conf").text
    server.app.extensions[EXTENSION] = services
    return [line for line in text.splitlines() if "@SNAPSHOTID@" in line or "apart" in line]


@pytest.fixture
def server(catalogue_database: Database) -> ArchiveServer:
    return make_archive_server(catalogue_database, base_url="https://snap.example")


def test_a_label_or_origin_of_one_archive_alone_leads_to_it(server: ArchiveServer) -> None:
    add(server, "debian", "sid", "Debian", "Debian")
    add(server, "debian-security", "sid-security", "Debian-Security", "Debian")
    add(server, "mine", "x", "apt", "My Own")
    add(server, "theirs", "x", "apt", 'Theirs: "odd"; {')
    key = "Acquire::Snapshots::URI::Override"
    assert lines(server) == [
        f'{key}::Label::"Debian" "{BASE}/debian/@SNAPSHOTID@/";',
        f'{key}::Label::"Debian-Security" "{BASE}/debian-security/@SNAPSHOTID@/";',
        f'{key}::Origin::"My Own" "{BASE}/mine/@SNAPSHOTID@/";',
    ]


def test_hosts_are_those_of_the_configured_upstreams_and_no_others(server: ArchiveServer) -> None:
    told = lines(
        server,
        debian=("http://deb.example/debian", "file:///srv/debian"),
        debian_security=("https://deb.example/debian-security/",),
        other=("http://other.example:8080/pub/x",),
        one=("http://both.example/a/one",),
        two=("http://user:secret@both.example/a/two",),
    )
    key = "Acquire::Snapshots::URI::Host"
    assert told == [
        "// both.example has one, two below other names: apt cannot tell them apart by host",
        f'{key}::deb.example "{BASE}/@PATH@/@SNAPSHOTID@/";',
        f'{key}::other.example "{BASE}/other/@SNAPSHOTID@/";',
    ]


def test_an_archive_that_nobody_mirrors_is_not_promised(server: ArchiveServer) -> None:
    assert lines(server) == []


def test_a_release_that_is_lost_or_none_is_passed_over(server: ArchiveServer) -> None:
    add(server, "debian", "sid", "Debian", "Debian")
    held = Suite({"amd64": []}, files={"InRelease": b"\xff not a Release"})
    server.add_run("debian", "20260201T000000Z", {"sid": held})
    assert lines(server) == []


@pytest.mark.programs
def test_apt_reads_the_lines_we_give_it(server: ArchiveServer, tmp_path: Path) -> None:
    add(server, "debian", "sid", "Debian Backports", "Debian Backports")
    told = lines(server, debian=("http://deb.example/debian",))
    path = tmp_path / "apt.conf"
    path.write_text("\n".join([server.client.get("/client/apt.conf").text, *told]))
    shown = subprocess.run(
        ["apt-config", "dump"],
        env={"APT_CONFIG": str(path), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    prefix = "Acquire::Snapshots::URI"
    # apt writes a blank as %20 when it shows its configuration.
    assert f'{prefix}::Override::Label::Debian%20Backports "{BASE}/debian/@SNAPSHOTID@/";' in shown
    assert f'{prefix}::Host::deb.example "{BASE}/@PATH@/@SNAPSHOTID@/";' in shown
    assert 'Acquire::Check-Valid-Until "false";' in shown
