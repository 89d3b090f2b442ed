# SPDX-License-Identifier: GPL-3.0-or-later
"""`Installed-Build-Depends`: the exact packages that were installed for a build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snapshot.errors import InvalidInput
from snapshot.need import Need

if TYPE_CHECKING:
    from snapshot.control import Fields

#: Five times the largest real one.
MAX_DEPENDENCIES = 20_000

_ITEM = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9][a-z0-9-]*))?"
    r" ?\(= ?((?:[0-9]+:)?[A-Za-z0-9.+~:_-]+)\)\s*"
)
#: Qualifiers that name no architecture.
_NO_ARCHITECTURE = frozenset({"any", "all", "native"})


def read_installed(fields: Fields, limit: int = MAX_DEPENDENCIES) -> tuple[Need, ...]:
    """The packages of `Installed-Build-Depends`, in the record's order.

    Raises:
        InvalidInput: The field is missing, an item is not `name[:arch] (= version)`, one
            package stands there in two versions, or there are more than the limit.
    """
    field = fields.required("Installed-Build-Depends")
    if field.text.endswith(","):
        raise InvalidInput(
            f"{fields.document}: Installed-Build-Depends ends with a comma",
            advice="it is truncated: fetch it again",
        )
    needs: dict[tuple[str, str | None], Need] = {}
    for line, text in field.rows():
        for item in text.split(","):
            match = _ITEM.fullmatch(item)
            if match is None:
                if not item or item.isspace():
                    continue
                raise InvalidInput(
                    f"{fields.document}, line {line}: not an installed package: "
                    f"{item.strip()[:80]!r}",
                    advice="expected `name[:architecture] (= version)`",
                )
            name, architecture, version = match.groups()
            if architecture in _NO_ARCHITECTURE:
                architecture = None
            need = Need(name, version, architecture)
            other = needs.setdefault((name, architecture), need)
            if other is not need and other.version != version:
                raise InvalidInput(
                    f"{fields.document}, line {line}: {need} after {other}",
                    advice="one package cannot be installed in two versions",
                )
        if len(needs) > limit:
            raise InvalidInput(
                f"{fields.document}, line {line}: more than {limit} installed packages"
            )
    return tuple(needs.values())
