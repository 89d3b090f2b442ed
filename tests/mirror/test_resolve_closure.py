# SPDX-License-Identifier: GPL-3.0-or-later
"""Names become digests that an index names, and dated suites that prove all of them."""

from __future__ import annotations

from mirror.resolve_closure import ResolvedClosure, add_record, resolve_closure
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.need import Need
from tests.mirror.closure_bench import FIRST, INSTALLED, RECORD, SECOND, SOURCE, ClosureBench


def resolve(bench: ClosureBench, definition: Definition) -> ResolvedClosure:
    stores = bench.online.stores
    return resolve_closure(definition, stores.catalogue, stores.blobs)


def test_a_record_brings_its_packages_its_source_and_its_environment(
    closures: ClosureBench,
) -> None:
    found = resolve(closures, closures.define())
    paths = {file.path for file in found.files.values() if file.archive == "debian"}
    assert paths == {deb.path for deb in INSTALLED} | {
        f"{SOURCE.directory}/{name}" for name in SOURCE.files
    }
    assert found.gaps == []
    assert len(found.environments) == 1


def test_what_the_record_built_is_proved_but_not_wanted(closures: ClosureBench) -> None:
    found = resolve(closures, closures.define())
    built = Digest.of(FIRST.debs[0].data)
    assert built not in found.files
    assert any(digest == built for _, digest in found.chosen)


def test_one_dated_suite_proves_what_one_held(closures: ClosureBench) -> None:
    closures.sync(SECOND)
    (step,) = resolve(closures, closures.define()).proofs()
    assert (step.archive, step.suite) == ("debian", "bookworm")
    assert step.components == ("main",)
    assert step.architectures == ("amd64", "source")


def test_a_record_need_not_be_stored_to_be_looked_at(closures: ClosureBench) -> None:
    found = ResolvedClosure()
    add_record(found, "x", RECORD, closures.online.stores.catalogue, sources=False)
    assert not found.gaps
    assert not any(file.path.endswith(".dsc") for file in found.files.values())


def test_an_archive_without_signatures_is_named_as_such(closures: ClosureBench) -> None:
    online = closures.online
    online.sync(None, name="loose", trust="none", keyring=None, files="closures")
    need = Need("package001", "1.0-1", "amd64")
    assert not resolve(closures, Definition(needs=frozenset({need}))).unverified


def test_many_files_are_no_more_work_than_their_runs(closures: ClosureBench) -> None:
    found = resolve(closures, closures.define())
    (choice, *_) = found.chosen.values()
    for number in range(20_000):
        found.chosen[Need(f"p{number}", "1"), Digest.of(b"%d" % number)] = choice
    assert len(found.proofs()) == 1
