# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: its answers are values that outlive the transaction."""

from __future__ import annotations

import threading

from storage.catalogue import Catalogue, ReleaseRecord
from tests.storage.catalogue.archive_maker import (
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


def test_readers_see_whole_runs_while_one_is_imported(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary(f"p{number}", "1") for number in range(200)])
    ended = threading.Event()
    torn: list[str] = []

    def read() -> None:
        while not ended.is_set():
            newest = catalogue.run_stamps("debian")[-1]
            versions = {word.split()[1] for word in listed(catalogue, newest)}
            if len(versions) != 1:
                torn.append(f"{newest}: {versions}")

    reader = threading.Thread(target=read)
    reader.start()
    for number in (2, 3, 4):
        import_run(catalogue, day(number), [binary(f"p{n}", str(number)) for n in range(200)])
    ended.set()
    reader.join()
    assert torn == []


def test_the_dump_may_be_read_while_others_write(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    lines = catalogue.dump()
    next(lines)
    import_run(catalogue, day(2), [binary("b")])
    assert not any("20260102" in line for line in lines)


def test_an_alias_that_no_run_knows_is_no_suite(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, ReleaseRecord("sid", content("r"), day(1)))
    catalogue.publish(draft)
    assert catalogue.release_at("debian", day(1), "unstable") is None


def test_a_whole_history_is_told_by_days(catalogue: Catalogue) -> None:
    for number, names in enumerate(("a", "ab", "b", "ab"), start=1):
        draft = begin(catalogue, day(number))
        catalogue.stage_release(draft, release_of(draft))
        stage(catalogue, draft, [binary(name) for name in names])
        catalogue.publish(draft)
    assert history(catalogue, "a") == [(1, 3), (4, None)]
    assert history(catalogue, "b") == [(2, None)]
