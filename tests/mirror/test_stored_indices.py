# SPDX-License-Identifier: GPL-3.0-or-later
"""An index is found in whatever packing it is stored."""

from __future__ import annotations

import pytest

from mirror.stored_indices import index_path, read_index, stored_index
from snapshot.coordinates import Coordinates
from snapshot.errors import NotFound
from tests.mirror.closure_bench import FIRST, ClosureBench


@pytest.mark.parametrize(
    ("architecture", "path"),
    [("amd64", "main/binary-amd64/Packages"), ("source", "main/source/Sources")],
)
def test_it_is_found_and_unpacked(closures: ClosureBench, architecture: str, path: str) -> None:
    stream = Coordinates("debian", "bookworm", "main", architecture)
    assert index_path(stream) == path
    stores = closures.online.stores
    file = stored_index(stores.catalogue, stream, FIRST.date)
    assert file.path == f"dists/bookworm/{path}.xz"
    plain = b"".join(read_index(stores.blobs, file))
    assert plain == closures.archive.files[f"/dists/bookworm/{path}"]


@pytest.mark.parametrize(
    ("suite", "architecture", "path"),
    [("./", "all", "Packages"), ("sub/", "all", "Packages"), ("sub/", "source", "Sources")],
)
def test_a_flat_repository_has_its_indices_at_its_top(
    suite: str, architecture: str, path: str
) -> None:
    assert index_path(Coordinates("flat", suite, "main", architecture)) == path


def test_what_is_not_mirrored_is_not_found(closures: ClosureBench) -> None:
    stream = Coordinates("debian", "bookworm", "contrib", "amd64")
    with pytest.raises(NotFound, match="contrib/binary-amd64/Packages is not here"):
        stored_index(closures.online.stores.catalogue, stream, FIRST.date)
