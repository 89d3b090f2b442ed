# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages from original stanzas, and Release."""

from __future__ import annotations

import gzip

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.errors import CorruptUpstream, InvalidInput, NotFound
from snapshot.release import Release
from snapshot.sources import SourceStanza
from snapshot.timestamp import Timestamp
from storage.repository_files import (
    compressed,
    environment_files,
    packages_index,
    release_text,
    source_files,
)
from tests.storage.catalogue.archive_maker import source

HELLO = Member("hello", "amd64", "2.10-3", Digest.of(b"hello"))
TZDATA = Member("tzdata", "all", "2026a-0+deb12u1", Digest.of(b"tzdata"))


def stanza(member: Member, **changed: str) -> bytes:
    fields = {
        "Package": member.name,
        "Source": "of-it",
        "Version": member.version,
        "Architecture": member.architecture,
        "Description": "one line\n and another: with a colon",
        "Filename": f"pool/main/x/{member.name}_{member.version}_{member.architecture}.deb",
        "Size": "5",
        "SHA256": member.digest.hex,
        **changed,
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items()).encode()


STANZAS = {member.digest: stanza(member) for member in (HELLO, TZDATA)}
BOTH = Environment("deb", frozenset({HELLO, TZDATA}))
DATE = Timestamp.parse("20260711T101637Z")


def test_only_filename_differs_from_the_original() -> None:
    index = packages_index([TZDATA, HELLO], STANZAS)
    first, second = index.split(b"\n\n")
    ours = f"Filename: pool/{HELLO.digest}/hello_2.10-3_amd64.deb\n".encode()
    theirs = b"Filename: pool/main/x/hello_2.10-3_amd64.deb\n"
    assert first + b"\n" == STANZAS[HELLO.digest].replace(theirs, ours)
    assert second.startswith(b"Package: tzdata\n")


def test_the_order_of_the_members_does_not_matter() -> None:
    assert packages_index([HELLO, TZDATA], STANZAS) == packages_index([TZDATA, HELLO], STANZAS)


def test_members_without_stanza_are_named() -> None:
    with pytest.raises(NotFound, match=r"1 of 2 packages: hello:amd64 2\.10-3"):
        packages_index([HELLO, TZDATA], {TZDATA.digest: STANZAS[TZDATA.digest]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Package", "other"),
        ("Version", "1:2.10-3"),
        ("Architecture", "i386"),
        ("SHA256", Digest.of(b"other").hex),
        ("Filename", "pool/"),
        ("Filename", "pool/a b.deb"),
        ("Filename", "pool/.."),
    ],
)
def test_a_stanza_about_something_else_is_refused(field: str, value: str) -> None:
    with pytest.raises(CorruptUpstream, match="stanza of hello"):
        packages_index([HELLO], {HELLO.digest: stanza(HELLO, **{field: value})})


def test_compression_carries_no_date() -> None:
    assert compressed(b"x" * 99) == compressed(b"x" * 99)
    assert gzip.decompress(compressed(b"data")) == b"data"


def test_a_release_lists_what_lies_below_its_prefix() -> None:
    text = release_text(
        {"Origin": "me", "Suite": "env"},
        Timestamp.parse("20260711T101637Z"),
        {"dists/env/main/x": b"data", "Packages": b"other"},
        "dists/env/",
    )
    assert text == (
        b"Origin: me\nSuite: env\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nSHA256:\n "
        + Digest.of(b"data").hex.encode()
        + b"          4 main/x\n"
    )


@pytest.mark.parametrize("place", ["", "dists/env/"])
def test_an_environments_releases_list_every_index_and_never_expire(place: str) -> None:
    made = environment_files(BOTH, STANZAS, DATE)
    assert sorted(made.files) == [
        "Packages",
        "Packages.gz",
        "dists/env/main/binary-amd64/Packages",
        "dists/env/main/binary-amd64/Packages.gz",
    ]
    release = Release.parse(made.releases[place])
    assert (release.valid_until, release.date) == (None, DATE)
    listed = {f"{place}{path}": sums for path, sums in release.files.items()}
    there = {path for path in made.files if path.startswith(place or "Packages")}
    assert set(listed) == there
    for path, sums in listed.items():
        assert (sums.sha256, sums.size) == (Digest.of(made.files[path]), len(made.files[path]))


@pytest.mark.parametrize("place", ["", "dists/env/"])
def test_releases_name_their_environment_so_that_none_passes_for_another(place: str) -> None:
    alone = Environment("deb", frozenset({HELLO}))
    for environment in (BOTH, alone):
        release = Release.parse(environment_files(environment, STANZAS, DATE).releases[place])
        assert (release.suite, release.codename) == ("env", environment.id.hex)
        assert release.origin == "dejabuild"


def test_packages_for_all_architectures_alone_make_a_tree_too() -> None:
    made = environment_files(Environment("deb", frozenset({TZDATA})), STANZAS, DATE)
    assert b"Package: tzdata" in made.files["dists/env/main/binary-all/Packages"]


def test_a_source_repository_holds_the_archives_stanza_but_its_directory() -> None:
    made = source_files(source("hello", "1:2.10-3"), DATE)
    ours, theirs = made.files["Sources"], source("hello", "1:2.10-3") + b"\n"
    assert ours == theirs.replace(b"Directory: pool/main/h/hello", b"Directory: pool")
    assert SourceStanza.parse(ours).directory == "pool"
    assert gzip.decompress(made.files["Sources.gz"]) == ours
    release = Release.parse(made.releases[""])
    assert release.suite == "hello_1:2.10-3"
    assert {path: sums.sha256 for path, sums in release.files.items()} == {
        path: Digest.of(data) for path, data in made.files.items()
    }


def test_a_source_stanza_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput):
        source_files(b"Package: hello\nVersion: 1\n", DATE)
