# SPDX-License-Identifier: GPL-3.0-or-later
"""A closure keeps what proves it, whatever becomes of the runs that it was taken from."""

from __future__ import annotations

from mirror.collect import CollectStores, collect
from mirror.fetch_closure import fetch_closure
from mirror.keep_runs import keep_runs
from mirror.prove_closure import prove_closure
from mirror.resolve_closure import resolve_closure
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.keep_rules import parse_rules
from snapshot.need import Need
from storage.database import Database
from storage.ledger import Ledger
from tests.mirror.closure_bench import FIRST, INSTALLED, SECOND, ClosureBench

DAY = 86400.0


def remove_old_runs(closures: ClosureBench, ledger: Database) -> int:
    """Keep the newest run only and collect; returns how many files went."""
    online, stores = closures.online, closures.online.stores
    later = max(one.stored for one in online.blobs.stored()) + 8 * DAY
    keep_runs(online.policy(keep=parse_rules(["all for 1 day"])), stores)
    collecting = CollectStores(
        stores.catalogue, Ledger(ledger), online.blobs, stores.layout, stores.locks, lambda: later
    )
    return collect(collecting, grace=7 * DAY, most=1.0, delete=True).files


def test_a_closure_outlives_the_run_it_was_taken_from(
    closures: ClosureBench, sqlite_ledger: Database
) -> None:
    gone = next(deb for deb in FIRST.debs if deb not in SECOND.debs)
    needs = {Need(deb.name, deb.version, "amd64") for deb in (gone, INSTALLED[0])}
    closures.fetch(definition=Definition(needs=frozenset(needs)))
    before, _ = closures.export()
    closures.sync(SECOND)
    remove_old_runs(closures, sqlite_ledger)
    assert closures.online.stores.catalogue.run_stamps("debian") == (SECOND.date,)
    assert closures.fetch().complete
    bundle, report = closures.export()
    assert bundle == before
    assert [run.stamp for run in report.manifest.runs] == [FIRST.date]
    assert closures.take_in(bundle).closure.complete


def test_what_a_later_run_has_too_is_proved_by_a_run_that_is_kept(
    closures: ClosureBench, sqlite_ledger: Database
) -> None:
    closures.sync(SECOND)
    assert remove_old_runs(closures, sqlite_ledger) > 0, "the index of the first run stayed"
    stores = closures.online.stores
    needs = frozenset({Need(INSTALLED[0].name, INSTALLED[0].version, "amd64")})
    fetch_closure(stores, [closures.policy], "late", Definition(needs=needs))
    _, report = closures.export("late")
    assert [run.stamp for run in report.manifest.runs] == [SECOND.date]


def test_the_proof_is_every_index_that_something_is_taken_from(closures: ClosureBench) -> None:
    stores = closures.online.stores
    resolved = resolve_closure(closures.define(), stores.catalogue, stores.blobs)
    (run,) = prove_closure(stores.catalogue, resolved)
    assert {member.path for member in run.members} == {
        "InRelease",
        "main/binary-amd64/Packages.xz",
        "main/source/Sources.xz",
    }
    release = closures.archive.files["/dists/bookworm/InRelease"]
    assert run.find("bookworm", "InRelease") == Digest.of(release)
