# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.machine_sources import MachineSource, machine_sources
from snapshot.errors import ConfigurationError


def machine(root: Path, deb822: str, lines: str = "") -> Path:
    parts = root / "etc/apt/sources.list.d"
    parts.mkdir(parents=True)
    (parts / "debian.sources").write_text(deb822)
    (root / "etc/apt/sources.list").write_text(lines)
    return root


def test_suites_of_this_release_are_taken_from_both_formats(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        "Types: deb\nURIs: http://127.0.0.1/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main contrib\nSigned-By: /k.gpg\n",
        "deb [signed-by=/s.gpg] http://127.0.0.1/security bookworm-security main\n",
    )
    assert machine_sources("bookworm", root) == (
        MachineSource("http://127.0.0.1/debian", "bookworm", ("/k.gpg",)),
        MachineSource("http://127.0.0.1/debian", "bookworm-updates", ("/k.gpg",)),
        MachineSource("http://127.0.0.1/security", "bookworm-security", ("/s.gpg",)),
    )


def test_other_releases_other_components_and_unsigned_sources_are_left_out(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        "Types: deb\nURIs: http://127.0.0.1/debian\nSuites: trixie\nComponents: main\n",
        "deb http://127.0.0.1/debian bookworm-backports main\n"
        "deb http://127.0.0.1/tools bookworm stable\n"
        "deb [trusted=yes] http://127.0.0.1/evil bookworm main\n",
    )
    with pytest.raises(ConfigurationError, match="no apt source for bookworm main"):
        machine_sources("bookworm", root)


def test_the_private_source_asks_for_sources_too_and_never_trusts_blindly() -> None:
    stanza = MachineSource("http://127.0.0.1/debian", "bookworm", ("/k.gpg",)).stanza()
    assert "Types: deb deb-src\n" in stanza
    assert "Trusted" not in stanza


def test_an_embedded_key_keeps_its_lines() -> None:
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc=\n-----END PGP PUBLIC KEY BLOCK-----\n"
    lines = MachineSource("http://127.0.0.1/", "bookworm", (key,)).stanza().splitlines()
    assert lines[4:] == [
        "Signed-By: ",
        " -----BEGIN PGP PUBLIC KEY BLOCK-----",
        " .",
        " abc=",
        " -----END PGP PUBLIC KEY BLOCK-----",
    ]
