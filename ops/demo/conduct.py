# SPDX-License-Identifier: GPL-3.0-or-later
"""Conductor of the demo: upstream ▸ mirror ▸ serve ▸ rebuild ▸ attest and show.

Every station is the real command in a process of its own; between them there is only HTTP.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.demo.ask_archive import ask_archive
from ops.demo.check_attestations import ATTEMPTS, check_attestations, server_key
from ops.demo.curl import Curl
from ops.demo.demo_settings import write_settings
from ops.demo.final_table import final_table
from ops.demo.prepare import Machine, prepare
from ops.demo.rebuild_cases import queue_case, result_of, wait_for_verdicts
from ops.demo.servants import Servants, program, wait_until
from ops.demo.show_difference import show_difference
from ops.demo.start_worker import WorkerPlace, start_worker
from ops.demo.upstream_server import UpstreamServer
from snapshot.errors import DejabuildError

if TYPE_CHECKING:
    from pathlib import Path

    from ops.demo.cache import DemoCache
    from ops.demo.final_table import Result
    from ops.demo.fixture import Fixture
    from ops.demo.ground import Ground
    from ops.demo.narrator import Narrator

# One build of the demo takes seconds; this is for a machine under heavy load.
_VERDICTS_TIMEOUT = 900.0
_START_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays.

    Attributes:
        narrator: Tells the reader.
        cache: Kept between runs.
        data: The data directory of this run.
        ground: This machine.
        main_only: Pretend the archive has no updates.
    """

    narrator: Narrator
    cache: DemoCache
    data: Path
    ground: Ground
    main_only: bool = False


def conduct(stage: Stage, *, keep_serving: bool) -> int:
    """Walk the whole path.

    Args:
        stage: Where it plays.
        keep_serving: Stay after the last step until interrupted.

    Returns:
        0 when every verdict is the expected one, else 1.
    """
    narrator = stage.narrator
    with narrator.step("1. A real upstream, from this machine's own archive"):
        fixture = _make_upstream(stage)
    with (
        UpstreamServer(fixture.www) as upstream,
        Servants(stage.data / "log") as servants,
    ):
        config = write_settings(stage.data / "demo.toml", fixture, upstream.url, stage.data)
        with narrator.step("2. Mirror: three dates, verified, resumed, kept by SHA-256"):
            _mirror(stage, config, upstream)
        with narrator.step("3. Serve: where did a version live, and what does a record need"):
            curl = _serve(stage, config, servants)
            ask_archive(curl, fixture)
        if not stage.ground.root:
            narrator.say("not root: mirror, look-ups and serving work as shown; records and")
            narrator.say("rebuilding need chroots. For the rest: sudo make demo")
            return 1
        with narrator.step("4. Rebuild: a worker takes jobs over HTTP"):
            results = _rebuild(stage, config, servants, curl, fixture)
        with narrator.step("5. Attest and show"):
            results = _attest(curl, results)
        return _finish(stage, curl, results, keep_serving=keep_serving)


def _make_upstream(stage: Stage) -> Fixture:
    narrator, ground = stage.narrator, stage.ground
    machine = Machine(
        ground.codename,
        ground.architecture,
        ground.sources,
        main_only=stage.main_only,
        records=ground.root,
    )
    told: set[str] = set()

    def say(line: str) -> None:
        told.add(line)
        narrator.say(line)

    with narrator.working("apt, downloads, clean builds"):
        fixture = prepare(machine, stage.cache, say)
    for note in fixture.notes:
        if note not in told:
            narrator.say(f"from the cache: {note}")
    dates = ", ".join(str(date) for date in fixture.dates)
    size = fixture.bytes / 1e6
    narrator.say(f"{fixture.packages} packages, {size:.0f} MB, listed at three dates: {dates}")
    for case in fixture.cases:
        narrator.say(f"  {case.name} {case.version}: {case.why}")
    return fixture


def _mirror(stage: Stage, config: Path, upstream: UpstreamServer) -> None:
    narrator = stage.narrator
    narrator.command("dejabuild mirror sync")
    words = [program(), "mirror", "sync", "--config", str(config)]
    result = subprocess.run(words, check=False, stdin=subprocess.DEVNULL)
    if result.returncode:
        raise DejabuildError(f"dejabuild mirror sync ended with status {result.returncode}")
    counts = upstream.counts
    narrator.say(
        f"the upstream sent {counts.bytes_sent / 1e6:.0f} MB in {counts.requests} answers and "
        f"hung up {len(counts.dropped)} times in mid-body; the mirror came back: "
        f"{len(counts.resumed)} files went on where they broke, {len(counts.restarted)} began again"
    )


def _serve(stage: Stage, config: Path, servants: Servants) -> Curl:
    narrator = stage.narrator
    narrator.command("dejabuild serve &")
    server = servants.start("serve", ["serve", "--config", str(config)])
    address = stage.data / "run/address"
    wait_until(
        address.exists,
        [server],
        clock=time.monotonic,
        sleep=time.sleep,
        timeout=_START_TIMEOUT,
        what="the server",
    )
    base = address.read_text("utf-8").strip()
    narrator.say(f"the server listens at {base}")
    return Curl(base, narrator)


def _rebuild(
    stage: Stage, config: Path, servants: Servants, curl: Curl, fixture: Fixture
) -> list[Result]:
    narrator = stage.narrator
    shown = {True: 6, False: 6}
    administrator = curl.as_administrator(stage.data / "auth-cookie")
    targets = {}
    for case in fixture.cases:
        # The reader sees one request of each kind.
        show = shown.pop(bool(case.record), 0)
        targets[queue_case(administrator, fixture, case, show=show)] = case
    narrator.say(f"{len(targets)} rebuilds are queued")
    narrator.command(f"dejabuild worker --server {curl.base} &")
    narrator.say("it sees its own directory and the network's loopback, not the server's files")
    place = WorkerPlace(directory=stage.data / "worker", data=stage.data)
    worker = start_worker(servants, place, curl.base, config)
    with narrator.working("the worker rebuilds"):
        states = wait_for_verdicts(
            curl,
            targets,
            worker,
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=_VERDICTS_TIMEOUT,
        )
    return [result_of(case, states[target]) for target, case in targets.items()]


def _attest(curl: Curl, results: list[Result]) -> list[Result]:
    narrator = curl.narrator
    public = server_key(curl)
    checked = [check_attestations(curl, result, public) for result in results]
    count = sum(len(result.verified) for result in checked)
    narrator.say(f"in-toto-verify (in-toto's own tool) accepts {count} links of GOOD packages")
    for result in checked:
        show_difference(curl, result)
    pages = [curl.get("/"), *(_page(curl, result) for result in checked if result.attempt)]
    narrator.say(f"{len(pages)} result pages answer")
    return checked


def _page(curl: Curl, result: Result) -> bytes:
    attempt = curl.get_json(f"{ATTEMPTS}/{result.attempt}")
    return curl.get(attempt["url"].removeprefix(curl.base))


def _finish(stage: Stage, curl: Curl, results: list[Result], *, keep_serving: bool) -> int:
    narrator = stage.narrator
    narrator.show(final_table(results))
    wrong = [result for result in results if not result.as_expected]
    times = "  ".join(f"{title.split('.')[0]}: {s:.1f} s" for title, s in narrator.seconds.items())
    narrator.say(f"steps {times}  all: {narrator.total():.1f} s")
    if wrong:
        names = ", ".join(result.case.name for result in wrong)
        narrator.say(f"{len(wrong)} of {len(results)} are not as expected: {names}")
    else:
        narrator.say(f"all {len(results)} verdicts are the expected ones")
    narrator.say(f"the results as pages: {curl.base}/")
    if keep_serving:
        narrator.say("serving until Ctrl-C")
        while True:
            time.sleep(3600)
    return 1 if wrong else 0
