# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of streams are read once, and again when there is a new stream."""

from __future__ import annotations

from sqlalchemy import select

from storage.catalogue import Catalogue, tables
from storage.catalogue.stream_names import StreamNames
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.storage.catalogue.archive_maker import MAIN, SOURCE, binary, day, import_run, source


def test_streams_are_read_once_and_again_for_a_new_one(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary("a")])
    names = StreamNames()

    def read() -> set[object]:
        with catalogue_database.read() as connection:
            wanted = set(connection.execute(select(tables.streams.c.id)).scalars())
            return {names.read(connection, wanted)[one] for one in wanted}

    def times(asked: list[str]) -> int:
        return sum("FROM streams JOIN" in statement for statement in asked)

    with asked_statements(catalogue_database) as asked:
        assert read() == read() == {MAIN}
    assert times(asked) == 1
    import_run(catalogue, day(2), {MAIN: [binary("a")], SOURCE: [source("s")]})
    with asked_statements(catalogue_database) as asked:
        assert read() == read() == {MAIN, SOURCE}
    assert times(asked) == 1
