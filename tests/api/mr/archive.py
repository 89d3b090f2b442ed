# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalogue of three runs in which one source has a binary-only rebuild and two suites."""

from __future__ import annotations

from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
    source_stanza,
)

STAMPS = ["20260101T000000Z", "20260201T000000Z", "20260301T000000Z"]
ORIG = b"upstream tarball"
DSC = {version: f"dsc of {version}".encode() for version in ("1.0-1", "1:1.0-2")}


def source(version: str) -> bytes:
    plain = version.rpartition(":")[2]
    return source_stanza(
        "tor", version, {f"tor_{plain}.dsc": DSC[version], "tor_1.0.orig.tar.xz": ORIG}
    )


def filled_server(database: Database) -> ArchiveServer:
    server = make_archive_server(database)
    for data in (ORIG, *DSC.values(), deb("libtor", "1.0-1+b1", source="tor (1.0-1)")):
        server.keep(data)
    first = [binary_stanza("libtor", "1.0-1", source="tor"), binary_stanza("tor", "1.0-1")]
    rebuilt = [binary_stanza("libtor", "1.0-1+b1", source="tor (1.0-1)"), first[1]]
    last = [binary_stanza("tor", "1:1.0-2", sha1=False)]
    doc = [binary_stanza("tor-doc", "1.0-1", "all", source="tor")]
    server.add_run(
        "debian",
        STAMPS[0],
        {"sid": Suite({"amd64": first, "all": doc, "source": [source("1.0-1")]})},
    )
    server.add_run(
        "debian",
        STAMPS[1],
        {"sid": Suite({"amd64": rebuilt, "all": doc, "source": [source("1.0-1")]})},
    )
    server.add_run(
        "debian",
        STAMPS[2],
        {
            "sid": Suite({"amd64": last, "all": [], "source": [source("1:1.0-2")]}),
            "forky": Suite({"amd64": rebuilt, "all": doc, "source": [source("1.0-1")]}),
        },
    )
    server.add_run("security", "20260215T000000Z", {"sid-security": Suite({"amd64": [first[1]]})})
    return server
