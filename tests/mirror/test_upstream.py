# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of upstream fits the seam; so does one made up here."""

from __future__ import annotations

from mirror.dated_upstream import DatedDebian
from mirror.debian_upstream import LiveDebian
from mirror.upstream import Read, Upstream
from snapshot.digest import Checksums, Digest
from snapshot.timestamp import Timestamp


class Toy:
    """An upstream whose files have one name each, whatever the suite."""

    dated = False

    def list_runs(
        self, read: Read, first: Timestamp | None, last: Timestamp | None
    ) -> list[Timestamp]:
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:
        return f"http://toy/{name}"

    def index_urls(
        self, suite: str, path: str, checksums: Checksums, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        return (f"http://toy/{checksums.sha256}",)

    def file_urls(self, path: str, checksums: Checksums, at: Timestamp | None) -> tuple[str, ...]:
        return (f"http://toy/{path}",)


def test_each_kind_of_upstream_is_one_class() -> None:
    upstreams: list[Upstream] = [LiveDebian("http://a"), DatedDebian("http://b", "c"), Toy()]
    checksums = Checksums(1, Digest("0" * 64))
    for upstream in upstreams:
        assert upstream.file_urls("pool/x.deb", checksums, None)[0].endswith("pool/x.deb")
        assert upstream.index_urls("s", "main/source/Sources.xz", checksums, None, by_hash=True)
