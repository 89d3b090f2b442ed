# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that imports a small history and can be killed: `import_runs.py URL`.

Before every write transaction it writes a line, so that whoever started it knows where it is.
Runs that are published already are left alone, as `mirror sync` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from storage.catalogue import Catalogue, change_presences, discard_run, read_index
from storage.database import Database
from tests.storage.catalogue.archive_maker import MAIN, SOURCE, binary, day, import_run, source

SIZE = 300
#: In this order: the third run is filled in between.
DAYS = (1, 5, 3)


class Telling(Database):
    """Says when it is about to write."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        print("write", flush=True)
        with super().write() as connection:
            yield connection


def main(url: str) -> int:
    read_index.STANZAS_AT_ONCE = 50
    change_presences.ROWS_AT_ONCE = 40
    discard_run.ENTRIES_AT_ONCE = 40
    opened = Database.open(url, "catalogue")
    database = Telling(opened.engine, opened.kind, opened._reading)
    catalogue = Catalogue(database)
    for number in DAYS:
        if day(number) not in catalogue.run_stamps("debian"):
            stanzas = [binary(f"p{n}", str(n % number)) for n in range(0, SIZE, 1 + number % 2)]
            sources = [source(f"p{n}", str(n % number)) for n in range(50)]
            import_run(catalogue, day(number), {MAIN: stanzas, SOURCE: sources})
    database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
