# SPDX-License-Identifier: GPL-3.0-or-later
"""What an unfinished run wrote is taken back; tests/properties kills it everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from snapshot.errors import StorageFull
from storage.catalogue import Catalogue
from storage.catalogue import tables as t
from storage.database import Database
from tests.storage.catalogue.archive_maker import (
    MAIN,
    begin,
    binary,
    content,
    day,
    history,
    import_run,
    listed,
    release_of,
    stage,
)


def stored(database: Database) -> list[tuple[int, int, int, int]]:
    with database.read() as connection:
        return [
            tuple(row) for row in connection.execute(select(t.presences).order_by(*t.presences.c))
        ]


def test_beginning_again_takes_back_all_four_changes(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary(name) for name in "ab"])
    import_run(catalogue, day(3), [binary(name) for name in "ac"])
    before = stored(catalogue_database)
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary(name) for name in "cd"])
    assert stored(catalogue_database) != before
    begin(catalogue, day(4))
    assert stored(catalogue_database) == before


def test_the_same_run_again_after_a_death_gives_what_it_would_have_given(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), [binary("a")])
    dead = begin(catalogue, day(2))
    catalogue.stage_release(dead, release_of(dead))
    stage(catalogue, dead, [binary("b")])
    import_run(catalogue, day(2), [binary("b")])
    assert history(catalogue, "a") == [(1, 2)]
    assert history(catalogue, "b") == [(2, None)]


def test_nothing_of_a_draft_can_be_told(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    told = list(catalogue.dump())
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("b", source="new-source")])
    assert list(catalogue.dump()) == told
    assert catalogue.source_names() == ("a",)
    assert catalogue.source_versions("new-source") == ()
    assert catalogue.binary_versions("b") == ()
    assert catalogue.binary_files("b", "1.0") == ()
    assert history(catalogue, "a") == [(1, None)]
    assert listed(catalogue, day(1)) == {"a 1.0"}
    path = "pool/main/b/b/b_1.0_amd64.deb"
    assert catalogue.file_at("debian", day(1), path) is None
    assert catalogue.list_directory("debian", day(1), "pool/main/b") is None


def test_a_full_disk_loses_nothing(sqlite_folder: Path) -> None:
    database = Database.open(f"sqlite:///{sqlite_folder}/small.sqlite", "catalogue")
    database.upgrade()
    catalogue = Catalogue(database)
    import_run(catalogue, day(1), [binary("a")])
    told = list(catalogue.dump())
    many = [binary(f"p{number}", tag=content(str(number)).hex) for number in range(3000)]
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}")
    with pytest.raises(StorageFull, match=r"small\.sqlite"):
        import_run(catalogue, day(2), many)
    assert list(catalogue.dump()) == told
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert import_run(catalogue, day(2), many).opened == 3000
    database.close()


def test_abandoning_a_published_run_changes_nothing(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a")])
    catalogue.publish(draft)
    catalogue.abandon(draft)
    assert listed(catalogue, day(1)) == {"a 1.0"}


def test_no_row_of_a_discarded_run_stays(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    draft = catalogue.begin_run(MAIN.archive, day(1), trust="release", origin="x", aliases=[day(2)])
    catalogue.stage_release(draft, release_of(draft, aliases=("unstable",)))
    stage(catalogue, draft, [binary("a")])
    catalogue.abandon(draft)
    tables = (t.runs, t.run_aliases, t.run_releases, t.suite_aliases, t.observations, t.presences)
    with catalogue_database.read() as connection:
        for table in tables:
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
