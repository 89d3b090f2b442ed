# SPDX-License-Identifier: GPL-3.0-or-later
"""Make docs/reference/settings.md from the settings themselves.

`.venv/bin/python -m ops.describe_settings > docs/reference/settings.md`; a test holds them equal.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from ops.settings import (
    CHOICES,
    ArchiveSettings,
    BuildinfosSettings,
    ClosureSettings,
    MirrorSettings,
    OrchestratorSettings,
    ProfileSettings,
    ServerSettings,
    WorkerSettings,
)

HEAD: Final = """# Settings

One TOML file: `--config FILE`, else `DEJABUILD_CONFIG`, else `/etc/dejabuild/config.toml`. With
none, the defaults below apply. An unknown key or a value of the wrong kind is refused with its path
(exit code 78). `--data DIR` and `DEJABUILD_DATA` win over `server.data`. Secrets are no settings:
they are files in the data directory (`auth-cookie`, `signup-secret`, `keys/`), made by
`dejabuild init` and `dejabuild up`. The credentials of an S3 service are in the environment
(`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`) or, in the same words, in
`s3-credentials` there.
"""
TABLES: Final = (
    ("server", ServerSettings),
    ("mirror", MirrorSettings),
    ("archive.<name>", ArchiveSettings),
    ("profile.<name>", ProfileSettings),
    ("closure.<name>", ClosureSettings),
    ("buildinfos.<name>", BuildinfosSettings),
    ("worker", WorkerSettings),
    ("orchestrator", OrchestratorSettings),
)


def default_text(one: Field[Any]) -> str:
    """Write a default as TOML would, as far as there is one.

    Returns:
        Markdown for the table's second column.
    """
    if one.default is MISSING:
        return "required" if one.default_factory is MISSING else ""
    if one.default is None:
        return ""
    if isinstance(one.default, bool):
        return f"`{str(one.default).lower()}`"
    if isinstance(one.default, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in one.default) + "]`"
    return f'`"{one.default}"`' if isinstance(one.default, str) else f"`{one.default}`"


def settings_reference() -> str:
    """Write the whole page.

    Returns:
        Markdown.
    """
    parts = [HEAD]
    for name, kind in TABLES:
        summary = (kind.__doc__ or "").split(": ", 1)[1]
        parts.append(f"\n## `[{name}]`\n\n{summary[:1].upper()}{summary[1:]}\n\n")
        parts.append("| key | default | |\n|---|---|---|\n")
        for one in fields(kind):
            words = CHOICES.get(one.name, ()) if kind is ArchiveSettings else ()
            suffix = f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""
            parts.append(
                f"| `{one.name}` | {default_text(one)} | {one.metadata['text']}{suffix} |\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(settings_reference())
