# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from threading import Thread

from storage.ledger import Ledger, Page
from tests.storage.ledger.samples import NOON, worker


def test_the_key_decides_who_a_worker_is(ledger: Ledger) -> None:
    first = ledger.workers.register("key", "old name", "192.0.2.1", now=NOON)
    ledger.workers.say(first.id, "busy", now=NOON)
    again = ledger.workers.register("key", "new name", "192.0.2.2", now=NOON + 5)
    assert (again.id, again.name, again.address) == (first.id, "new name", "192.0.2.2")
    assert (again.status, again.registered_at, again.last_ping) == (None, NOON, NOON + 5)


def test_an_unknown_key_is_nobody(ledger: Ledger) -> None:
    assert ledger.workers.by_key("nobody") is None
    assert ledger.workers.get(1) is None


def test_a_removed_worker_is_gone_until_it_registers_again(ledger: Ledger) -> None:
    node = worker(ledger)
    assert ledger.workers.remove(node.id)
    assert not ledger.workers.remove(node.id)
    assert ledger.workers.by_key(node.key) is None
    assert ledger.workers.page().total == 0
    assert worker(ledger).id == node.id


def test_workers_are_listed_in_pages(ledger: Ledger) -> None:
    for name in ("c", "a", "b"):
        worker(ledger, name)
    page = ledger.workers.page(Page(limit=2, sort="name"))
    assert page.total == 3
    assert [node.name for node in page.records] == ["a", "b"]


def test_one_key_registered_from_many_sides_at_once_is_one_worker(ledger: Ledger) -> None:
    threads = [Thread(target=worker, args=(ledger,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.workers.page().total == 1
