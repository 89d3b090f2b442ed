# SPDX-License-Identifier: GPL-3.0-or-later
"""What the indices of one run list."""

from __future__ import annotations

import pytest

from snapshot.errors import NotFound
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    binary,
    content,
    day,
    import_run,
    listed,
    source,
)


def test_a_run_lists_what_its_index_held(catalogue: Catalogue) -> None:
    for number in (1, 2, 3):
        import_run(catalogue, day(number), [binary("a", str(number)), binary("b")])
    for number in (1, 2, 3):
        assert listed(catalogue, day(number)) == {f"a {number}", "b 1.0"}


def test_a_source_comes_with_all_its_files(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {SOURCE: [source("s")]})
    (found,) = catalogue.packages_in("debian", day(1), "sid", "main", "source")
    assert [file.digest for file in found.files] == [content("s_1.0.dsc"), content("s_1.0.tar.xz")]


def test_streams_of_a_run_are_named_in_order(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {SOURCE: [source("s")], MAIN: []})
    assert catalogue.streams_at("debian", day(1)) == (MAIN, SOURCE)
    assert catalogue.streams_at("debian", day(2)) == ()


@pytest.mark.parametrize("number", [1, 2])
def test_an_index_that_is_not_there_is_refused_with_what_is(
    catalogue: Catalogue, number: int
) -> None:
    import_run(catalogue, day(1), [])
    with pytest.raises(NotFound) as caught:
        catalogue.packages_in("debian", day(number), "sid", "main", "arm64")
    assert ("sid/main amd64" if number == 1 else "nothing") in caught.value.advice


def test_a_package_without_any_file_is_listed(catalogue: Catalogue) -> None:
    lines = [line for line in binary("old").split(b"\n") if not line.startswith(b"SHA256")]
    import_run(catalogue, day(1), [b"\n".join(lines)])
    (found,) = catalogue.packages_in("debian", day(1), "sid", "main", "amd64")
    assert (found.package.name, found.files) == ("old", ())
