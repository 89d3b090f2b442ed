# SPDX-License-Identifier: GPL-3.0-or-later
"""The stanzas of a source package: what a verified archive says comes first."""

from __future__ import annotations

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    begin,
    binary,
    day,
    import_run,
    release_of,
    source,
    stage,
)

TAGGED = source("hello") + b"\nPriority: extra"
OTHER = Coordinates("local", "sid", "main", "source")


def test_distinct_stanzas_are_given_oldest_first(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {SOURCE: [source("hello"), source("hello", "2.0")]})
    import_run(catalogue, day(2), {SOURCE: [TAGGED]})
    import_run(catalogue, day(3), {SOURCE: [source("hello")]})
    assert catalogue.source_stanzas("hello", "1.0") == (source("hello"), TAGGED)
    assert catalogue.source_stanzas("hello", "2.0") == (source("hello", "2.0"),)


def test_a_verified_archive_goes_before_an_older_unverified_one(catalogue: Catalogue) -> None:
    draft = catalogue.begin_run("local", day(1), trust="none", origin="http://127.0.0.1/")
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [source("hello")], OTHER)
    catalogue.publish(draft)
    import_run(catalogue, day(2), {SOURCE: [TAGGED]})
    assert catalogue.source_stanzas("hello", "1.0") == (TAGGED, source("hello"))


def test_binaries_and_runs_that_are_not_published_do_not_count(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {MAIN: [binary("hello")]})
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [source("hello")], SOURCE)
    assert catalogue.source_stanzas("hello", "1.0") == ()
    assert catalogue.source_stanzas("unknown", "1.0") == ()
