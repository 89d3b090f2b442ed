# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting verified suites into the draft of a run: their Releases, indices and other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.verify_chain import index_digest, plain_index
from snapshot.coordinates import suite_directory
from storage.catalogue import ReleaseRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mirror.stores import MirrorStores
    from mirror.verify_suites import Suite
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.catalogue import ImportCounts, RunDraft


def stage_suites(
    draft: RunDraft, suites: Sequence[Suite], stores: MirrorStores
) -> list[ImportCounts]:
    """Stage every suite of a run; returns what each index took.

    Raises:
        VerificationError: An index is not what its Release says.
    """
    aliases = _aliases(suites)
    return [
        count
        for suite in suites
        for count in _stage(draft, suite, aliases[suite.verified.suite], stores)
    ]


def _stage(
    draft: RunDraft, suite: Suite, aliases: tuple[str, ...], stores: MirrorStores
) -> Iterator[ImportCounts]:
    """Put one suite into the draft."""
    catalogue, blobs = stores.catalogue, stores.blobs
    release = suite.verified.release
    catalogue.record_blobs([index.blob for index in suite.indices])
    catalogue.record_blobs(suite.verified.blobs.values())
    catalogue.record_blobs(suite.images.values())
    catalogue.stage_release(
        draft,
        ReleaseRecord(
            suite=suite.verified.suite,
            inrelease=suite.verified.digest,
            date=release.date,
            valid_until=release.valid_until,
            fingerprint=suite.verified.fingerprint,
            files={
                path: (digest, blobs.size(digest)) for path, digest in release_tree(suite).items()
            },
            aliases=aliases,
        ),
    )
    for index in suite.indices:
        if index.wanted.coordinates is None:
            continue
        place = suite_directory(suite.verified.suite)
        path = f"{draft.archive} {place}{index.member.path}"
        with blobs.open(index.blob.digest) as once, blobs.open(index.blob.digest) as again:
            digest = index_digest(index.wanted, index.member, once)
            plain = plain_index(index.wanted, index.member, again, name=path)
            count = catalogue.stage_index(draft, index.wanted.coordinates, digest, plain)
        if count.unnamed:
            stores.progress.say(
                f"{path}: {count.unnamed:,} entries have no SHA-256: their files are not "
                "mirrored, nothing could tell them from others"
            )
        yield count


def release_tree(suite: Suite) -> Mapping[str, Digest]:
    """What is mirrored below `dists/<suite>/`."""
    files = {name: blob.digest for name, blob in suite.verified.blobs.items()}
    files |= {path: blob.digest for path, blob in suite.images.items()}
    return files | {index.member.path: index.blob.digest for index in suite.indices}


def _aliases(suites: Sequence[Suite]) -> dict[str, tuple[str, ...]]:
    """Other names of the suites of a run, as it will be known for ever.

    The names that a Release gives itself: asked for `bookworm`, it may be `stable` too. A name
    that a suite of the run was asked by is never another's. While a name moves (`stable`, on
    the day of a release) two suites may claim it: the newest Release is right.
    """
    claims: dict[str, tuple[Timestamp, str]] = {}
    asked = {suite.verified.suite for suite in suites}
    for suite in suites:
        release, name = suite.verified.release, suite.verified.suite
        first, slash, rest = name.partition("/")
        called = {release.suite, release.codename} - {""}
        # Of a flat repository (`sub/`) nobody asks by the names that it gives itself.
        if (slash and not rest) or not called & {name, first}:
            continue
        below = f"{slash}{rest}" if name not in called else ""
        for alias in {f"{one}{below}" for one in called} - asked:
            claims[alias] = max(claims.get(alias, (release.date, name)), (release.date, name))
    return {
        name: tuple(sorted(alias for alias, (_, owner) in claims.items() if owner == name))
        for name in asked
    }
