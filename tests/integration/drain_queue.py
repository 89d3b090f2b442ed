# SPDX-License-Identifier: GPL-3.0-or-later
"""A server process that claims jobs until nothing is left.

A line on standard output when it is ready, then it waits for one on standard input.
"""

from __future__ import annotations

from orchestrator.lease import Dispatcher, claim, ping
from snapshot.wire import PopRequest
from storage.database import Database
from storage.ledger import Ledger
from tests.storage.ledger.samples import NOON

REQUEST = PopRequest(("debian",), ("amd64",), "x86_64")


def main(settings: dict[str, str]) -> int:
    """Claim and ping; say every job, and every error by name."""
    name = settings["name"]
    database = Database.open(settings["url"], "ledger")
    ledger = Ledger(database)
    words = iter(f"{name} {number}" for number in range(10_000))
    dispatcher = Dispatcher(ledger, lambda: NOON, lambda: next(words), lambda: 0)
    worker = ledger.workers.register(name, name, "192.0.2.1", now=NOON)
    print("ready", flush=True)
    input()
    while True:
        try:
            found = claim(dispatcher, worker, REQUEST)
            if found is None:
                break
            print(f"job {found.job.id}")
            if not ping(dispatcher, found.job.id, worker):
                print("error a fresh claim could not be pinged")
        except Exception as error:  # noqa: BLE001  # every error is counted
            print(f"error {type(error).__name__} {error}"[:300])
            break
    database.close()
    return 0
