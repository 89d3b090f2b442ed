# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive server as its own process: python -m tests.integration.archive_process DIRECTORY."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from flask import Flask

from api.app import create_app
from api.archive_services import ArchiveServices
from api.services import Services, Web
from ops.serve_http import Listen, serve_http
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database


def make(home: Path) -> Flask:
    database = Database.open(f"sqlite:///{home}/catalogue.sqlite", "catalogue")
    archive = ArchiveServices(Catalogue(database), LocalBlobs(home / "blobs"))
    return create_app(Services(web=Web(clock=time.time), archive=archive))


def main() -> None:
    home = Path(sys.argv[1])
    database = Database.open(f"sqlite:///{home}/catalogue.sqlite", "catalogue")
    database.upgrade()
    database.close()
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
