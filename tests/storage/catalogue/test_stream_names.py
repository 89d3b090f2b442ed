# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of streams are read once, and again when there is a new stream."""

from __future__ import annotations

from sqlalchemy import event, select

from storage.catalogue import Catalogue, tables
from storage.catalogue.stream_names import StreamNames
from storage.database import Database
from tests.storage.catalogue.archive_maker import MAIN, SOURCE, binary, day, import_run, source


def test_streams_are_read_once_and_again_for_a_new_one(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary("a")])
    names = StreamNames()
    asked: list[str] = []

    @event.listens_for(catalogue_database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.extend(word for word in ["streams"] if f"FROM {word} JOIN" in statement)

    def read() -> set[object]:
        with catalogue_database.read() as connection:
            wanted = set(connection.execute(select(tables.streams.c.id)).scalars())
            return {names.read(connection, wanted)[one] for one in wanted}

    assert read() == read() == {MAIN}
    assert len(asked) == 1
    import_run(catalogue, day(2), {MAIN: [binary("a")], SOURCE: [source("s")]})
    assert read() == read() == {MAIN, SOURCE}
    assert len(asked) == 2
    event.remove(catalogue_database.engine, "before_cursor_execute", note)
