# SPDX-License-Identifier: GPL-3.0-or-later
"""A group of commands whose `--help` says of each its whole first sentence.

click cuts them to what fits into one line.
"""

from __future__ import annotations

import click

_NEVER_CUT = 1000


class CommandGroup(click.Group):
    """A click group with uncut one-line helps."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(_NEVER_CUT))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name)) is not None
                ]
            )
