# SPDX-License-Identifier: GPL-3.0-or-later
"""A real process that collects what nothing needs and announces every step of taking it away.

Arguments: a JSON object; `steps` as in `tests.run_sync`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mirror.collect import CollectStores, collect
from snapshot.errors import DejabuildError
from storage import prune_layout
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from storage.layout import Layout
from storage.ledger import Ledger
from tests.run_sync import Announcing, Steps


def main(settings: dict[str, Any]) -> int:
    steps = bool(settings.get("steps"))
    say = Steps(tell=steps, wait=steps)
    root = Path(settings["root"])
    catalogue = Catalogue(Database.open(settings["catalogue"], "catalogue"))
    unlink = prune_layout.unlink_file

    def announced(*words: Any) -> bool:
        say("a name goes")
        return unlink(*words)

    patch("mirror.collect.unlink_file", announced).start()
    stores = CollectStores(
        catalogue=Announcing(catalogue, "catalogue", ("set_blob_state",), say),  # type: ignore[arg-type]
        ledger=Ledger(Database.open(settings["ledger"], "ledger")),
        blobs=Announcing(LocalBlobs(root / "blobs"), "blobs", ("recover", "delete"), say),
        layout=Layout(root / "archive", root / "blobs"),
        locks=root / "run",
        clock=time.time,
    )
    try:
        found = collect(stores, grace=0.0, most=1.0, delete=True)
    except DejabuildError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{found.files} deleted", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
