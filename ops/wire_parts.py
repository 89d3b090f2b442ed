# SPDX-License-Identifier: GPL-3.0-or-later
"""Open what the settings name and put it together for the HTTP surface and the scheduler."""

from __future__ import annotations

import secrets
import time

from api.archive_services import ArchiveServices
from api.auth import Secrets
from api.rebuild_services import RebuildServices
from api.services import Limits, Services, Web
from ops.catalogue_for_rebuilding import CatalogueForRebuilding
from ops.data_directory import DataDirectory, read_secret
from ops.open_stores import Stores, open_stores
from ops.settings import Settings
from ops.wire_mirror import live_upstreams, wire_pull, wire_record_fetcher
from orchestrator.accept_report import Desk
from orchestrator.keys import load_keys
from orchestrator.lease import Dispatcher, LeasePolicy
from storage.offered_texts import OfferedTexts
from storage.signed_repository import RepositorySigner


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
    stores = open_stores(settings, small=True)
    data, server = stores.data, settings.server
    pull = wire_pull(settings, stores) if settings.archive else None
    limits = Limits(
        buildinfo=server.largest_record,
        environment=server.largest_environment,
        report=server.largest_report,
        evidence=server.largest_evidence,
        packages=server.most_packages,
        dependencies=server.most_dependencies,
        environments=server.most_environments,
        changes=server.most_changes,
    )
    return Services(
        web=Web(
            clock=time.time,
            base_url=server.base_url,
            accel_prefix=server.accel_prefix,
            redirect=server.redirect,
            limits=limits,
        ),
        archive=ArchiveServices(
            catalogue=stores.catalogue,
            blobs=stores.blobs,
            signer=RepositorySigner(data.repository_keys, clock=time.time),
            pull=pull,
            # Several hosts share a bucket and no directory.
            offered=OfferedTexts(data.offered, limits.environments)
            if server.blobs is None
            else None,
            fetch_record=wire_record_fetcher(settings, stores),
            upstreams=live_upstreams(settings),
        ),
        rebuild=RebuildServices(
            desk=wire_desk(stores),
            dispatcher=wire_dispatcher(settings, stores),
            secrets=read_secrets(data),
            build_timeout=settings.orchestrator.build_timeout,
        ),
    )
