# SPDX-License-Identifier: GPL-3.0-or-later
"""Write settings as the TOML file they could have been read from.

`dejabuild up` gives its parts one file to read, also when nobody wrote one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ops.settings import Settings


def settings_text(settings: Settings) -> str:
    """Write what differs from saying nothing.

    Args:
        settings: Any settings.

    Returns:
        TOML; reading it gives equal settings, but for their `source`.
    """
    tables = [
        ("server", settings.server),
        ("mirror", settings.mirror),
        *((f"archive.{json.dumps(name)}", one) for name, one in settings.archive.items()),
        *((f"profile.{json.dumps(name)}", one) for name, one in settings.profile.items()),
        *((f"closure.{json.dumps(name)}", one) for name, one in settings.closure.items()),
        *((f"buildinfos.{json.dumps(name)}", one) for name, one in settings.buildinfos.items()),
        ("worker", settings.worker),
        ("orchestrator", settings.orchestrator),
    ]
    return "\n".join(f"[{name}]\n{_table(table)}" for name, table in tables)


def _table(table: Any) -> str:
    values = ((one.name, getattr(table, one.name)) for one in fields(table))
    return "".join(f"{key} = {_value(value)}\n" for key, value in values if value is not None)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + "}"
    # JSON's strings, numbers and arrays of strings are TOML's too.
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=True)


def write_settings(settings: Settings, path: Path) -> None:
    """Write a settings file, whole or not at all; readable by its owner only.

    Args:
        settings: What to write; a database address in it may hold a password.
        path: The file; its directory exists.
    """
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(settings_text(settings), encoding="utf-8")
    draft.rename(path)
