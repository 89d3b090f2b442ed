# SPDX-License-Identifier: GPL-3.0-or-later
"""Make everything lasting that a server needs; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from ops.data_directory import DataDirectory, data_directory
from ops.settings import Settings
from storage.database import Database


def catalogue_url(settings: Settings, data: DataDirectory) -> str:
    """Where the catalogue is.

    Args:
        settings: Complete settings.
        data: Their data directory.

    Returns:
        A database URL.
    """
    return settings.server.catalogue or data.catalogue_url


def ledger_url(settings: Settings, data: DataDirectory) -> str:
    """Where the ledger is.

    Args:
        settings: Complete settings.
        data: Their data directory.

    Returns:
        A database URL.
    """
    return settings.server.ledger or data.ledger_url


def initialize(settings: Settings, *, clock: Callable[[], float]) -> DataDirectory:
    """Make directories, secrets, keys and both databases, each only if absent.

    Args:
        settings: Complete settings.
        clock: Epoch seconds.

    Returns:
        The data directory.

    Raises:
        ConfigurationError: The place cannot be written, a database cannot be reached, a key is
            damaged.
        Unsupported: No gpg, so no key for the served environments can be made.
    """
    from orchestrator.keys import load_keys  # noqa: PLC0415  not for a sync that finds nothing
    from storage.signed_repository import RepositorySigner  # noqa: PLC0415

    data = initialize_archives(settings)
    load_keys(data.keys)
    RepositorySigner(data.repository_keys, clock=clock).make_if_absent()
    with closing(Database.open(ledger_url(settings, data), "ledger")) as ledger:
        ledger.upgrade()
    return data


def initialize_archives(settings: Settings) -> DataDirectory:
    """Make what mirroring needs: directories, secrets and the catalogue.

    Args:
        settings: Complete settings.

    Returns:
        The data directory.

    Raises:
        ConfigurationError: The place cannot be written, the catalogue cannot be reached.
    """
    data = data_directory(settings)
    data.make()
    with closing(Database.open(catalogue_url(settings, data), "catalogue")) as catalogue:
        catalogue.upgrade()
    return data
