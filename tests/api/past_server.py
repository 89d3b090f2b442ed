# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive with a past worth looking at: two years of versions that come, migrate and go."""

from __future__ import annotations

from collections.abc import Mapping

from tests.api.archive_server import ArchiveServer, Suite, binary_stanza, deb, source_stanza

#: Month of each run, and what each suite had of `hello` then; None: the suite was not looked at.
MONTHS: tuple[tuple[str, Mapping[str, str | None]], ...] = (
    ("20250105T090000Z", {"sid": "2.10-3", "forky": "2.10-3", "trixie": "2.10-3"}),
    ("20250211T090000Z", {"sid": "2.10-4", "forky": "2.10-3", "trixie": "2.10-3"}),
    ("20250309T090000Z", {"sid": "2.10-4", "forky": "2.10-4", "trixie": "2.10-3"}),
    ("20250520T090000Z", {"sid": "2.10-5", "forky": "2.10-4", "trixie": "2.10-3"}),
    ("20250702T090000Z", {"sid": "2.12-1", "forky": "2.10-5", "trixie": "2.10-3+deb13u1"}),
    ("20250914T090000Z", {"sid": "2.12.1-1", "forky": "2.12-1", "trixie": None}),
    ("20251130T090000Z", {"sid": "2.12.1-1", "forky": "2.12.1-1", "trixie": None}),
    ("20260211T090000Z", {"sid": "1:2.12.2-1", "forky": "2.12.1-1", "trixie": None}),
    ("20260618T090000Z", {"sid": "1:2.12.2-1", "forky": "1:2.12.2-1", "trixie": None}),
    ("20261002T090000Z", {"sid": "1:2.12.3-1~exp1", "forky": "1:2.12.2-1", "trixie": None}),
)
STAMPS = [stamp for stamp, _ in MONTHS]
FIRST, LAST = STAMPS[0], STAMPS[-1]
#: Names that a mirror may well bring, and that no page may take for anything but a name.
ODD = ("libc++", "g++-12", "libfoo~bar")


def source(version: str) -> bytes:
    """The source of `hello`; every version has the same upstream tarball."""
    plain = version.rpartition(":")[2]
    files = {f"hello_{plain}.dsc": b"dsc " + version.encode(), "hello_2.orig.tar.gz": b"upstream"}
    return source_stanza("hello", version, files)


def suite(version: str) -> Suite:
    """What a suite holds while it has that version."""
    binaries = [
        binary_stanza("hello", version),
        binary_stanza("hello-traditional", version, source="hello"),
        *(binary_stanza(name, "1.0") for name in ODD),
    ]
    every = [binary_stanza("hello-doc", version, "all", source="hello")]
    return Suite({"amd64": binaries, "all": every, "source": [source(version)]})


def fill_past(server: ArchiveServer) -> None:
    """Publish the runs, and one of an archive for security, and keep a few of the files."""
    for data in (b"upstream", b"dsc 2.10-3", deb("hello", "2.10-3")):
        server.keep(data)
    for stamp, suites in MONTHS:
        held = {name: suite(version) for name, version in suites.items() if version is not None}
        server.add_run("debian", stamp, held)
    server.add_run("security", "20250625T120000Z", {"trixie-security": suite("2.10-3+deb13u1")})
    server.add_run("security", "20260101T120000Z", {"trixie-security": suite("2.10-3+deb13u1")})
