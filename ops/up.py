# SPDX-License-Identifier: GPL-3.0-or-later
"""What `dejabuild up` runs: which processes, with which settings, and what each may see."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ops.apt_sources import read_apt_sources
from ops.data_directory import DataDirectory, read_secret, write_once
from ops.isolate_worker import hide_server
from ops.own_archives import own_archives
from ops.settings import Settings
from ops.supervise import Part
from ops.write_settings import write_settings
from snapshot.errors import ConfigurationError

HOW_TO_ADD: Final = (
    "no archive: add one to a settings file and name it with --config, for example\n"
    "  [archive.debian]\n"
    '  upstreams = ["http://mirror.example/debian"]\n'
    '  suites = ["trixie"]\n'
    '  keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"'
)
"""What an operator without any archive is told."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Settings that every part can be started with.

    Attributes:
        settings: The operator's, with the machine's own archives when there were none.
        notes: What a person should know.
    """

    settings: Settings
    notes: tuple[str, ...]


def take_own_archives(
    settings: Settings, data: DataDirectory, *, apt_root: Path, architecture: str
) -> Prepared:
    """Fill in the machine's own archives when the operator set none.

    Args:
        settings: What the operator set.
        data: Its data directory; keyrings are written into it.
        apt_root: Root directory of the system whose apt sources are read.
        architecture: The machine's Debian architecture.

    Returns:
        The settings to run with.
    """
    if settings.archive:
        return Prepared(settings, ())
    sources = read_apt_sources(apt_root)
    own = own_archives(
        sources, root=apt_root, keyrings=data.keys / "upstream", architecture=architecture
    )
    notes = list(own.skipped)
    for name, archive in own.archives.items():
        notes.append(
            f"archive {name}: apt's own {archive.upstreams[0]}, {' '.join(archive.suites)}, "
            "package files when first asked for"
        )
    if not own.archives:
        notes.append(HOW_TO_ADD)
    return Prepared(replace(settings, archive=own.archives), tuple(notes))


def plan_parts(
    settings: Settings,
    data: DataDirectory,
    *,
    environ: Mapping[str, str],
    root: bool,
    worker: bool,
) -> list[Part]:
    """Say which processes run, and write the settings file that they read.

    Args:
        settings: Complete settings; `server.listen` names a port.
        data: The data directory; it exists.
        environ: Environment of this process.
        root: Whether the worker can be kept from the server's files.
        worker: Whether this machine rebuilds, too.

    Returns:
        The parts in the order in which they start.
    """
    config = data.run / "config.toml"
    write_settings(settings, config)
    environment = {
        name: value for name, value in environ.items() if not name.startswith("DEJABUILD_")
    }
    program = (sys.executable, "-P", "-m", "ops")
    told = ("--config", str(config), "--data", str(data.root))
    parts = [
        Part("api", (*program, "serve", *told), environment),
        Part("scheduler", (*program, "schedule", *told), environment),
        Part("mirror", (*program, "mirror", "watch", *told), environment),
    ]
    if not settings.archive:
        parts.pop()
    if worker:
        parts.append(_worker(program, settings, data, environment, root=root))
    return parts


def _worker(
    program: tuple[str, ...],
    settings: Settings,
    data: DataDirectory,
    environment: Mapping[str, str],
    *,
    root: bool,
) -> Part:
    """The worker sees its own directory: its settings and the signup secret are put there."""
    directory = settings.worker.directory or data.worker
    trees = settings.worker.trees
    if root and trees and trees.is_relative_to(data.root) and not trees.is_relative_to(directory):
        raise ConfigurationError(
            f"worker.trees: {trees} lies in the data directory, which is hidden from the worker",
            advice=f"Choose a directory below {directory} or outside {data.root}.",
        )
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "signup-secret"
    secret.unlink(missing_ok=True)
    write_once(secret, read_secret(data.signup_secret) + "\n", mode=0o600)
    own = directory / "config.toml"
    known = replace(settings.worker, signup_secret=secret, directory=directory)
    write_settings(Settings(worker=known), own)
    command = (*program, "worker", "--config", str(own), "--data", str(data.root))
    kept = {
        name: environment[name]
        for name in ("HOME", "LANG", "PATH", "TMPDIR")
        if name in environment
    }
    hidden = hide_server(
        command, data=data.root, worker=directory, config=settings.source, root=root
    )
    # SIGTERM would let it finish its job first, for a server that is gone.
    return Part("worker", hidden, kept, death_signal="KILL")
