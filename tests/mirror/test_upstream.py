# SPDX-License-Identifier: GPL-3.0-or-later
"""Both Debian shapes fit the seam; so does one made up here."""

from __future__ import annotations

from mirror.debian_upstream import DatedDebian, LiveDebian
from mirror.upstream import Upstream
from snapshot.timestamp import Timestamp


class Toy:
    """An upstream whose files have one name each, whatever the suite."""

    def runs_url(self) -> str | None:
        return None

    def read_runs(self, document: bytes) -> list[Timestamp]:
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str:
        return f"http://toy/{name}"

    def index_urls(
        self, suite: str, path: str, sha256: str, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        return (f"http://toy/{sha256}",)

    def file_url(self, path: str, at: Timestamp | None) -> str:
        return f"http://toy/{path}"


def test_each_kind_of_upstream_is_one_class() -> None:
    upstreams: list[Upstream] = [LiveDebian("http://a"), DatedDebian("http://b", "c"), Toy()]
    for upstream in upstreams:
        assert upstream.file_url("pool/x.deb", None).endswith("pool/x.deb")
        assert upstream.index_urls("s", "main/source/Sources.xz", "0" * 64, None, by_hash=True)
