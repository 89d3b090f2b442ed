# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole syncs over good and bad upstreams: what is visible afterwards, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirror.choose_runs import Selection
from snapshot.digest import Digest
from snapshot.errors import (
    Busy,
    ConfigurationError,
    CorruptUpstream,
    DejabuildError,
    InvalidInput,
    NotFound,
    StorageFull,
    TransientError,
    VerificationError,
)
from snapshot.need import Need
from snapshot.timestamp import Timestamp
from storage.blobs.partial import PartialFile
from storage.catalogue import BlobState
from tests import faulty_upstream as faults
from tests.databases import DatabaseUrls
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, World, worlds

FIRST, SECOND, THIRD = worlds(12)
SUITE = "/dists/bookworm"


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    return SmallArchive(throwaway_key)


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        yield server


@pytest.fixture
def keyring(tmp_path: Path, throwaway_key: ThrowawayKey) -> Path:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(throwaway_key.public())
    return path


@pytest.fixture
def bench(tmp_path: Path, upstream: FaultyUpstream, keyring: Path) -> Iterator[MirrorBench]:
    """Over SQLite; what depends on the database takes `on_either` instead."""
    url = f"sqlite:///{tmp_path}/catalogue.sqlite"
    one = MirrorBench(tmp_path, url, upstream.url, keys=[keyring])
    yield one
    one.close()


@pytest.fixture
def on_either(
    tmp_path: Path, upstream: FaultyUpstream, keyring: Path, database_urls: DatabaseUrls
) -> Iterator[MirrorBench]:
    """Once over SQLite, once over PostgreSQL."""
    one = MirrorBench(tmp_path, database_urls.catalogue, upstream.url, keys=[keyring])
    yield one
    one.close()


def test_a_live_archive_is_mirrored_verified_and_laid_out(
    on_either: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(FIRST)
    (run,) = on_either.sync().runs
    assert run.stamp == FIRST.date
    assert run.parsed == 14
    assert run.files == 12 + 4
    tree = on_either.root / "archive" / "debian" / str(FIRST.date)
    for deb in FIRST.debs:
        assert (tree / deb.path).read_bytes() == deb.data
    for suite in ("bookworm", "stable"):
        assert (tree / "dists" / suite / "InRelease").read_bytes() == archive.files[
            f"{SUITE}/InRelease"
        ]
    found = on_either.stores.catalogue.locate([Need("package003", "1.0-1", "amd64")])
    assert found[0].digest == Digest.of(FIRST.debs[3].data)
    assert on_either.listener.phases == ["recover", "verify", "index", "fetch", "publish"]


def test_a_second_sync_without_news_costs_one_request_and_no_run(
    on_either: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    on_either.sync()
    before = on_either.tree()
    upstream.requests.clear()
    on_either.time.now += 3600
    (run,) = on_either.sync().runs
    assert run.unchanged
    assert upstream.requests == [(f"{SUITE}/InRelease", "")]
    assert on_either.tree() == before
    assert len(on_either.stores.catalogue.run_stamps("debian")) == 1
    (release,) = on_either.stores.catalogue.releases_at("debian", FIRST.date)
    assert release.observed_until == Timestamp(int(on_either.time.now))


def test_the_next_run_costs_what_changed(
    on_either: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    on_either.sync()
    archive.publish(SECOND)
    upstream.requests.clear()
    (run,) = on_either.sync().runs
    assert run.parsed == 2
    assert run.files == 2
    assert len(upstream.requests) == 1 + 1 + 2  # InRelease, Packages, two packages
    old, new = (on_either.root / "archive" / "debian" / str(w.date) for w in (FIRST, SECOND))
    assert (old / FIRST.debs[-1].path).read_bytes() == FIRST.debs[-1].data
    assert (new / SECOND.debs[-1].path).read_bytes() == SECOND.debs[-1].data


def dated(archive: SmallArchive, bench: MirrorBench) -> list[str]:
    stamps = ["20260711T120000Z", "20260901T010203Z", "20261101T000000Z"]
    for stamp, world in zip(stamps, (FIRST, SECOND, THIRD), strict=True):
        archive.publish_dated(stamp, world)
    return stamps


def test_a_dated_upstream_gives_all_its_runs_in_order_of_time(
    on_either: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    stamps = dated(archive, on_either)
    report = on_either.sync(kind="dated")
    assert [run.stamp for run in report.runs] == [FIRST.date, SECOND.date, THIRD.date]
    for stamp, world in zip(stamps, (FIRST, SECOND, THIRD), strict=True):
        run = on_either.stores.catalogue.run_at("debian", Timestamp.parse(stamp))
        assert run is not None
        assert run.timestamp == world.date
        for where in (stamp, str(world.date)):  # the upstream's own stamp is an alias
            tree = on_either.root / "archive" / "debian" / where
            assert all((tree / deb.path).read_bytes() == deb.data for deb in world.debs)
    upstream.requests.clear()
    assert on_either.sync(kind="dated").runs == ()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_backfill_in_any_order_gives_the_same_catalogue(
    on_either: MirrorBench, archive: SmallArchive, tmp_path: Path, order: tuple[int, ...]
) -> None:
    stamps = [Timestamp.parse(stamp) for stamp in dated(archive, on_either)]
    for which in order:
        on_either.sync(Selection(stamps[which], stamps[which]), kind="dated")
    other = MirrorBench(
        tmp_path / "other",
        f"sqlite:///{tmp_path}/other.sqlite",
        *on_either.upstreams,
        keys=[on_either.keyring] if on_either.keyring else [],
    )
    other.sync(kind="dated")
    assert on_either.dump() == other.dump()
    other.close()


def test_a_suite_that_a_dated_run_lacks_is_left_out(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    dated(archive, bench)
    report = bench.sync(kind="dated", suites=("bookworm", "bookworm-updates"))
    assert len(report.runs) == 3
    assert "has no suite bookworm-updates" in bench.listener.said[0]


def test_a_suite_that_a_live_mirror_lacks_is_an_error(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(FIRST)
    with pytest.raises(NotFound, match="bookworm-updates"):
        bench.sync(suites=("bookworm", "bookworm-updates"))
    assert bench.stores.catalogue.archives() == ()


def test_release_with_a_detached_signature_will_do(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.inline = False
    archive.publish(FIRST)
    bench.sync()
    tree = bench.root / "archive" / "debian" / str(FIRST.date) / "dists/bookworm"
    assert {path.name for path in tree.iterdir()} >= {"Release", "Release.gpg"}


def test_on_demand_mirrors_indices_and_no_package(
    bench: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    (run,) = bench.sync(files="on-demand").runs
    assert run.files == 0
    assert not [path for path, _ in upstream.requests if "/pool/" in path]
    deb = bench.stores.catalogue.file_at("debian", run.stamp, FIRST.debs[0].path)
    assert deb is not None
    assert deb.state is BlobState.KNOWN
    assert not (bench.root / "archive/debian" / str(run.stamp) / FIRST.debs[0].path).exists()


def test_a_widened_policy_fetches_what_it_lacks_of_the_same_release(
    on_either: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    on_either.sync(architectures=("amd64",))
    upstream.requests.clear()
    (run,) = on_either.sync().runs
    assert run.stamp == FIRST.date
    assert run.files == 4  # the sources
    assert [path for path, _ in upstream.requests if "Packages" in path] == []
    assert len(on_either.stores.catalogue.run_stamps("debian")) == 1


def test_a_change_under_the_newest_date_makes_a_run_of_its_own(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    older = Timestamp(FIRST.date.epoch - 5000)
    archive.publish(FIRST)
    for number in range(2):
        archive.publish(
            World(
                SECOND.debs[number : number + 1],
                date=Timestamp(older.epoch + number),
                suite="stable-updates",
                codename="bookworm-updates",
            )
        )
        bench.sync(suites=("bookworm", "bookworm-updates"))
    stamps = bench.stores.catalogue.run_stamps("debian")
    assert stamps == (FIRST.date, Timestamp(FIRST.date.epoch + 1))


@dataclass(frozen=True)
class Raw(Deb):
    """A package whose stanza is given."""

    text: str = ""

    def stanza(self) -> str:
        return self.text


def nothing_visible(bench: MirrorBench) -> bool:
    top = bench.root / "archive" / "debian"
    return bench.stores.catalogue.archives() == () and not [
        path for path in (top.iterdir() if top.is_dir() else ()) if path.name.startswith("2")
    ]


def test_an_unsigned_upstream_is_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    archive.publish(FIRST)
    archive.files[f"{SUITE}/InRelease"] = archive.release(FIRST, {"x": b""})
    with pytest.raises(VerificationError, match="debian bookworm InRelease: not signed") as caught:
        bench.sync()
    assert caught.value.exit_code == 76
    assert nothing_visible(bench)


def test_a_wrongly_signed_upstream_is_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    stranger = ThrowawayKey("A stranger")
    try:
        archive.key = stranger
        archive.publish(FIRST)
    finally:
        stranger.close()
    with pytest.raises(VerificationError, match=r"no signature that .*keyring\.gpg can vouch for"):
        bench.sync()
    assert nothing_visible(bench)


def test_trust_none_takes_it_by_that_name_and_records_it(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(FIRST)
    archive.files[f"{SUITE}/InRelease"] = archive.release(FIRST, archive._indices(FIRST))
    bench.sync(trust="none", keyring=None)
    run = bench.stores.catalogue.run_at("debian", FIRST.date)
    assert run is not None
    assert run.trust == "none"


def test_a_truncated_release_is_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    archive.publish(FIRST)
    whole = archive.files[f"{SUITE}/InRelease"]
    archive.files[f"{SUITE}/InRelease"] = whole[: len(whole) // 2]
    with pytest.raises(VerificationError, match="debian bookworm InRelease"):
        bench.sync()
    assert nothing_visible(bench)


def test_corrupt_packages_are_refused_and_the_rest_is_kept(
    on_either: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    bad = f"/{FIRST.debs[5].path}"
    good = archive.files[bad]
    archive.files[bad] = good[:-1] + b"x"
    with pytest.raises(CorruptUpstream, match=r"package005_1\.0-1_amd64\.deb.*wrong SHA-256"):
        on_either.sync()
    assert nothing_visible(on_either)
    archive.files[bad] = good
    upstream.requests.clear()
    on_either.sync()
    assert [path for path, _ in upstream.requests if "/pool/" in path] == [bad]


def test_corrupt_indices_are_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    archive.publish(FIRST)
    for path in list(archive.files):
        if "Packages" in path or "by-hash" in path:
            archive.files[path] = b"x" + archive.files[path][1:]
    with pytest.raises(TransientError, match=r"main/binary-amd64/Packages is not the one"):
        bench.sync()
    assert nothing_visible(bench)


@pytest.mark.parametrize("component", ["../../..", "main/../../../../etc", "./..", "a\\b"])
def test_a_signed_index_that_leaves_the_archive_is_refused(
    bench: MirrorBench, archive: SmallArchive, component: str
) -> None:
    hostile = Deb("hostile", "1", component=component)
    archive.publish(World((*FIRST.debs, hostile), FIRST.sources, FIRST.date))
    with pytest.raises(InvalidInput, match="hostile") as caught:
        bench.sync()
    assert caught.value.exit_code == 65
    assert nothing_visible(bench)


def test_an_index_that_names_metadata_as_a_package_is_refused(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    stanza = FIRST.debs[0].stanza().replace(FIRST.debs[0].path, "dists/bookworm/InRelease")
    broken = Raw("package000", "1.0-1", text=stanza)
    archive.publish(World((broken, *FIRST.debs[1:]), FIRST.sources, FIRST.date))
    with pytest.raises(InvalidInput, match="names metadata as a package"):
        bench.sync()
    assert nothing_visible(bench)


def test_a_damaged_packing_falls_back_to_the_next_one(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.by_hash = False
    archive.publish(FIRST)
    archive.files[f"{SUITE}/main/binary-amd64/Packages.xz"] = b"damaged"
    assert bench.sync().runs[0].parsed == 14


def test_an_archive_that_changes_meanwhile_is_read_again(
    bench: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.by_hash = False
    archive.publish(FIRST)

    def swap(path: str) -> None:
        if "Packages" in path and upstream.count(f"{SUITE}/InRelease") == 1:
            archive.publish(SECOND)

    upstream.before = swap
    (run,) = bench.sync().runs
    assert run.stamp == SECOND.date
    assert "changed while it was read" in " ".join(bench.listener.said)


def test_by_hash_needs_no_second_reading(
    bench: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)

    def swap(path: str) -> None:
        if "by-hash" in path and upstream.count(f"{SUITE}/InRelease") == 1:
            archive.publish(SECOND)

    upstream.before = swap
    assert bench.sync().runs[0].stamp == FIRST.date


def test_a_replayed_older_release_changes_nothing(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(SECOND)
    bench.sync()
    before = bench.dump()
    archive.publish(FIRST)
    with pytest.raises(VerificationError, match="older than"):
        bench.sync()
    assert bench.dump() == before


def test_a_stale_live_release_is_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    world = World(FIRST.debs, valid_until="Sat, 18 Jul 2026 10:16:37 UTC")
    archive.publish(world)
    with pytest.raises(VerificationError, match="valid until 20260718T101637Z"):
        bench.sync()


def test_a_file_that_no_upstream_has_is_recorded_as_missing(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(FIRST)
    gone = FIRST.debs[2]
    del archive.files[f"/{gone.path}"]
    report = bench.sync()
    assert report.missing == 1
    file = bench.stores.catalogue.file_at("debian", FIRST.date, gone.path)
    assert file is not None
    assert file.state is BlobState.MISSING
    assert gone.path in " ".join(bench.listener.said)


def test_the_second_upstream_steps_in(
    bench: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    with FaultyUpstream(dict(archive.files)) as other:
        bench.upstreams = (upstream.url, other.url)
        upstream.fault_every(lambda _path, _number: faults.status(509, "0"))
        assert bench.sync().runs[0].files == 16
        assert len(upstream.requests) == 1


def test_an_upstream_that_drops_every_connection_once_is_finished(
    bench: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(FIRST)
    upstream.fault_every(
        lambda path, number: faults.truncate(1000) if "/pool/" in path and number == 1 else None
    )
    bench.sync()
    debs = {f"/{deb.path}": len(deb.data) for deb in FIRST.debs}
    assert {path: upstream.sent[path] for path in debs} == debs
    resumed = [said for said in bench.listener.said if "resumed" in said]
    assert len(resumed) == len(debs)


def test_a_full_disk_ends_it_with_what_came_kept(
    bench: MirrorBench,
    archive: SmallArchive,
    upstream: FaultyUpstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive.publish(FIRST)
    real, written = PartialFile.write, [0]

    def write(self: PartialFile, chunk: bytes) -> None:
        written[0] += len(chunk)
        if written[0] > 30_000:
            raise StorageFull("no room left")
        real(self, chunk)

    monkeypatch.setattr(PartialFile, "write", write)
    with pytest.raises(StorageFull):
        bench.sync()
    assert nothing_visible(bench)
    kept = set(bench.blobs)
    monkeypatch.undo()
    upstream.sent.clear()
    bench.sync()
    assert kept
    assert kept <= set(bench.blobs)
    debs = [deb for deb in FIRST.debs if Digest.of(deb.data) in kept]
    assert [upstream.sent[f"/{deb.path}"] for deb in debs] == [0] * len(debs)


def test_two_syncs_at_once_are_refused(bench: MirrorBench, archive: SmallArchive) -> None:
    archive.publish(FIRST)
    failures: list[DejabuildError] = []

    def again(_path: str) -> None:
        if not failures:
            try:
                bench.sync()
            except DejabuildError as error:
                failures.append(error)

    original = bench.stores.fetcher.document

    def document(*args: object, **kwargs: object) -> object:
        again("")
        return original(*args, **kwargs)  # type: ignore[arg-type]

    bench.stores.fetcher.document = document  # type: ignore[method-assign,assignment]
    bench.sync()
    assert isinstance(failures[0], Busy)
    assert "sync of debian: another one is running: process" in failures[0].message


def test_a_live_mirror_has_no_past_to_select(bench: MirrorBench) -> None:
    with pytest.raises(ConfigurationError, match="no past"):
        bench.sync(Selection(first=FIRST.date))


def test_a_tree_that_was_not_placed_is_placed_by_the_next_sync(
    bench: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish(FIRST)
    bench.sync()
    before = bench.tree()
    link = bench.root / "archive" / "debian" / str(FIRST.date)
    link.unlink()
    bench.sync()
    assert bench.tree() == before
