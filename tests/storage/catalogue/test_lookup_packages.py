# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages by name, as `/mr/package` and `/mr/binary` ask."""

from __future__ import annotations

import pytest

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    binary,
    content,
    day,
    import_run,
    source,
)


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    import_run(
        catalogue,
        day(1),
        {
            MAIN: [
                binary("libfoo1", "1.9-1", source="foo"),
                binary("foo-doc", "1.9-1", source="foo", architecture="all"),
                binary("alone", "1.0"),
            ],
            SOURCE: [source("foo", "1.9-1")],
        },
    )
    import_run(
        catalogue,
        day(2),
        {
            MAIN: [
                binary("libfoo1", "1.10-1+b1", source="foo (1.10-1)"),
                binary("libfoo1", "1.10-1", architecture="arm64", source="foo"),
            ],
            SOURCE: [source("foo", "1.10-1")],
        },
    )
    return catalogue


def test_every_source_is_named_even_when_only_its_binaries_were_seen(filled: Catalogue) -> None:
    assert filled.source_names() == ("alone", "foo")


def test_versions_are_ordered_as_dpkg_does_the_newest_first(filled: Catalogue) -> None:
    assert filled.source_versions("foo") == ("1.10-1", "1.9-1")
    assert filled.source_versions("unknown") == ()


def test_source_files_are_the_dsc_and_what_it_names(filled: Catalogue) -> None:
    found = filled.source_files("foo", "1.9-1")
    assert [location.file.path for location in found] == [
        "pool/main/f/foo/foo_1.9-1.dsc",
        "pool/main/f/foo/foo_1.9-1.tar.xz",
    ]
    assert {location.coordinates for location in found} == {SOURCE}
    assert found[0].file.digest == content("foo_1.9-1.dsc")
    assert found[0].file.sha1 == content("foo_1.9-1.dsc").hex[:40]
    assert found[0].md5 == content("foo_1.9-1.dsc").hex[:32]


def test_binaries_follow_their_source_through_a_binary_only_rebuild(filled: Catalogue) -> None:
    found = filled.binaries_of("foo", "1.10-1")
    assert [(one.name, one.version, one.architecture) for one in found] == [
        ("libfoo1", "1.10-1", "arm64"),
        ("libfoo1", "1.10-1+b1", "amd64"),
    ]
    assert {(one.source, one.source_version) for one in found} == {("foo", "1.10-1")}


def test_versions_of_a_binary_name_their_source(filled: Catalogue) -> None:
    found = filled.binary_versions("libfoo1")
    assert [(one.version, one.source_version) for one in found] == [
        ("1.10-1+b1", "1.10-1"),
        ("1.10-1", "1.10-1"),
        ("1.9-1", "1.9-1"),
    ]


def test_files_of_a_source_are_those_of_all_its_binaries(filled: Catalogue) -> None:
    found = filled.files_of_source("foo", "1.9-1")
    assert [location.package.name for location in found] == ["foo-doc", "libfoo1"]


def test_a_file_in_two_suites_has_two_locations(catalogue: Catalogue) -> None:
    testing = Coordinates("debian", "testing", "main", "amd64")
    import_run(catalogue, day(1), {MAIN: [binary("a")]})
    import_run(catalogue, day(2), {MAIN: [binary("a")], testing: [binary("a")]})
    found = catalogue.binary_files("a", "1.0")
    assert [(one.coordinates.suite, one.first_seen) for one in found] == [
        ("sid", day(1)),
        ("testing", day(2)),
    ]


def test_names_are_data_and_never_sql(filled: Catalogue) -> None:
    for name in ("'; DROP TABLE packages; --", "%s", "\\", "💥"):
        assert filled.binary_versions(name) == ()
        assert filled.source_versions(name) == ()
        assert filled.binary_files(name, name) == ()
    assert filled.source_names() == ("alone", "foo")
