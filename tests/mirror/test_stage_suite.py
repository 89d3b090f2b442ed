# SPDX-License-Identifier: GPL-3.0-or-later
"""What suites bring into a run: entries, and the names they are known by."""

from __future__ import annotations

import dataclasses

import pytest

from snapshot.errors import InvalidInput
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import Deb, SmallArchive, World


def at(mirror: MirrorBench, world: World, path: str) -> bytes | None:
    """What a run has at a path, as the catalogue says and as its tree does."""
    file = mirror.stores.catalogue.file_at("debian", world.date, path)
    link = mirror.root / "archive/debian" / str(world.date) / path
    body = None if file is None else b"".join(mirror.blobs.open(file.digest))
    assert (link.read_bytes() if link.is_file() else None) == body
    return body


#: On the day of a release `stable` moves, and the old suite becomes `oldstable`.
RELEASED = dataclasses.replace(SECOND, suite="stable", codename="trixie")
RETIRED = dataclasses.replace(SECOND, suite="oldstable", codename="bookworm")


def test_an_alias_leads_in_every_run_to_what_it_meant_then(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    mirror.sync()
    then = archive.files["/dists/bookworm/InRelease"]
    archive.publish(RELEASED)
    archive.publish(RETIRED)
    mirror.sync(suites=("bookworm", "trixie"))
    assert at(mirror, FIRST, "dists/stable/InRelease") == then
    assert at(mirror, FIRST, "dists/oldstable/InRelease") is None
    for alias, suite in (("stable", "trixie"), ("oldstable", "bookworm")):
        path = f"dists/{suite}/InRelease"
        assert at(mirror, SECOND, f"dists/{alias}/InRelease") == archive.files[f"/{path}"]
        assert at(mirror, SECOND, path) == archive.files[f"/{path}"]


def test_a_policy_may_name_the_alias_itself(mirror: MirrorBench, archive: SmallArchive) -> None:
    def served(world: World) -> bytes:
        archive.publish(world)
        codename = f"/dists/{world.codename}/"
        for path, data in list(archive.files.items()):
            if path.startswith(codename):
                archive.files[path.replace(codename, "/dists/stable/")] = data
        mirror.sync(suites=("stable",))
        return archive.files[f"{codename}InRelease"]

    then, now = served(FIRST), served(RELEASED)
    assert at(mirror, FIRST, "dists/stable/InRelease") == then
    assert at(mirror, FIRST, "dists/bookworm/InRelease") == then
    assert at(mirror, SECOND, "dists/stable/InRelease") == now
    assert at(mirror, SECOND, "dists/trixie/InRelease") == now
    assert at(mirror, SECOND, "dists/bookworm/InRelease") is None


def test_a_name_that_two_suites_claim_is_the_newest_ones(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    # The mirror is caught between two updates: bookworm still calls itself stable.
    archive.publish(RELEASED)
    mirror.sync(suites=("bookworm", "trixie"))
    new, old = (archive.files[f"/dists/{suite}/InRelease"] for suite in ("trixie", "bookworm"))
    assert at(mirror, SECOND, "dists/stable/InRelease") == new
    assert at(mirror, SECOND, "dists/bookworm/InRelease") == old


def test_a_suite_that_was_asked_for_is_nobodys_alias(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(dataclasses.replace(FIRST, codename="stable"))
    mirror.sync(suites=("bookworm", "stable"))
    for suite in ("bookworm", "stable"):
        path = f"dists/{suite}/InRelease"
        assert at(mirror, FIRST, path) == archive.files[f"/{path}"]
    assert mirror.stores.catalogue.suite_aliases("debian", FIRST.date) == {}


def test_an_entry_that_cannot_be_read_is_named_with_its_index(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    class Outside(Deb):
        @property
        def path(self) -> str:
            return "pool/../../../etc/cron.d/evil.deb"

    archive.publish(dataclasses.replace(FIRST, debs=(Outside("evil", "1"),)))
    with pytest.raises(InvalidInput) as caught:
        mirror.sync()
    assert caught.value.message.startswith(
        "the index of debian bookworm/main amd64, stanza 1: Packages stanza 'Package: evil': "
        "not a safe path of a package file"
    )
    assert mirror.dump() == []
