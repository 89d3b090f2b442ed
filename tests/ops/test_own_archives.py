# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from pathlib import Path

from ops.apt_sources import AptSource
from ops.own_archives import OwnArchives, own_archives

ARMORED = (
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"
    + base64.b64encode(b"inline key").decode()
    + "\n-----END PGP PUBLIC KEY BLOCK-----\n"
)


def source(
    uri: str = "http://127.0.0.1:1/debian",
    *,
    suites: tuple[str, ...] = ("bookworm",),
    components: tuple[str, ...] = ("main",),
    architectures: tuple[str, ...] = (),
    signed_by: tuple[str, ...] = ("/keys/a.gpg",),
    trusted: bool = False,
) -> AptSource:
    return AptSource(
        uri=uri,
        suites=suites,
        components=components,
        architectures=architectures,
        signed_by=signed_by,
        trusted=trusted,
        sources=False,
        origin="sources.list:1",
    )


def made(tmp_path: Path, *sources: AptSource) -> OwnArchives:
    keys = tmp_path / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "a.gpg").write_bytes(b"key a")
    return own_archives(sources, root=tmp_path, keyrings=tmp_path / "rings", architecture="amd64")


def test_sources_of_one_address_become_one_pull_through_archive(tmp_path: Path) -> None:
    own = made(
        tmp_path,
        source(suites=("bookworm", "bookworm-updates")),
        source(suites=("bookworm",), components=("main", "contrib")),
        source("http://127.0.0.1:1/debian-security", suites=("bookworm-security",)),
    )
    assert list(own.archives) == ["debian", "debian-security"]
    debian = own.archives["debian"]
    assert debian.suites == ("bookworm", "bookworm-updates")
    assert debian.components == ("main", "contrib")
    assert debian.architectures == ("amd64", "all", "source")
    assert (debian.files, debian.trust) == ("on-demand", "release")
    assert debian.keyring == tmp_path / "rings/debian.pgp"
    assert debian.keyring.read_bytes() == b"key a"
    assert own.skipped == ()


def test_equal_names_at_different_addresses_stay_apart(tmp_path: Path) -> None:
    own = made(tmp_path, source(), source("http://127.0.0.1:2/debian"), source("http://[::1]:3"))
    assert list(own.archives) == ["debian", "debian-2", "1-3"]


def test_an_inline_key_is_believed(tmp_path: Path) -> None:
    own = made(tmp_path, source(signed_by=(ARMORED,)))
    assert (tmp_path / "rings/debian.pgp").read_bytes() == b"inline key"
    assert own.archives["debian"].trust == "release"


def test_without_signed_by_apts_own_trusted_keys_count(tmp_path: Path) -> None:
    trusted = tmp_path / "etc/apt/trusted.gpg.d"
    trusted.mkdir(parents=True)
    (trusted / "b.gpg").write_bytes(b"key b")
    (trusted / "c.asc").write_text(ARMORED)
    (trusted / "notes.txt").write_text("no key")
    made(tmp_path, source(signed_by=()))
    assert (tmp_path / "rings/debian.pgp").read_bytes() == b"key binline key"


def test_trusted_yes_is_no_trust_at_all_and_says_so(tmp_path: Path) -> None:
    own = made(tmp_path, source(trusted=True))
    assert own.archives["debian"].trust == "none"
    assert own.archives["debian"].keyring is None


def test_what_cannot_be_mirrored_is_left_out_aloud(tmp_path: Path) -> None:
    own = made(
        tmp_path,
        source("cdrom:[Debian]"),
        source("http://127.0.0.1:1/flat", suites=("./",), components=()),
        source("http://127.0.0.1:1/keyless", signed_by=()),
        source("http://127.0.0.1:1/lost", signed_by=("/keys/absent.gpg",)),
    )
    assert own.archives == {}
    reasons = [sentence.partition("is left out: ")[2] for sentence in own.skipped]
    assert reasons[0] == "only http and https are mirrored"
    assert reasons[1] == "it is flat: give it a table [archive.<name>] of its own"
    assert reasons[2] == "apt has no key for it"
    assert "absent.gpg" in reasons[3]
