# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk's refusals in our words, other errors untouched."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from snapshot.errors import DejabuildError, Denied, PermanentError, StorageFull
from storage.blobs.disk_errors import disk_errors


@pytest.mark.parametrize(
    ("number", "kind", "exit_code"),
    [
        (errno.ENOSPC, StorageFull, 74),
        (errno.EDQUOT, StorageFull, 74),
        (errno.EACCES, Denied, 77),
        (errno.EROFS, Denied, 77),
        (errno.EIO, PermanentError, 1),
    ],
)
def test_each_refusal_has_its_error(
    tmp_path: Path, number: int, kind: type[DejabuildError], exit_code: int
) -> None:
    with pytest.raises(kind) as caught, disk_errors(tmp_path, "storing a blob"):
        raise OSError(number, "as the kernel says it")
    assert caught.value.exit_code == exit_code
    assert str(tmp_path) in caught.value.message
    assert "storing a blob" in caught.value.message


def test_the_room_that_is_left_is_named_even_when_nobody_knows_it() -> None:
    with pytest.raises(StorageFull, match="unknown free"), disk_errors(Path("/absent"), "x"):
        raise OSError(errno.ENOSPC, "")


def test_errors_of_others_pass(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), disk_errors(tmp_path, "x"):
        raise ValueError("mine")
