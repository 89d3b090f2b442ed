# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packages from end to end, and every way in which a rebuild ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rebuilders.debian.identities import find_identities
from snapshot.digest import Digest
from snapshot.link import SignedLink
from snapshot.verdict import Reason, Status
from snapshot.wire import RebuildReport
from tests.rebuilders.looking_around import children, mounts_below, sleepers, unique_seconds
from tests.rebuilders.real_packages import DATA, environment_of
from tests.rebuilders.rebuilding import Rebuilding

pytestmark = pytest.mark.xdist_group("rebuilds")


def reason(report: RebuildReport) -> Reason | None:
    assert report.extension
    return report.extension.reason


def detail(report: RebuildReport) -> str:
    assert report.extension
    return report.extension.detail


def test_packages_that_debian_published_come_out_bit_for_bit(rebuilding: Rebuilding) -> None:
    fakeroot = rebuilding.packages.debs(rebuilding.packages.current("fakeroot", "libfakeroot"))
    rebuilding.provide_by_name(fakeroot, "20230101T000000Z")
    for name in ("what-is-python", "base-files", "distro-info-data"):
        rebuilding.add_real(name)
    rebuilding.work()
    reports = rebuilding.server.reports
    assert [report.status for report in reports] == [Status.GOOD] * 3, rebuilding.said
    strategies = [report.extension.strategy for report in reports if report.extension]
    # One needs only the name of root, one really changes owners, one neither.
    assert strategies == ["rules-requires-root", "fakeroot", "strict"]
    added = reports[1].extension.added if reports[1].extension else ()
    assert [word.partition("=")[0] for word in added] == ["fakeroot", "libfakeroot"]


def test_the_rebuild_records_the_same_environment_as_the_original(rebuilding: Rebuilding) -> None:
    job = rebuilding.add_real("distro-info-data")
    rebuilding.work()
    ours = rebuilding.server.evidence[
        job, "buildinfo", "distro-info-data_0.58+deb12u7_all.buildinfo"
    ]
    theirs = next((DATA / "distro-info-data").glob("*.buildinfo")).read_bytes()
    assert _section(ours, b"Installed-Build-Depends") == _section(
        theirs, b"Installed-Build-Depends"
    )
    assert _section(ours, b"Environment") == _section(theirs, b"Environment")


def test_what_is_the_same_is_stated_in_a_link_signed_by_the_worker(rebuilding: Rebuilding) -> None:
    rebuilding.add_real("what-is-python")
    rebuilding.work()
    record = next((DATA / "what-is-python").glob("*.buildinfo"))
    for artifact in rebuilding.server.report.artifacts:
        assert artifact.attestation
        link = SignedLink.from_json(artifact.attestation)
        assert link.materials() == {record.name: Digest.of(record.read_bytes())}
        assert link.products() == {artifact.name: artifact.sha256}
        assert len(link.signatures) == 1


def test_an_environment_that_is_there_costs_no_installation(rebuilding: Rebuilding) -> None:
    rebuilding.report("true")
    before = sorted((rebuilding.trees / "root/layers").iterdir())
    asked = len(rebuilding.server.requests)
    rebuilding.report("true")
    assert sorted((rebuilding.trees / "root/layers").iterdir()) == before
    files = [path for _, path in rebuilding.server.requests[asked:] if path.startswith("/file/")]
    assert len(files) <= 3, "only the record and its source are fetched"


def test_what_differs_is_judged_again_on_disk_and_explained(
    rebuilding: Rebuilding, tmp_path: Path
) -> None:
    random = "head -c 64 /dev/urandom | od -A n -t x1 > debian/out/usr/share/tiny/random"
    original = _build(rebuilding, random)
    digest = rebuilding.server.add_file(original)
    job = rebuilding.add_small(random, expect=digest)
    rebuilding.work(disk=tmp_path / "disk")
    report = rebuilding.server.reports[-1]
    assert report.status is Status.BAD
    assert detail(report) == "differs: tiny_1.0_all.deb"
    assert "once more, on disk" in rebuilding.log()
    kinds = {kind for number, kind, _ in rebuilding.server.evidence if number == job}
    assert kinds == {
        "log",
        "buildinfo",
        "artifact",
        "diffoscope-text",
        "diffoscope-html",
        "diffoscope-json",
    }
    text = rebuilding.server.evidence[job, "diffoscope-text", "tiny_1.0_all.deb"]
    assert b"usr/share/tiny/random" in text


def test_a_difference_that_only_memory_shows_is_good_on_disk(
    rebuilding: Rebuilding, tmp_path: Path
) -> None:
    # The kind of file system stands for the order of a directory.
    recipe = "stat -f -c %T . > debian/out/usr/share/tiny/where"
    on_disk = _build(rebuilding, recipe, disk=tmp_path / "disk")
    rebuilding.add_small(recipe, expect=Digest.of(on_disk))
    rebuilding.work(disk=tmp_path / "disk")
    assert rebuilding.server.reports[-1].status is Status.GOOD
    assert "once more, on disk" in rebuilding.log()


def test_the_newest_instead_of_the_recorded_package_is_an_environment_mismatch(
    rebuilding: Rebuilding,
) -> None:
    debs = rebuilding.base()
    wrong = [deb for deb in debs if deb.member.name != "sed"]
    missing = environment_of(debs)
    # Under the digest of sed lies another package: the name in the set is not what it is.
    sed = next(deb for deb in debs if deb.member.name == "sed")
    tar = next(deb for deb in debs if deb.member.name == "tar")
    lie = type(sed.member)("sed", "amd64", sed.member.version, tar.member.digest)
    environment = type(missing)("deb", frozenset({d.member for d in wrong} | {lie}))
    report = rebuilding.report("true", environment=rebuilding.server.add_environment(environment))
    assert (report.status, reason(report)) == (Status.FAIL, Reason.ENVIRONMENT_MISMATCH)
    assert "not sed" in detail(report)


def test_a_set_that_cannot_be_installed_is_refused_with_the_difference(
    rebuilding: Rebuilding,
) -> None:
    record = next((DATA / "catdoc").glob("*.buildinfo")).read_text()
    other = rebuilding.provide(rebuilding.packages.closure(record))
    # Without its libraries it is unpacked, never configured: not the recorded state.
    alone = [deb for deb in other if deb.member.name == "tk8.6"]
    report = rebuilding.report("true", debs=[*rebuilding.base(), *alone])
    assert (report.status, reason(report)) == (Status.FAIL, Reason.ENVIRONMENT_MISMATCH)
    assert report.artifacts == ()
    kept = rebuilding.server.evidence[report.queue_id, "environment-difference", ""]
    assert kept.startswith(b"! tk8.6 amd64"), kept


def test_a_package_that_the_server_lost_is_a_missing_dependency(rebuilding: Rebuilding) -> None:
    debs = rebuilding.base()
    lost = type(debs[0].member)("lost", "all", "1", Digest.of(b"lost"))
    environment = type(environment_of(debs))("deb", frozenset({d.member for d in debs} | {lost}))
    report = rebuilding.report("true", environment=rebuilding.server.add_environment(environment))
    assert (report.status, reason(report)) == (Status.FAIL, Reason.DEPENDENCY_MISSING)
    assert "lost all 1" in detail(report)


def test_a_build_that_fails_is_a_verdict_with_its_last_words(rebuilding: Rebuilding) -> None:
    report = rebuilding.report("echo 'x.c:1: error: no such thing'; exit 7")
    assert (report.status, reason(report)) == (Status.FAIL, Reason.BUILD_FAILED)
    assert "error" in detail(report)
    assert "no such thing" in rebuilding.log()


def test_a_build_beyond_its_time_is_ended_with_all_its_processes(rebuilding: Rebuilding) -> None:
    pause = unique_seconds()
    report = rebuilding.report(f"trap '' TERM; sleep {pause} & sleep {pause}", timeout=2)
    assert (report.status, reason(report)) == (Status.FAIL, Reason.BUILD_TIMEOUT)
    assert sleepers(pause) == []


def test_a_full_disk_is_said_so_and_the_next_job_is_done(rebuilding: Rebuilding) -> None:
    rebuilding.report("true")  # the layers are there
    rebuilding.server.reports.clear()
    rebuilding.add_small("dd if=/dev/zero of=debian/out/big bs=1M count=200 && false")
    rebuilding.add_small("true", name="after")
    with small_memory(rebuilding.folder / "small", "64m", rebuilding.trees) as small:
        rebuilding.work(trees=small, disk=small, cache=rebuilding.trees / "cache")
    first, second = rebuilding.server.reports
    assert (first.status, reason(first)) == (Status.FAIL, Reason.DISK_FULL)
    assert second.status is Status.BAD


def test_a_log_is_bounded_and_keeps_head_and_tail(rebuilding: Rebuilding) -> None:
    rebuilding.add_small(
        "echo FIRST-WORDS; head -c 3000000 /dev/zero | tr '\\0' x; echo LAST-WORDS"
    )
    rebuilding.work(log_limit=200_000)
    log = rebuilding.log()
    assert len(log) < 201_000
    for words in ("FIRST-WORDS", "LAST-WORDS", "bytes left out"):
        assert words in log


def test_a_record_that_cannot_be_read_is_a_verdict(rebuilding: Rebuilding) -> None:
    rebuilding.server.add_job("x_1_amd64.buildinfo", b"Format: 1.0\nSource: x y\n", {"a.deb": b""})
    rebuilding.work()
    report = rebuilding.server.report
    assert (report.status, reason(report)) == (Status.FAIL, Reason.BUILDINFO_INVALID)


def test_a_source_that_is_not_there_is_a_verdict(rebuilding: Rebuilding) -> None:
    rebuilding.add_small("true")
    rebuilding.server.answers.clear()
    rebuilding.work()
    report = rebuilding.server.report
    assert (report.status, reason(report)) == (Status.FAIL, Reason.SOURCE_MISSING)


def test_a_build_path_inside_the_system_is_refused(rebuilding: Rebuilding) -> None:
    report = rebuilding.report("true", record={"path": "/usr/bin/tiny-1.0"})
    assert (report.status, reason(report)) == (Status.FAIL, Reason.UNSUPPORTED)


def test_nothing_is_left_behind(rebuilding: Rebuilding) -> None:
    before = children()
    rebuilding.report("true")
    assert list((rebuilding.trees / find_identities().mode / "work").iterdir()) == []
    assert list((rebuilding.folder / "state/jobs").iterdir()) == []
    assert mounts_below(rebuilding.trees, rebuilding.folder) == []
    assert children() <= before


def _build(rebuilding: Rebuilding, recipe: str, **changes: object) -> bytes:
    """The package that a recipe gives, once."""
    job = rebuilding.add_small(recipe)
    rebuilding.work(**changes)
    report = rebuilding.server.reports[-1]
    assert report.queue_id == job
    return rebuilding.server.evidence[job, "artifact", "tiny_1.0_all.deb"]


def _section(record: bytes, name: bytes) -> list[bytes]:
    lines = record.split(name + b":\n", 1)[1].splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith(b" ")), len(lines))
    return sorted(line.strip(b" ,") for line in lines[:end])


@contextmanager
def small_memory(path: Path, size: str, trees: Path) -> Iterator[Path]:
    """Little room for working trees; the layers are those of `trees`."""
    layers = Path(find_identities().mode, "layers")
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size}"]
    subprocess.run(["mount", *options, "none", str(path)], check=True)
    try:
        (path / layers).mkdir(parents=True)
        subprocess.run(["mount", "--bind", str(trees / layers), str(path / layers)], check=True)
        yield path
    finally:
        subprocess.run(["umount", "--recursive", str(path)], check=True)
