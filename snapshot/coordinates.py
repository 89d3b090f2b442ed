# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in an archive something lives: the apt coordinates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._~-]*")
_PATH = re.compile(rf"{_NAME.pattern}(?:/{_NAME.pattern})*")
#: The suite of a flat repository at an archive's root.
FLAT = "./"


def checked_name(word: str, what: str) -> str:
    """A word that is safe as one path segment and in a URL.

    Args:
        word: The candidate.
        what: How to call it in the error, such as `archive`.

    Raises:
        InvalidInput: Empty, a dot segment, or with characters outside `A-Za-z0-9+._~-`.
    """
    if not _NAME.fullmatch(word):
        raise InvalidInput(
            f"not a valid {what} name: {word[:80]!r}",
            advice="use letters, digits and + . _ ~ - only, starting with a letter or digit",
        )
    return word


def checked_path(word: str, what: str) -> str:
    """Like `checked_name` for words that may have slashes inside (`lenny/updates`)."""
    if not _PATH.fullmatch(word):
        raise InvalidInput(f"not a {what}: {word[:80]!r}", advice="segments joined by single /")
    return word


def checked_suite(word: str) -> str:
    """A suite as apt's sources name it: `bookworm`, `lenny/updates`, or flat: `./`, `sub/`.

    Raises:
        InvalidInput: Anything else.
    """
    if word != FLAT:
        checked_path(word.removesuffix("/"), "suite")
    return word


def suite_directory(suite: str) -> str:
    """Where the Release of a suite lies: relative to the archive's root, with a final slash.

    A suite that ends in a slash is a flat repository: its directory, without `dists/`.
    """
    if suite == FLAT:
        return ""
    return suite if suite.endswith("/") else f"dists/{suite}/"


@dataclass(frozen=True, slots=True, order=True)
class Coordinates:
    """One stream of indices.

    Attributes:
        archive: Our name of the archive, such as `debian`.
        suite: Such as `bookworm` or `lenny/updates`; `./` or `sub/` is a flat repository;
            an Arch repo or RPM repository.
        component: Such as `main` or `main/debian-installer`.
        architecture: Such as `amd64`, `all`, or `source` for a Sources index.
    """

    archive: str
    suite: str
    component: str
    architecture: str

    def __post_init__(self) -> None:
        checked_name(self.archive, "archive")
        checked_suite(self.suite)
        checked_path(self.component, "component")
        checked_name(self.architecture, "architecture")

    def __str__(self) -> str:
        return f"{self.archive} {self.suite}/{self.component} {self.architecture}"
