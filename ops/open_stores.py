# SPDX-License-Identifier: GPL-3.0-or-later
"""Open what lasts: blobs, catalogue, ledger, as the settings name them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ops.data_directory import DataDirectory, data_directory
from ops.initialize import catalogue_url, ledger_url
from ops.open_blobs import open_blobs
from ops.settings import Settings
from storage.blobs import BlobStore
from storage.catalogue import Catalogue
from storage.database import Database

if TYPE_CHECKING:
    from storage.ledger import Ledger


@dataclass(frozen=True)
class Stores:
    """Everything that lasts, opened. Opened anew after a fork.

    Attributes:
        data: Where it lies.
        blobs: The bytes.
        catalogue: What lived where and when.
        ledger_url: Where the ledger is.
    """

    data: DataDirectory
    blobs: BlobStore
    catalogue: Catalogue
    ledger_url: str

    @cached_property
    def ledger(self) -> Ledger:
        """Targets, jobs, verdicts; opened when first asked for: mirroring has no use for it."""
        from storage.ledger import Ledger  # noqa: PLC0415

        return Ledger(Database.open(self.ledger_url, "ledger"))


def open_stores(settings: Settings, *, small: bool = False) -> Stores:
    """Open blobs and databases that `ops.initialize.initialize` made.

    Args:
        settings: Complete settings.
        small: Keep little of the catalogue in memory, for one of many processes that read.

    Returns:
        The stores.
    """
    data = data_directory(settings)
    return Stores(
        data=data,
        blobs=open_blobs(settings, data),
        catalogue=Catalogue(Database.open(catalogue_url(settings, data), "catalogue", small=small)),
        ledger_url=ledger_url(settings, data),
    )
