# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment is exact or it is refused: what dpkg says is installed must equal the set."""

from __future__ import annotations

import os
from pathlib import Path

from rebuilders.failure import RebuildFailure
from snapshot.control import read_fields
from snapshot.environment import Environment
from snapshot.stanza import split_stanzas
from snapshot.verdict import Reason

_SHOWN = 6
Installed = tuple[str, str, str]


def read_status(path: Path) -> dict[Installed, str]:
    """(name, architecture, version) of every package dpkg knows, with its state.

    Raises:
        RebuildFailure: There is no readable status file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise RebuildFailure(
            Reason.ENVIRONMENT_SETUP, f"dpkg left no status file: {error.strerror}"
        ) from error
    with os.fdopen(descriptor, "rb") as stream:
        stanzas = split_stanzas(stream.read())
    found = {}
    for stanza in stanzas:
        fields = read_fields(stanza, document="dpkg's status file")
        key = (fields.text("Package"), fields.text("Architecture"), fields.text("Version"))
        found[key] = fields.text("Status")
    return found


def verify_installed(environment: Environment, status: dict[Installed, str]) -> None:
    """Hold the installed set against the environment.

    Raises:
        RebuildFailure: `environment-mismatch`, with the whole difference as evidence.
    """
    installed = {key for key, state in status.items() if state == "install ok installed"}
    half = {key: state for key, state in status.items() if key not in installed}
    wanted = {(m.name, m.architecture, m.version) for m in environment.members}
    missing = [f"- {' '.join(key)}" for key in sorted(wanted - installed - half.keys())]
    broken = [f"! {' '.join(key)} ({state})" for key, state in sorted(half.items())]
    extra = [f"+ {' '.join(key)}" for key in sorted(installed - wanted)]
    lines = [*missing, *broken, *extra]
    if lines:
        shown = ", ".join(lines[:_SHOWN]) + (" …" if len(lines) > _SHOWN else "")
        raise RebuildFailure(
            Reason.ENVIRONMENT_MISMATCH,
            f"the installed set differs in {len(lines)} packages: {shown}",
            evidence="\n".join(lines) + "\n",
        )
