# SPDX-License-Identifier: GPL-3.0-or-later
"""Open what the settings name and put it together for the HTTP surface and the scheduler."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from api.archive_services import ArchiveServices
from api.auth import Secrets
from api.rebuild_services import RebuildServices
from api.services import Services, Web
from ops.catalogue_for_rebuilding import CatalogueForRebuilding
from ops.data_directory import DataDirectory, data_directory, read_secret
from ops.initialize import catalogue_url, ledger_url
from ops.settings import Settings
from orchestrator.accept_report import Desk
from orchestrator.keys import load_keys
from orchestrator.lease import Dispatcher, LeasePolicy
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from storage.ledger import Ledger
from storage.signed_repository import RepositorySigner


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that lasts, opened. Opened anew after a fork.

    Attributes:
        data: Where it lies.
        blobs: The bytes.
        catalogue: What lived where and when.
        ledger: Targets, jobs, verdicts.
    """

    data: DataDirectory
    blobs: LocalBlobs
    catalogue: Catalogue
    ledger: Ledger


def open_stores(settings: Settings) -> Stores:
    """Open blobs and databases that `ops.initialize.initialize` made.

    Args:
        settings: Complete settings.

    Returns:
        The stores.
    """
    data = data_directory(settings)
    return Stores(
        data=data,
        blobs=LocalBlobs(data.blobs),
        catalogue=Catalogue(Database.open(catalogue_url(settings, data), "catalogue")),
        ledger=Ledger(Database.open(ledger_url(settings, data), "ledger")),
    )


def spread() -> int:
    """Draw a job's place within its day.

    Returns:
        A random number below 2**31.
    """
    return secrets.randbelow(2**31)


def wire_desk(stores: Stores) -> Desk:
    """Put together what taking a report needs.

    Args:
        stores: The opened stores.

    Returns:
        The desk.
    """
    return Desk(
        ledger=stores.ledger,
        blobs=stores.blobs,
        originals=CatalogueForRebuilding(stores.catalogue),
        keys=load_keys(stores.data.keys),
        clock=time.time,
        spread=spread,
    )


def wire_dispatcher(settings: Settings, stores: Stores) -> Dispatcher:
    """Put together what handing jobs out and taking them back needs.

    Args:
        settings: Complete settings.
        stores: The opened stores.

    Returns:
        The dispatcher.
    """
    return Dispatcher(
        ledger=stores.ledger,
        clock=time.time,
        token=lambda: secrets.token_urlsafe(24),
        spread=spread,
        policy=LeasePolicy(deadline=settings.orchestrator.lease),
    )


def read_secrets(data: DataDirectory) -> Secrets:
    """Read the administrator's cookie and the signup secret.

    Args:
        data: The data directory; `ops.initialize.initialize` made both. An emptied signup secret
            lets anybody register, which the server then allows on loopback only.

    Returns:
        The secrets.
    """
    signup = data.signup_secret
    is_open = signup.exists() and not signup.read_bytes().strip()
    return Secrets(
        admin_cookie=read_secret(data.auth_cookie),
        signup_secret=None if is_open else read_secret(signup),
    )


def wire_services(settings: Settings) -> Services:
    """Put together what `api.app.create_app` needs; called once in each server process.

    Args:
        settings: Complete settings.

    Returns:
        Both halves.
    """
    stores = open_stores(settings)
    data, server = stores.data, settings.server
    return Services(
        web=Web(clock=time.time, base_url=server.base_url, accel_prefix=server.accel_prefix),
        archive=ArchiveServices(
            catalogue=stores.catalogue,
            blobs=stores.blobs,
            signer=RepositorySigner(data.repository_keys, clock=time.time),
            pull=None,
        ),
        rebuild=RebuildServices(
            desk=wire_desk(stores),
            dispatcher=wire_dispatcher(settings, stores),
            secrets=read_secrets(data),
            build_timeout=settings.orchestrator.build_timeout,
        ),
    )
