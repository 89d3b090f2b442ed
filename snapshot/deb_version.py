# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian version strings: their order (deb-version(7)) and their parts.

The order is a key made once per string, so that sorting thousands costs no comparisons in
Python; a property test holds it equal to python-debian's.
"""

from __future__ import annotations

import re

from snapshot.errors import InvalidInput

_VERSION = re.compile(r"(?:[0-9]+:)?[A-Za-z0-9.+~:_-]+")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_BINNMU = re.compile(r"\+b[0-9]+$")

#: Ordered like the version it stands for.
VersionKey = tuple[
    int, tuple[tuple[tuple[int, ...], int], ...], tuple[tuple[tuple[int, ...], int], ...]
]

_END = ((0,), 0)


def checked_version(text: str) -> str:
    """A version as dpkg would accept it (and a little more: old archives have `_`).

    Raises:
        InvalidInput: Empty or with characters outside `A-Za-z0-9.+~:_-`.
    """
    if not _VERSION.fullmatch(text):
        raise InvalidInput(f"not a version: {text[:80]!r}")
    return text


def split_version(version: str) -> tuple[int, str, str]:
    """(epoch, upstream version, Debian revision); an absent revision is empty."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch), upstream, revision


def version_key(version: str) -> VersionKey:
    """A key that sorts as dpkg orders versions; equal versions have equal keys."""
    epoch, upstream, revision = split_version(version)
    return epoch, _part_key(upstream), _part_key(revision)


def without_epoch(version: str) -> str:
    """As it stands in file names."""
    head, colon, rest = version.partition(":")
    return rest if colon and head.isdecimal() else version


def without_binnmu(version: str) -> str:
    """The version of the source a binary-only rebuild was made from: `1-2+b3` → `1-2`."""
    return _BINNMU.sub("", version)


def _part_key(part: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """`~` sorts before the end, the end before letters, letters before all others."""
    # The last match is always the empty one at the end: exactly the pair that ends a key.
    pairs = [_pair(text, digits) for text, digits in _PARTS.findall(part)]
    if len(pairs) == 1:
        pairs.append(_END)
    return tuple(pairs)


def _pair(text: str, digits: str) -> tuple[tuple[int, ...], int]:
    order = [-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in text]
    return (*order, 0), int(digits or "0")
