# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle holds a closure and what proves it: no more, nothing twice, always the same bytes."""

from __future__ import annotations

import io

import pytest

from mirror.export_bundle import export_bundle
from mirror.fetch_closure import fetch_closure, keep_closure
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.errors import NotFound
from snapshot.need import Need
from tests.mirror.closure_bench import FIRST, INSTALLED, RECORD, SECOND, SOURCE, ClosureBench
from tests.small_archive import Deb


def test_it_holds_the_closure_and_the_indices_that_prove_it(closures: ClosureBench) -> None:
    closures.fetch(definition=closures.define())
    bundle, report = closures.export()
    held = {digest for digest, _ in report.manifest.blobs}
    needed = {Digest.of(deb.data) for deb in INSTALLED} | {Digest.of(RECORD)}
    needed |= {Digest.of(data) for data in SOURCE.files.values()}
    (run,) = report.manifest.runs
    assert (run.archive, run.stamp, run.trust) == ("debian", FIRST.date, "release")
    assert [member.path for member in run.members] == [
        "InRelease",
        "main/binary-amd64/Packages.xz",
        "main/source/Sources.xz",
    ]
    members = {member.digest for member in run.members}
    assert held == needed | members | {report.manifest.definition}
    assert report.written == len(bundle)
    assert Digest.of(FIRST.debs[0].data) not in held, "what is built is not needed to build it"


def test_the_same_closure_gives_the_same_bytes(closures: ClosureBench) -> None:
    closures.fetch(definition=closures.define())
    first, _ = closures.export()
    closures.online.time.now += 1e6
    closures.fetch()
    assert closures.export()[0] == first


def test_packages_of_two_dates_bring_both_and_each_index_once(closures: ClosureBench) -> None:
    closures.sync(SECOND)
    old, new = FIRST.debs[-2], SECOND.debs[-2]
    needs = frozenset({Need(deb.name, deb.version, "amd64") for deb in (old, new)})
    closures.fetch(definition=Definition(needs=needs))
    _, report = closures.export()
    assert [run.stamp for run in report.manifest.runs] == [FIRST.date, SECOND.date]
    digests = [digest for digest, _ in report.manifest.blobs]
    assert len(digests) == len(set(digests))


def test_an_index_that_nothing_is_taken_from_stays_out(closures: ClosureBench) -> None:
    needs = frozenset({Need("package001", "1.0-1", "amd64")})
    closures.fetch(definition=Definition(needs=needs))
    _, report = closures.export()
    (run,) = report.manifest.runs
    assert [m.path for m in run.members] == ["InRelease", "main/binary-amd64/Packages.xz"]


def test_a_closure_that_is_not_whole_is_not_exported(closures: ClosureBench) -> None:
    definition = closures.define()
    keep_closure(closures.online.stores, "base", definition)
    out = io.BytesIO()
    with pytest.raises(NotFound, match="5 parts of the closure are not here"):
        export_bundle(closures.online.stores, "base", definition, out, sign=lambda text: text)
    assert out.getvalue() == b""


def test_what_is_unknown_is_not_exported_silently(closures: ClosureBench) -> None:
    wanted = Definition(needs=frozenset({Need("unheard-of", "1", "amd64")}))
    closures.fetch(definition=wanted)
    with pytest.raises(NotFound, match="unheard-of:amd64 \\(= 1\\): unknown package"):
        closures.export()


@pytest.mark.parametrize("suite", ["sub/", "./"])
def test_packages_of_a_flat_repository_are_carried(closures: ClosureBench, suite: str) -> None:
    deb, archive, top = Deb("flatly", "1"), closures.archive, suite.removeprefix("./")
    packages = {"Packages": deb.stanza().encode()}
    archive.files[f"/{deb.path}"] = deb.data
    archive.files[f"/{top}Packages"] = packages["Packages"]
    archive.files[f"/{top}InRelease"] = archive.key.inline(archive.release(FIRST, packages))
    changed = {"name": "flat", "suites": (suite,), "files": "closures"}
    closures.online.sync(None, **changed)
    stores, wanted = closures.online.stores, Need("flatly", "1", "amd64")
    definition = Definition(needs=frozenset({wanted}))
    policy = closures.online.policy(**changed)
    assert fetch_closure(stores, [policy], "carried", definition).complete
    report = closures.take_in(closures.export("carried")[0])
    assert report.closure.complete
    assert [run.archive for run in report.runs] == ["flat"]
