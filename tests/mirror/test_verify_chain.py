# SPDX-License-Identifier: GPL-3.0-or-later
"""From a verified Release to its indices, refusing whatever does not follow from it."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path
from typing import Any

import pytest

from mirror.policy import ArchivePolicy
from mirror.select_members import wanted_indices
from mirror.verify_chain import check_release, index_digest, plain_index
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, VerificationError
from snapshot.release import Release
from snapshot.timestamp import Timestamp

PLAIN = b"Package: hello\n\n" * 100
DATE = Timestamp.parse("20260711T101637Z")
NOW = Timestamp.parse("20260712T000000Z")


def release(
    files: dict[str, bytes] | None = None, *, digests: str = "SHA256", **changed: str
) -> Release:
    fields = {
        "Suite": "stable",
        "Codename": "bookworm",
        "Date": "Sat, 11 Jul 2026 10:16:37 UTC",
        "Architectures": "all amd64 i386",
        "Components": "main contrib",
    } | changed
    listed = {"main/binary-amd64/Packages": PLAIN} if files is None else files
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in fields.items()]
    lines.append(f"{digests}:")
    for path, data in listed.items():
        digest = Digest.of(data).hex if digests == "SHA256" else "0" * 32
        lines.append(f" {digest} {len(data)} {path}")
    return Release.parse("\n".join(lines).encode() + b"\n")


def policy(**changed: Any) -> ArchivePolicy:
    return ArchivePolicy(
        "debian", ("http://127.0.0.1:1",), ("bookworm",), keyring=Path("k"), **changed
    )


def packed(*bases: str) -> dict[str, bytes]:
    return {
        f"{base}{suffix}": pack(PLAIN)
        for base in bases
        for suffix, pack in (("", bytes), (".gz", gzip.compress), (".xz", lzma.compress))
    }


@pytest.mark.parametrize("suite", ["bookworm", "stable", "bookworm/updates"])
def test_a_suite_answers_to_its_names(suite: str) -> None:
    check_release(release(), suite, now=None, accepted=None)


def test_a_release_without_any_name_is_taken_as_it_is() -> None:
    check_release(release(Suite="", Codename=""), "whatever", now=None, accepted=None)


@pytest.mark.parametrize("suite", ["trixie", "bookworm-updates", "testing"])
def test_a_release_of_another_suite_is_refused(suite: str) -> None:
    with pytest.raises(VerificationError, match=f"asked for the suite {suite}, got .*bookworm"):
        check_release(release(), suite, now=None, accepted=None)


def test_a_live_release_out_of_date_is_refused_history_is_not() -> None:
    old = release(Valid_Until="Sat, 11 Jul 2026 20:00:00 UTC")
    with pytest.raises(VerificationError, match="was valid until 20260711T200000Z"):
        check_release(old, "stable", now=NOW, accepted=None)
    check_release(old, "stable", now=None, accepted=None)


def test_a_live_release_from_the_future_is_refused() -> None:
    with pytest.raises(VerificationError, match="in the future"):
        check_release(release(), "stable", now=Timestamp(DATE.epoch - 4000), accepted=None)
    check_release(release(), "stable", now=Timestamp(DATE.epoch - 3000), accepted=None)


def test_a_replayed_older_release_is_refused() -> None:
    with pytest.raises(VerificationError, match="older than 20260711T101638Z"):
        check_release(release(), "stable", now=NOW, accepted=Timestamp(DATE.epoch + 1))
    check_release(release(), "stable", now=NOW, accepted=DATE)


def test_a_release_from_after_the_run_it_came_from_is_refused() -> None:
    with pytest.raises(VerificationError, match="later than the run"):
        check_release(
            release(), "stable", now=None, accepted=None, at=Timestamp(DATE.epoch - 90_000)
        )
    day = Timestamp(DATE.epoch - DATE.epoch % 86_400)
    for at in (day, DATE, NOW):
        check_release(release(), "stable", now=None, accepted=None, at=at)


def test_an_index_is_unpacked_and_held_against_the_release() -> None:
    files = packed("main/binary-amd64/Packages")
    (index,) = wanted_indices(release(files), "bookworm", policy())
    for member in index.variants:
        chunks = [files[member.path]]
        assert b"".join(plain_index(index, member, chunks, name="it")) == PLAIN
        assert index_digest(index, member, chunks) == Digest.of(PLAIN)


def test_the_digest_is_computed_where_the_release_does_not_say() -> None:
    files = {"main/binary-amd64/Packages.xz": lzma.compress(PLAIN)}
    (index,) = wanted_indices(release(files), "bookworm", policy())
    (member,) = index.variants
    chunks = list(files.values())
    assert index_digest(index, member, chunks) == Digest.of(PLAIN)
    assert b"".join(plain_index(index, member, chunks, name="it")) == PLAIN


@pytest.mark.parametrize("content", [PLAIN[:-1] + b"x", PLAIN[:-16], PLAIN + PLAIN])
def test_a_release_that_contradicts_itself_is_refused(content: bytes) -> None:
    files = {
        "main/binary-amd64/Packages": PLAIN,
        "main/binary-amd64/Packages.xz": lzma.compress(content),
    }
    (index,) = wanted_indices(release(files), "bookworm", policy())
    with pytest.raises(CorruptUpstream, match="the index of stable"):
        list(
            plain_index(
                index, index.variants[0], [lzma.compress(content)], name="the index of stable"
            )
        )
