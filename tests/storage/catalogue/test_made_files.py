# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made is found by every process, until its maker or its subject is gone."""

from __future__ import annotations

from storage.catalogue import Catalogue, MadeFile
from storage.catalogue.made_files import MadeFiles
from tests.storage.catalogue.archive_maker import binary, content, day, import_run

FILES = {name: MadeFile(content(name), len(name)) for name in ("InRelease", "Packages")}
OTHER = {"InRelease": MadeFile(content("other"), 5)}


def made(catalogue: Catalogue) -> MadeFiles:
    return catalogue.made


def test_what_a_maker_made_is_found_by_its_name_alone(catalogue: Catalogue) -> None:
    made(catalogue).keep("environment a", "key 1", FILES, day(1))
    assert made(catalogue).of("environment a", "key 1") == FILES
    assert made(catalogue).of("environment a", "key 2") == {}
    assert made(catalogue).of("environment b", "key 1") == {}


def test_another_makers_files_take_the_place_of_the_old_ones(catalogue: Catalogue) -> None:
    made(catalogue).keep("environment a", "key 1", FILES, day(1))
    made(catalogue).keep("environment a", "key 2", OTHER, day(2))
    assert made(catalogue).of("environment a", "key 2") == OTHER
    assert made(catalogue).of("environment a", "key 1") == {}


def test_made_files_are_needed_until_they_are_forgotten(catalogue: Catalogue) -> None:
    made(catalogue).keep("environment a", "key 1", FILES, day(1))
    wanted = {file.digest.raw for file in FILES.values()}
    assert wanted <= set(catalogue.needed.digests({}))
    made(catalogue).forget(["environment a", "environment never made"])
    assert not wanted & set(catalogue.needed.digests({}))
    assert made(catalogue).of("environment a", "key 1") == {}


def test_the_oldest_of_a_kind_are_beyond_the_last_made(catalogue: Catalogue) -> None:
    for number, name in enumerate("abc", start=1):
        made(catalogue).keep(f"source {name}", "key 1", FILES, day(number))
    made(catalogue).keep("sourcery d", "key 1", FILES, day(1))
    assert made(catalogue).beyond("source", 1, newest="source c") == ("source b", "source a")
    made(catalogue).keep("source a", "key 1", FILES, day(9))
    assert made(catalogue).beyond("source", 1, newest="source a") == ("source c", "source b")
    made(catalogue).keep("source b", "key 1", FILES, day(9))
    assert made(catalogue).beyond("source", 1, newest="source b") == ("source a", "source c")
    assert made(catalogue).beyond("source", 0, newest="source b") == ("source a", "source c")


def test_a_large_one_takes_the_place_of_several(catalogue: Catalogue) -> None:
    large = {"Packages": MadeFile(content("large"), 5 << 20)}
    made(catalogue).keep("source a", "key 1", FILES, day(1))
    made(catalogue).keep("source b", "key 1", large, day(2))
    made(catalogue).keep("source c", "key 1", FILES, day(3))
    assert made(catalogue).beyond("source", 5, newest="source c") == ()
    assert made(catalogue).beyond("source", 4, newest="source c") == ("source a",)
    assert made(catalogue).beyond("source", 3, newest="source c") == ("source b", "source a")


def test_what_nothing_names_any_more_is_told(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("listed")])
    listed, release = content("listed_1.0_amd64"), content("Release", "sid", str(day(1)))
    files = {
        name: MadeFile(digest, 1)
        for name, digest in {
            "alone": content("alone"),
            "shared": content("shared"),
            "listed": listed,
            "release": release,
            "pinned": content("pinned"),
        }.items()
    }
    made(catalogue).keep("source a", "key 1", files, day(1))
    made(catalogue).keep("source b", "key 1", {"other": files["shared"]}, day(1))
    catalogue.pin(content("pinned"), "token:x", day(1))
    assert made(catalogue).forget(["source a"]) == (content("alone"),)
    assert made(catalogue).forget(["source b"]) == (content("shared"),)
