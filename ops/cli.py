# SPDX-License-Identifier: GPL-3.0-or-later
"""The one script, `dejabuild`: a group of commands that are imported when they are called.

Starting a command must not pay for the others (flask, sqlalchemy and requests take half a second),
so the group knows names and one-line helps only. Errors of our own tree end as one message and
their exit code; anything else is a defect and keeps its traceback.
"""

from __future__ import annotations

import gc
import importlib
import shlex
import sys
from typing import Final

import click

from ops.stop_on_signal import SIGNALS, StopSignal, leave
from snapshot.errors import DejabuildError

COMMANDS: Final[dict[str, str]] = {
    "demo": "Show the main job on real packages of this machine's own archive.",
    "mirror": "Plan, run and inspect the mirroring of archives.",
    "storage": "Check, count and free what is stored.",
    "removal": "Take files or runs out, for a reason that everybody can read.",
    "closure": "Mirror only what build records, installed packages or a source need.",
    "environment": "Show an environment, give apt its lines, or write its repository.",
    "bundle": "Carry a closure in one file to machines without a network.",
    "init": "Make the data directory: databases, keys, secrets.",
    "serve": "Answer HTTP: archives, the worker wire, public pages.",
    "up": "Serve, schedule, mirror and rebuild on this machine; useful with no configuration.",
    "schedule": "Make targets of new runs and take back the jobs of lost workers.",
    "rebuild": "Rebuild what a .buildinfo describes and print the verdict.",
    "campaign": "Create and watch sets of targets.",
    "worker": "Take jobs from a server and rebuild them here.",
    "doctor": "Say what is missing on this machine, and the command that mends it.",
    "version": "Print the version.",
}
"""Command name (module `ops.commands.<name>`, attribute `command`) → its line in `--help`."""


STOPPED: Final = frozenset(128 + number for number in SIGNALS)
"""Exit codes of a command that a signal stopped."""


class LazyGroup(click.Group):
    """A click group whose commands are modules, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the path, not of the alphabet.

        Returns:
            The command names.
        """
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command.

        Returns:
            The command, or None when there is none of that name.
        """
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ops.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def root() -> None:
    """Mirror the history of package archives, rebuild what was built, publish signed verdicts."""


def run(arguments: list[str]) -> int:
    """Run one command line.

    Args:
        arguments: What follows the program's name.

    Returns:
        The exit code (docs/reference/exit-codes.md).
    """
    try:
        result = root.main(args=arguments, prog_name="dejabuild", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("dejabuild: stopped\n")
        return 130
    except StopSignal as stop:
        again = shlex.join(["dejabuild", *arguments])
        sys.stderr.write(
            f"dejabuild: stopped by {stop.name}; what arrived is kept. To go on: {again}\n"
        )
        return stop.exit_code
    except DejabuildError as problem:
        sys.stderr.write(f"dejabuild: {problem}\n")
        return problem.exit_code
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command line of this process and end it."""
    # What is made while modules are imported stays. Looking for garbage among it, as often as it
    # is done by default, takes a tenth of the time of a short command.
    gc.set_threshold(50_000)
    code = run(sys.argv[1:])
    # Nor is it looked through once more for the sake of a process that ends anyway.
    gc.freeze()
    if code in STOPPED:
        leave(code)
    sys.exit(code)
