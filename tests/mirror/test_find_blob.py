# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place that may have some bytes, and none that could not."""

from __future__ import annotations

from pathlib import Path

from mirror.find_blob import find_blob
from mirror.remote_file import RemoteFile
from snapshot.digest import Digest
from tests.mirror.scrub_bench import WORLD, ScrubBench, scrub_bench
from tests.openpgp import ThrowawayKey

DEB = WORLD.debs[0]


def look(bench: ScrubBench, digest: Digest, **changed: object) -> RemoteFile | None:
    policy = bench.bench.policy(**changed)
    places = bench.stores.catalogue.locations(digest)
    return find_blob(bench.stores.catalogue, {"debian": policy}, places, digest)


def test_packages_by_name_indices_by_hash_and_both_from_peers(
    tmp_path: Path, throwaway_key: ThrowawayKey
) -> None:
    with scrub_bench(tmp_path, throwaway_key) as bench:
        url, peer = bench.upstream.url, "https://other.example"
        found = look(bench, Digest.of(DEB.data), peers=(peer,))
        assert found is not None
        assert found.urls == (
            f"{url}/{DEB.path}",
            f"{peer}/file/{Digest.of(DEB.data)}?stored=1",
        )
        members = bench.stores.catalogue.inventory.members_of_run("debian", WORLD.date)
        for member in members:
            live = look(bench, member.digest)
            # A live mirror's plain names mean other bytes today.
            urls = () if live is None else live.urls
            assert all(f"/by-hash/SHA256/{member.digest}" in one for one in urls)
            assert (live is None) == ("/" not in member.path)
            dated = look(bench, member.digest, kind="dated")
            assert dated is not None
            assert f"{url}/archive/debian/{WORLD.date}/dists/bookworm/{member.path}" in dated.urls
        assert look(bench, Digest.of(b"unknown"), peers=(peer,)) is None
