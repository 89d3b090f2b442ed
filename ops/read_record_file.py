# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a build record that a person names."""

from __future__ import annotations

from pathlib import Path

from snapshot.errors import InvalidInput

MOST_RECORD: int = 16 << 20
"""Largest build record that is read, in bytes; servers refuse larger ones."""


def read_record_file(path: Path) -> bytes:
    """Read a build record.

    Args:
        path: The file.

    Returns:
        Its bytes.

    Raises:
        InvalidInput: It cannot be read, or is too large to be one.
    """
    try:
        if path.stat().st_size > MOST_RECORD:
            raise InvalidInput(
                f"{path}: larger than {MOST_RECORD >> 20} MiB", advice="Is it a build record?"
            )
        return path.read_bytes()
    except OSError as problem:
        raise InvalidInput(f"{path}: cannot be read: {problem.strerror}") from problem
