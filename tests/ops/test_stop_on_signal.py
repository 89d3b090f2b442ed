# SPDX-License-Identifier: GPL-3.0-or-later
"""The first signal asks, the second one does not."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys

import click
import pytest

from ops import cli
from ops.stop_on_signal import SIGNALS, StopSignal, stopping_on_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_block_wherever_it_is(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in SIGNALS}
    try:
        with pytest.raises(StopSignal) as caught, stopping_on_signals():  # noqa: PT012  one wait
            os.kill(os.getpid(), number)
            signal.pause()
        assert caught.value.exit_code == 128 + number
        assert caught.value.name == number.name
        assert {signal.getsignal(one) for one in SIGNALS} == {signal.SIG_DFL}
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_a_block_that_ends_by_itself_leaves_signals_as_they_were() -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    with stopping_on_signals():
        assert [signal.getsignal(one) for one in SIGNALS] != before
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_what_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopping_on_signals():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("group", ["mirror", "closure", "bundle", "storage"])
def test_whoever_works_for_hours_can_be_asked_to_stop(group: str) -> None:
    command = importlib.import_module(f"ops.commands.{group}").command
    before = signal.getsignal(signal.SIGTERM)
    with click.Context(command) as context:
        context.invoke(command.callback)
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_nothing_takes_it_for_a_failure() -> None:
    assert not issubclass(StopSignal, Exception)


def test_the_last_line_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(**_: object) -> None:
        raise StopSignal(signal.SIGTERM)

    monkeypatch.setattr(cli.root, "main", stopped)
    assert cli.run(["mirror", "sync", "my archive"]) == 143
    assert capsys.readouterr().err == (
        "dejabuild: stopped by SIGTERM; what arrived is kept. "
        "To go on: dejabuild mirror sync 'my archive'\n"
    )


UNWILLING = """
import signal, time
from ops.stop_on_signal import StopSignal, stopping_on_signals
try:
    with stopping_on_signals():
        print("ready", flush=True)
        time.sleep(60)
except StopSignal:
    print("closing", flush=True)
    time.sleep(60)
"""

LINGERING = """
import sys, threading, time
from ops import cli
from ops.stop_on_signal import StopSignal
threading.Thread(target=time.sleep, args=(60,)).start()
def stopped(**_):
    raise StopSignal(15)
cli.root.main = stopped
cli.main()
"""


@pytest.mark.programs
@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_it_at_once(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", UNWILLING], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "closing\n"
        process.send_signal(number)
        assert process.wait(30) == -number


@pytest.mark.programs
def test_a_thread_that_cannot_be_woken_is_not_waited_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINGERING], capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 143
    assert b"stopped by SIGTERM" in done.stderr
