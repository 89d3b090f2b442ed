# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebuild server as its own process: python -m tests.integration.rebuild_process DIRECTORY."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask

from api.archive_services import ArchiveServices
from ops.serve_http import Listen, serve_http
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.api.rebuild_server import make_server


def make(home: Path) -> Flask:
    catalogue = Database.open(f"sqlite:///{home}/catalogue.sqlite", "catalogue")
    ledger = Database.open(f"sqlite:///{home}/ledger.sqlite", "ledger")
    archive = ArchiveServices(Catalogue(catalogue), LocalBlobs(home / "blobs"))
    return make_server(ledger, archive=archive).app


def main() -> None:
    home = Path(sys.argv[1])
    serve_http(
        lambda: make(home).wsgi_app,
        listen=Listen("127.0.0.1", 0),
        processes=1,
        threads=4,
        run=home,
        announce=lambda url: print(url, flush=True),
    )


if __name__ == "__main__":
    main()
