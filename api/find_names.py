# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of packages as people type them."""

from __future__ import annotations

from api.archive_services import current_archive
from api.services import current_services
from storage.catalogue.search_names import FoundName

#: Longer than the name of any package.
LONGEST = 200


def names_beginning(query: str, *, most: int) -> list[FoundName]:
    """Names that begin as somebody typed, and those that begin so in small letters."""
    if current_services().archive is None or not is_text(query):
        return []
    history = current_archive().catalogue.history
    found: dict[str, FoundName] = {}
    for prefix in dict.fromkeys((query, query.lower())):
        found |= {one.name: one for one in history.names(prefix, most=most)}
    return list(found.values())[:most]


def is_text(text: str) -> bool:
    """Whether a database can compare with it: half of a character outside the plane is none."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
