# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTTP surface is given: wired parts, never settings to wire them from.

`ops` opens databases and stores, puts them in here and calls `api.app.create_app`. A view
asks `current_services()` for them, so that no view imports a global.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

EXTENSION = "dejabuild"


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes beyond which a request is refused with 413, in bytes.

    Attributes:
        buildinfo: A posted build record.
        environment: A posted environment text.
        report: A rebuild report of a stock worker, decoded.
        evidence: One uploaded piece of evidence.
        environments: Environments kept that nobody pins, a large one counted as several.
        dependencies: Packages that one build record may name; a number, refused with 422.
        packages: Packages in one question of metasnap's; a number, refused with 400.
        changes: Entries that came or went between two runs that are compared; a number, refused
            with 400.
    """

    buildinfo: int = 16 << 20
    environment: int = 8 << 20
    report: int = 64 << 20
    evidence: int = 4 << 30
    environments: int = 10_000
    dependencies: int = 20_000
    packages: int = 20_000
    changes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Web:
    """How this server is reached and how it hands out files.

    Attributes:
        base_url: The public address without a trailing slash; None: the request's own.
        accel_prefix: Internal nginx location over the blob directory (`X-Accel-Redirect`);
            None: the server sends files itself.
        redirect: Send clients to where the blob store says that files may be had.
        limits: Sizes of bodies.
        clock: Seconds since the epoch.
    """

    clock: Callable[[], float]
    base_url: str | None = None
    accel_prefix: str | None = None
    redirect: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything views use.

    Attributes:
        web: Addresses, limits, clock.
        archive: Catalogue, blobs and signer of the archive half.
        rebuild: Ledger, keys and secrets of the rebuild half; None on a server that only
            serves archives.
    """

    web: Web
    archive: Any
    rebuild: Any = None


def current_services() -> Services:
    """The services of the application that answers this request."""
    services = current_app.extensions[EXTENSION]
    assert isinstance(services, Services)  # noqa: S101  # set by create_app only
    return services
