# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how two packages differ: diffoscope in all three forms at once, or a plain difference.

Never part of a verdict: it has its own time and size, and its absence or failure is a remark
in the report, nothing more.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rebuilders.member_difference import describe_members
from rebuilders.task import Evidence

#: Larger reports are cut (text) or left out (HTML and JSON, which cannot be cut).
REPORT_LIMIT = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Diffoscope:
    """How diffoscope is used.

    Attributes:
        program: Name or path; a missing one is tolerated.
        timeout: Seconds for one pair.
        limit: Bytes of one report.
    """

    program: str = "diffoscope"
    timeout: float = 600.0
    limit: int = REPORT_LIMIT

    def explain(self, name: str, original: Path, rebuilt: Path, folder: Path) -> list[Evidence]:
        """Reports on one differing artifact.

        Args:
            name: File name of the artifact.
            original: The published file.
            rebuilt: Ours.
            folder: An empty directory for the reports.

        Returns:
            At least the text form.
        """
        text, html, data = (folder / f"report.{form}" for form in ("txt", "html", "json"))
        remark = self._run(original, rebuilt, text, html, data)
        if not text.exists() or text.stat().st_size == 0:
            text.write_text(remark + describe_members(original, rebuilt), "utf-8")
        elif text.stat().st_size > self.limit:
            _cut(text, self.limit)
        evidence = [Evidence("diffoscope-text", name, text)]
        for kind, path in (("diffoscope-html", html), ("diffoscope-json", data)):
            if path.exists() and 0 < path.stat().st_size <= self.limit:
                evidence.append(Evidence(kind, name, path))
        return evidence

    def _run(self, original: Path, rebuilt: Path, text: Path, html: Path, data: Path) -> str:
        program = shutil.which(self.program)
        if program is None:
            return "diffoscope is not installed on this worker; the members that differ:\n\n"
        argv = [program, "--text", str(text), "--html", str(html), "--json", str(data)]
        argv += ["--timeout", str(int(self.timeout)), "--no-progress", "--"]
        argv += [str(original), str(rebuilt)]
        scratch = text.parent / "scratch"
        scratch.mkdir()
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        environment |= {"TMPDIR": str(scratch), "HOME": str(scratch)}
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            return f"diffoscope took longer than {self.timeout:.0f} s; the members that differ:\n\n"
        finally:
            # Its own helpers are in its group; none of them outlives it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            shutil.rmtree(scratch, ignore_errors=True)
        return f"diffoscope ended with {code} and wrote nothing; the members that differ:\n\n"


def _cut(path: Path, limit: int) -> None:
    with path.open("r+b") as stream:
        stream.truncate(limit)
        stream.seek(0, os.SEEK_END)
        stream.write(b"\n[cut: the report is longer than its limit]\n")
