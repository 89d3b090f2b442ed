# SPDX-License-Identifier: GPL-3.0-or-later
"""Command-line options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from ops.read_settings import CONFIG_VARIABLE, DATA_VARIABLE, load_settings
from ops.settings import Settings

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def with_settings(
    function: Callable[Concatenate[Settings, Parameters], Result],
) -> Callable[Parameters, Result]:
    """Add `--config` and `--data` to a command and hand it the settings they lead to.

    Args:
        function: The command's body; its first parameter takes the settings.

    Returns:
        The body for click.
    """

    @click.option(
        "--config",
        type=click.Path(path_type=Path),
        help=f"Settings file. [default: ${CONFIG_VARIABLE}, /etc/dejabuild/config.toml]",
    )
    @click.option(
        "--data",
        type=click.Path(path_type=Path),
        help=f"Data directory. [default: ${DATA_VARIABLE}, server.data of the settings]",
    )
    @functools.wraps(function)
    def body(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        config, data = kwargs.pop("config"), kwargs.pop("data")
        assert isinstance(config, Path | None)  # noqa: S101  # click made them
        assert isinstance(data, Path | None)  # noqa: S101
        return function(load_settings(config=config, data=data), *args, **kwargs)

    return body


def with_selection(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Add `--at`, `--from` and `--to`: which runs of a dated upstream.

    Args:
        function: The command's body; its parameters are `at`, `first` and `last`.

    Returns:
        The body for click.
    """
    for name, words, text in (
        ("last", ("--to",), "not after this timestamp."),
        ("first", ("--from",), "not before this timestamp."),
        ("at", ("--at",), "the one run that was current at this timestamp."),
    ):
        function = click.option(*words, name, help=f"Of a dated upstream: {text}")(function)
    return function
