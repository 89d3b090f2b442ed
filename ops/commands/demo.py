# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild demo`: the main job on real packages, explained as it goes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click

from ops.demo.cache import DemoCache, default_cache
from ops.demo.conduct import Stage, conduct
from ops.demo.ground import examine_ground
from ops.demo.narrator import Narrator


@click.command("demo")
@click.option("--no-serve", is_flag=True, help="End after the table instead of serving on.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep what the demo makes here.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    help="Downloads and builds kept between runs. [default: $DEJABUILD_CACHE/demo, ~/.cache/…]",
)
@click.option("--main-only", is_flag=True, help="Pretend that the archive has no updates.")
def command(*, no_serve: bool, data: Path | None, cache: Path | None, main_only: bool) -> int:
    """Mirror, look up, rebuild, attest and show real packages of this machine's own archive."""
    place = cache or default_cache(os.environ)
    ground = examine_ground(place)
    store = DemoCache(place)
    signal.signal(signal.SIGTERM, _stop)
    with _data_directory(data) as folder:
        stage = Stage(Narrator(time.monotonic), store, folder, ground, main_only=main_only)
        try:
            return conduct(stage, keep_serving=not no_serve)
        finally:
            store.forget_unused(time.time())


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _data_directory(named: Path | None) -> Iterator[Path]:
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="dejabuild-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
