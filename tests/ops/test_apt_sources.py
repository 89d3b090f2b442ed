# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.apt_sources import AptSource, read_apt_sources
from snapshot.errors import InvalidInput


def machine(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / "etc/apt" / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    assert read_apt_sources(tmp_path) == []


def test_the_one_line_format_is_read(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        sources_DOT_list=(
            "# comment\n\n"
            "deb http://127.0.0.1:1/debian/ bookworm main contrib # trailing\n"
            "deb-src [signed-by=/usr/share/keyrings/a.gpg arch=amd64,arm64] "
            "http://127.0.0.1:1/debian bookworm main\n"
            "deb [trusted=yes] http://127.0.0.1:1/flat ./\n"
        ),
    )
    one, two, three = read_apt_sources(root)
    assert one == AptSource(
        uri="http://127.0.0.1:1/debian",
        suites=("bookworm",),
        components=("main", "contrib"),
        architectures=(),
        signed_by=(),
        trusted=False,
        sources=False,
        origin=f"{tmp_path}/etc/apt/sources.list:3",
    )
    assert two.signed_by == ("/usr/share/keyrings/a.gpg",)
    assert two.architectures == ("amd64", "arm64")
    assert two.sources
    assert three.trusted
    assert (three.suites, three.components) == (("./",), ())


DEB822 = """\
# the system's own
Types: deb deb-src
URIs: http://127.0.0.1:1/debian http://127.0.0.1:2/debian/
# a comment inside
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/a.gpg,
 /usr/share/keyrings/b.gpg

Types: deb
URIs: http://127.0.0.1:3/off
Suites: x
Enabled: no

Types: deb
URIs: http://127.0.0.1:4/inline
Suites: y
Components: main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_the_deb822_format_is_read(tmp_path: Path) -> None:
    one, two, inline = read_apt_sources(
        machine(tmp_path, sources_DOT_list_DOT_d__debian_DOT_sources=DEB822)
    )
    assert [one.uri, two.uri] == ["http://127.0.0.1:1/debian", "http://127.0.0.1:2/debian"]
    assert one.suites == ("bookworm", "bookworm-updates")
    assert one.sources
    assert one.signed_by == ("/usr/share/keyrings/a.gpg", "/usr/share/keyrings/b.gpg")
    assert one.origin.endswith("debian.sources:2")
    assert inline.signed_by == (
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n-----END PGP PUBLIC KEY BLOCK-----\n",
    )
    assert inline.architectures == ("amd64",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("sources_DOT_list", "deb http://x\n", "sources.list:1: not a line"),
        ("sources_DOT_list", "deb [arch] http://x y main\n", "sources.list:1: an option without"),
        ("sources_DOT_list_DOT_d__a_DOT_sources", " x\n", "a.sources:1: a continuation of nothing"),
        ("sources_DOT_list_DOT_d__a_DOT_sources", "Types\n", "a.sources:1: not a field"),
        ("sources_DOT_list_DOT_d__a_DOT_sources", "Types: deb\n", "a.sources:1: no Uris field"),
    ],
)
def test_what_apt_would_refuse_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message.replace(".", r"\.")):
        read_apt_sources(machine(tmp_path, **{name: text}))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    root = machine(tmp_path, sources_DOT_list="")
    (root / "etc/apt/sources.list").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="not text"):
        read_apt_sources(root)


def test_this_machines_own_sources_can_be_read() -> None:
    for source in read_apt_sources():
        assert source.uri
        assert source.suites
