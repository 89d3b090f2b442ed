# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths and names that an index or record may give to a file.

They become paths of ours, so an index must not be able to name anything outside the
archive's own tree or shadow its metadata.
"""

from __future__ import annotations

import re

from snapshot.errors import InvalidInput

#: Nearly every path of an archive; one look finds out, where the rule below takes several.
_USUAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.~_:-]*(?:/[A-Za-z0-9][A-Za-z0-9+.~_:-]*)*")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|//|(?:\A|/)\.{0,2}(?:/|\Z)")
_PACKAGE = re.compile(
    r".*\.(?:u?deb|ddeb|dsc|diff\.gz|tar\.(?:gz|xz|bz2|lzma|zst)(?:\.asc|\.sig)?|rpm"
    r"|pkg\.tar\.(?:zst|xz|gz)(?:\.sig)?)"
)


def safe_relative_path(path: str, *, what: str = "path") -> str:
    """A path that stays below wherever it is joined to; a leading `./` is dropped.

    Raises:
        InvalidInput: Empty, absolute, with `.`, `..` or empty segments, a backslash, NUL or
            another control character, or of more than 4096 characters.
    """
    relative = path.removeprefix("./")
    if len(relative) > 4096 or not (_USUAL.fullmatch(relative) or not _UNSAFE.search(relative)):
        raise InvalidInput(
            f"not a safe {what}: {path[:120]!r}",
            advice="it must be relative and stay inside the archive",
        )
    return relative


def checked_pool_path(path: str) -> str:
    """Where an index says a package file lies, relative to the archive's root.

    Old and third-party archives keep packages below `dists/`; there only names of package
    files are accepted, so that no index can shadow a Release or another index.

    Raises:
        InvalidInput: Not a safe relative path, or metadata.
    """
    relative = safe_relative_path(path, what="path of a package file")
    if relative.startswith("dists/") and not _PACKAGE.fullmatch(relative):
        raise InvalidInput(f"an index names metadata as a package file: {path[:120]!r}")
    return relative


def checked_file_name(name: str) -> str:
    """A file name without any directory.

    Raises:
        InvalidInput: Not a safe path, or with a slash.
    """
    if "/" in safe_relative_path(name, what="file name"):
        raise InvalidInput(f"a file name with a directory: {name[:120]!r}")
    return name
