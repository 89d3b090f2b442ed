# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle's manifest has one form; whatever deviates from it is refused with its line."""

from __future__ import annotations

import pytest

from snapshot.bundle import BundledMember, BundledRun, BundleManifest
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp

A, B, C = (Digest.of(word) for word in (b"a", b"b", b"c"))
STAMP = Timestamp.parse("20260711T101637Z")
MEMBERS = (
    BundledMember("bookworm", "InRelease", B),
    BundledMember("bookworm", "main/binary-amd64/Packages.xz", C),
)
MANIFEST = BundleManifest(
    "base", A, (BundledRun("debian", STAMP, "release", MEMBERS),), ((A, 1), (B, 2), (C, 0))
)


def test_it_reads_back_as_it_was_written() -> None:
    assert BundleManifest.from_text(MANIFEST.text()) == MANIFEST
    assert MANIFEST.size == 3
    assert MANIFEST.runs[0].find("bookworm", "InRelease") == B
    assert MANIFEST.runs[0].find("bookworm", "Release") is None


def changed(old: str, new: str) -> bytes:
    text = MANIFEST.text().decode()
    assert old in text
    return text.replace(old, new).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        MANIFEST.text()[:-1],
        MANIFEST.text() + b"\n",
        changed("bundle 1", "bundle 2"),
        changed("closure base", "closure ../base"),
        changed(f"definition {A}\n", ""),
        changed(f"definition {A}", f"definition {'0' * 64}"),
        changed("run debian", "run ../debian"),
        changed("run debian", "run  debian"),
        changed("Z release", "Z Certainly!"),
        changed("20260711T101637Z", "20261399T000000Z"),
        changed("member bookworm InRelease", "member bookworm ../../InRelease"),
        changed("member bookworm InRelease", "member ../bookworm InRelease"),
        changed("member bookworm InRelease", "member zz InRelease"),
        changed(f"blob {B} 2\n", ""),
        changed(f"blob {B} 2\n", f"blob {B} 2\nblob {B} 2\n"),
        changed(f"blob {B} 2\n", f"blob {B} -2\n"),
        changed(f"blob {B} 2\n", f"blob {B} 02\n"),
        changed(f"blob {B} 2\n", f"blob {B} {'9' * 16}\n"),
        changed(f"blob {B} 2\n", f"blob {B} ²\n"),
        changed("closure base\n", "closure base\nanything else\n"),
    ],
)
def test_any_other_form_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        BundleManifest.from_text(text)


def test_a_bad_line_is_named() -> None:
    with pytest.raises(InvalidInput, match="manifest, line 4: 'walk debian"):
        BundleManifest.from_text(changed("run debian", "walk debian"), "x")
