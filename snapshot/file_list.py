# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of files with digests (`Files`, `Checksums-Sha1`, `Checksums-Sha256`, `SHA256`).

Each line is `digest size name`; the lists of one document name the same files and are
joined to one `Checksums` a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput

if TYPE_CHECKING:
    from snapshot.control import Field, Fields

#: More files than any source, build or Release names.
MAX_FILES = 200_000

_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}
_HEX = re.compile(r"[0-9a-f]+")
_SIZE = re.compile(r"[0-9]{1,18}")


def read_file_lists(
    fields: Fields,
    names: Mapping[str, tuple[str, ...]],
    *,
    check: Callable[[str], str],
) -> dict[str, Checksums]:
    """Join the lists of one document.

    Args:
        fields: The document.
        names: For `md5`, `sha1`, `sha256`: the field names that hold such a list; the
            first one present is read. dpkg's `Files` may carry words between size and name.
        check: Gives back the name or path, or raises InvalidInput.

    Returns:
        Name to checksums, in the order of their first mention.

    Raises:
        InvalidInput: A line that is not `digest size name`, a name twice in one list, or
            two lists that disagree about a size; with the line.
    """
    sizes: dict[str, int] = {}
    found: dict[str, dict[str, str]] = {}
    for algorithm, spellings in names.items():
        field = next((f for name in spellings if (f := fields.find(name))), None)
        if field is None:
            continue
        for name, digest, size, line in _rows(field, algorithm, fields.document, check):
            if sizes.setdefault(name, size) != size:
                raise InvalidInput(
                    f"{fields.document}, line {line}: {name} has {size} bytes here and "
                    f"{sizes[name]} elsewhere"
                )
            if found.setdefault(name, {}).setdefault(algorithm, digest) != digest:
                raise InvalidInput(f"{fields.document}, line {line}: {name} with two digests")
    return {
        name: Checksums(
            size=sizes[name],
            sha256=Digest(digests["sha256"]) if "sha256" in digests else None,
            sha1=digests.get("sha1"),
            md5=digests.get("md5"),
        )
        for name, digests in found.items()
    }


def _rows(
    field: Field, algorithm: str, document: str, check: Callable[[str], str]
) -> list[tuple[str, str, int, int]]:
    """(name, digest, size, line) of each line of one list."""
    rows = []
    for line, text in field.rows():
        words = text.split()
        if len(words) < 3 or len(words[0]) != _LENGTHS[algorithm]:
            raise InvalidInput(
                f"{document}, line {line}: not `{algorithm} size name`: {text[:80]!r}"
            )
        digest = words[0].lower()
        if not _HEX.fullmatch(digest) or not _SIZE.fullmatch(words[1]):
            raise InvalidInput(f"{document}, line {line}: not a digest and a size: {text[:80]!r}")
        rows.append((_checked(check, words[-1], document, line), digest, int(words[1]), line))
        if len(rows) > MAX_FILES:
            raise InvalidInput(f"{document}: {field.name} names more than {MAX_FILES} files")
    return rows


def _checked(check: Callable[[str], str], name: str, document: str, line: int) -> str:
    try:
        return check(name)
    except InvalidInput as error:
        raise InvalidInput(
            f"{document}, line {line}: {error.message}", advice=error.advice
        ) from error
