# SPDX-License-Identifier: GPL-3.0-or-later
"""The Releases of a dated archive under the operator's key, everything else as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from snapshot.clearsign import signed_text
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.release import Release
from snapshot.timestamp import Timestamp
from storage.catalogue import ReleaseRecord
from storage.database import Database
from storage.resign_release import ORIGINAL
from storage.signed_repository import RepositorySigner
from tests.api.archive_server import (
    NOW,
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

pytestmark = pytest.mark.programs

STAMP = "20260101T000000Z"
DEB = "pool/main/a/apt/apt_2.0_amd64.deb"


def add_unsigned(server: ArchiveServer) -> None:
    """A run of an archive whose Releases nobody signed."""
    release = server.keep(b"Suite: sid\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n")
    at = Timestamp.parse(STAMP)
    draft = server.catalogue.begin_run("local", at, trust="none", origin="test")
    files = {"Release": (release.digest, release.size)}
    server.catalogue.stage_release(
        draft, ReleaseRecord("sid", release.digest, at, files=files, aliases=())
    )
    index = binary_stanza("apt", "2.0") + b"\n"
    stream = Coordinates("local", "sid", "main", "amd64")
    server.catalogue.stage_index(draft, stream, Digest.of(index), [index])
    server.catalogue.publish(draft)


@pytest.fixture(scope="module")
def server(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> ArchiveServer:
    home = tmp_path_factory.mktemp("keys") / "repository"
    signer = RepositorySigner(home, clock=lambda: float(NOW.epoch))
    signer.make_if_absent()
    made = make_archive_server(shared_database, signer=signer)
    made.keep(deb("apt", "2.0"))
    stanzas = {"amd64": [binary_stanza("apt", "2.0")]}
    for stamp in (STAMP, "20260201T000000Z"):
        suites = {
            "bookworm": Suite(stanzas, aliases=("stable",)),
            "lenny/updates": Suite(stanzas),
            "./": Suite(stanzas),
        }
        made.add_run("debian", stamp, suites)
    add_unsigned(made)
    return made


def get(server: ArchiveServer, path: str, view: str = "resigned", date: str = STAMP) -> bytes:
    answer = server.client.get(f"/{view}/debian/{date}/{path}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


@pytest.mark.parametrize("place", ["dists/bookworm/", "dists/stable/", "dists/lenny/updates/", ""])
def test_a_release_is_signed_by_us_and_names_its_original(
    server: ArchiveServer, tmp_path: Path, place: str
) -> None:
    for name in ("InRelease", "Release", "Release.gpg"):
        (tmp_path / name).write_bytes(get(server, f"{place}{name}"))
    (tmp_path / "key.gpg").write_bytes(server.client.get("/resigned/key.gpg").data)
    for signed in (["InRelease"], ["Release.gpg", "Release"]):
        verify = ["gpgv", "--keyring", "./key.gpg", *signed]
        subprocess.run(verify, cwd=tmp_path, check=True, capture_output=True)
    text = signed_text((tmp_path / "InRelease").read_bytes())
    assert text.strip() == (tmp_path / "Release").read_bytes().strip()
    original = get(server, f"{place}InRelease", "archive")
    assert f"{ORIGINAL}: {Digest.of(original)}".encode() in text
    ours, theirs = Release.parse(text), Release.parse(original)
    assert (ours.files, ours.date) == (theirs.files, theirs.date)
    assert ours.valid_until is None


def test_everything_else_is_the_same(server: ArchiveServer) -> None:
    index = "dists/bookworm/main/binary-amd64/Packages"
    digest = Digest.of(get(server, index))
    by_hash = f"dists/stable/main/binary-amd64/by-hash/SHA256/{digest}"
    for path in (index, by_hash, DEB):
        assert get(server, path) == get(server, path, "archive")


def test_the_view_as_it_was_is_untouched(server: ArchiveServer) -> None:
    get(server, "dists/bookworm/InRelease")
    original = get(server, "dists/bookworm/InRelease", "archive")
    assert ORIGINAL.encode() not in original
    answer = server.client.get(f"/archive/debian/{STAMP}/dists/bookworm/Release.gpg")
    assert answer.status_code == 404


def test_a_date_between_runs_is_answered_in_place_and_says_for_which_run(
    server: ArchiveServer,
) -> None:
    answer = server.client.get("/resigned/debian/20260115/dists/bookworm/InRelease")
    assert answer.data == get(server, "dists/bookworm/InRelease")
    canonical = f"/resigned/debian/{STAMP}/dists/bookworm/InRelease"
    assert answer.headers["Link"] == f'<{canonical}>; rel="canonical"'
    assert answer.headers["X-Snapshot-Run"] == STAMP
    # Made anew by another key, it would be other bytes.
    assert "immutable" not in answer.headers["Cache-Control"]


def test_directories_redirect_within_the_view(server: ArchiveServer) -> None:
    answer = server.client.get("/resigned/debian/20260115/dists/bookworm")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/resigned/debian/{STAMP}/dists/bookworm/"
    assert server.client.get("/resigned/debian/").status_code == 200
    assert server.client.get("/resigned/").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["dists/nosuch/InRelease", "dists/bookworm/main/InRelease", "../InRelease", "InRelease.gpg"],
)
def test_nothing_is_signed_that_is_not_a_suite(server: ArchiveServer, path: str) -> None:
    assert server.client.get(f"/resigned/debian/{STAMP}/{path}").status_code == 404


def test_a_release_without_sha256_lists_what_is_mirrored_of_it_by_now(
    server: ArchiveServer,
) -> None:
    release = server.keep(b"Suite: old\nDate: Thu, 01 Jan 2004 00:00:00 UTC\n")
    at = Timestamp.parse("20040101T000000Z")
    found = []
    for archive in ("narrow", "wide"):
        index = server.keep(f"Package: {archive}\n".encode())
        files = {
            "Release": (release.digest, release.size),
            f"main/binary-{archive}/Packages": (index.digest, index.size),
        }
        draft = server.catalogue.begin_run(archive, at, trust="release-md5", origin="test")
        server.catalogue.stage_release(
            draft, ReleaseRecord("old", release.digest, at, files=files, aliases=())
        )
        server.catalogue.publish(draft)
        answer = server.client.get(f"/resigned/{archive}/{at}/dists/old/Release")
        found.append(set(Release.parse(answer.data).files))
    first, second = (f"main/binary-{word}/Packages" for word in ("narrow", "wide"))
    assert found == [{first}, {first, second}]


def test_what_nobody_signed_is_not_vouched_for(server: ArchiveServer) -> None:
    for name in ("InRelease", "Release"):
        answer = server.client.get(f"/resigned/local/{STAMP}/dists/sid/{name}")
        assert answer.status_code == 501
        assert "not signed again" in answer.text
    assert server.client.get(f"/resigned/local/{STAMP}/dists/sid/main/nosuch").status_code == 404


def test_a_release_that_was_taken_out_is_not_given_as_ours(
    catalogue_database: Database, tmp_path: Path
) -> None:
    signer = RepositorySigner(tmp_path / "key", clock=lambda: float(NOW.epoch))
    signer.make_if_absent()
    here = make_archive_server(catalogue_database, signer=signer)
    here.add_run("debian", STAMP, {"sid": Suite({"amd64": [binary_stanza("apt", "2.0")]})})
    get(here, "dists/sid/InRelease")
    original = Digest.of(get(here, "dists/sid/InRelease", "archive"))
    here.catalogue.removals.add("a court", files=[original], legal=True, now=NOW)
    for view in ("archive", "resigned"):
        answer = here.client.get(f"/{view}/debian/{STAMP}/dists/sid/InRelease")
        assert answer.status_code == 451
        assert "a court" in answer.text


def test_a_removed_run_is_gone_in_this_view_too(catalogue_database: Database) -> None:
    here = make_archive_server(catalogue_database)
    for stamp in (STAMP, "20260201T000000Z"):
        here.add_run("debian", stamp, {"sid": Suite({"amd64": [binary_stanza("apt", "2.0")]})})
    here.catalogue.remove_runs("debian", [Timestamp.parse(STAMP)], now=NOW)
    answer = here.client.get(f"/resigned/debian/{STAMP}/dists/sid/InRelease")
    assert answer.status_code == 410
    assert "/resigned/debian/20260201T000000Z/dists/sid/InRelease" in answer.headers["Link"]
    kept = here.client.get("/resigned/debian/20260201T000000Z/dists/sid/InRelease")
    assert kept.status_code == 501
