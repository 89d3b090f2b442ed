# SPDX-License-Identifier: GPL-3.0-or-later
"""A Release from the first upstream whose Release holds."""

from __future__ import annotations

import pytest

from mirror.fetch_release import ReleaseFetcher
from mirror.open_upstreams import open_upstreams
from snapshot.digest import Digest
from snapshot.errors import NotFound, VerificationError
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import NOW, MirrorBench
from tests.small_archive import SmallArchive

INRELEASE = "/dists/bookworm/InRelease"


def releases(mirror: MirrorBench, *bases: str, **changed: object) -> ReleaseFetcher:
    policy = mirror.policy(upstreams=bases or mirror.upstreams, **changed)
    return ReleaseFetcher(
        policy,
        open_upstreams(policy),
        fetcher=mirror.stores.fetcher,
        blobs=mirror.blobs,
        catalogue=mirror.stores.catalogue,
        now=float(NOW.epoch),
    )


def test_it_is_verified_parsed_and_stored_with_its_own_date(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    verified = releases(mirror).fetch("bookworm", None, None)
    assert verified.digest == Digest.of(archive.files[INRELEASE])
    assert verified.release.date == FIRST.date
    assert verified.fingerprint == archive.key.fingerprint
    mirror.blobs.sync()
    path = mirror.blobs.local_path(verified.digest)
    assert path is not None
    assert path.stat().st_mtime == FIRST.date.epoch


def test_a_bad_upstream_is_passed_over(mirror: MirrorBench, archive: SmallArchive) -> None:
    forged = {INRELEASE: archive.release(FIRST, {"x": b""})}
    with FaultyUpstream(forged) as bad, FaultyUpstream({}) as empty:
        verified = releases(mirror, bad.url, empty.url, *mirror.upstreams).fetch(
            "bookworm", None, None
        )
        assert verified.release.date == FIRST.date
        with pytest.raises(VerificationError, match="not signed"):
            releases(mirror, empty.url, bad.url).fetch("bookworm", None, None)


def test_release_and_its_signature_stand_in_for_inrelease(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    del archive.files[INRELEASE]
    archive.inline = False
    archive.publish(FIRST)
    verified = releases(mirror).fetch("bookworm", None, None)
    assert set(verified.blobs) == {"Release", "Release.gpg"}
    assert verified.digest == Digest.of(archive.files["/dists/bookworm/Release"])
    del archive.files["/dists/bookworm/Release.gpg"]
    with pytest.raises(NotFound, match=r"Release\.gpg"):
        releases(mirror).fetch("bookworm", None, None)


def test_trust_none_asks_for_no_signature(mirror: MirrorBench, archive: SmallArchive) -> None:
    archive.files[INRELEASE] = archive.release(FIRST, {"x": b""})
    verified = releases(mirror, trust="none", keyring=None).fetch("bookworm", None, None)
    assert verified.fingerprint == ""


def test_an_upstream_that_stands_still_does_not_hide_a_newer_one(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    newer = SmallArchive(archive.key)
    newer.publish(SECOND)
    with FaultyUpstream(newer.files) as fresh, FaultyUpstream({}) as empty:
        ask = releases(mirror, *mirror.upstreams, empty.url, fresh.url)
        # As of last time: nothing tells it from a stale one, so the others are asked.
        assert ask.fetch("bookworm", None, FIRST.date).release.date == SECOND.date
        # Older than last time: a replay.
        assert ask.fetch("bookworm", None, SECOND.date).release.date == SECOND.date
        # What is new is taken without asking further.
        fresh.requests.clear()
        assert ask.fetch("bookworm", None, None).release.date == FIRST.date
        assert fresh.requests == []


def test_an_upstream_that_is_alone_in_its_age_is_believed(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    with FaultyUpstream({}) as empty:
        ask = releases(mirror, *mirror.upstreams, empty.url)
        assert ask.fetch("bookworm", None, FIRST.date).release.date == FIRST.date
