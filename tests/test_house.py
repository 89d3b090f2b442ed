# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house (docs/explanation/architecture.md) that no other checker has."""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import ROOMS, TOP, Module, modules

HARD_MODULE_LINES, SOFT_MODULE_LINES = 400, 300
HARD_FUNCTION_LINES, SOFT_FUNCTION_LINES = 60, 40

# Modules whose test is not tests/<room>/test_<module>.py: the test that runs them for real.
TESTED_ELSEWHERE: dict[str, str] = {
    "mirror/capture_report.py": "tests/mirror/test_capture.py",
    "ops/__main__.py": "tests/integration/test_one_machine.py",
    "ops/demo/conduct.py": "tests/end_to_end/test_straight_path.py",
    "ops/demo/official_chroot.py": "tests/end_to_end/test_straight_path.py",
    "ops/demo/prepare.py": "tests/end_to_end/test_straight_path.py",
    "ops/demo/start_worker.py": "tests/end_to_end/test_straight_path.py",
}

# The outermost loops: the only places that may catch what nobody foresaw, because stopping there
# would lose everybody else's work.
OUTERMOST_LOOPS: dict[str, str] = {
    "rebuilders/debian/sandbox.py": "a forked child reports whatever it was and must never return",
    "rebuilders/worker.py": "a package that nobody foresaw is a verdict, and the next job is done",
}


@pytest.mark.programs
def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_and_no_function_is_too_long(
    record_property: Callable[[str, object], None],
) -> None:
    written = [m for m in modules() if not m.is_migration]
    long_functions = [function for m in written for function in m.functions()]
    long_modules = [(m.name, m.lines) for m in written]
    soft = [f"{n} ({s})" for n, s in long_modules if s > SOFT_MODULE_LINES]
    soft += [f"{n} ({s})" for n, s in long_functions if s > SOFT_FUNCTION_LINES]
    print("longer than they should be:", *soft, sep="\n  ")
    record_property("longer_than_they_should_be", "; ".join(soft))
    assert [(n, s) for n, s in long_modules if s > HARD_MODULE_LINES] == []
    assert [(n, s) for n, s in long_functions if s > HARD_FUNCTION_LINES] == []


def test_snapshot_reads_what_it_is_given_and_opens_nothing() -> None:
    forbidden = {"os", "pathlib", "subprocess", "socket", "shutil", "tempfile", "glob", "requests"}
    broken = []
    for module in (m for m in modules() if m.room == "snapshot"):
        broken += [
            f"{module.name} imports {name}"
            for name in module.imports()
            if name.split(".")[0] in forbidden or name in {"io.open", "io.FileIO"}
        ]
        for node in module.nodes:
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in {"open", "io.open", "__import__", "importlib.import_module"}:
                    broken.append(f"{module.name}:{node.lineno} calls {called}")
    assert broken == []


def opens_connections(module: Module) -> bool:
    """Whether a module can make outbound HTTP; naming the errors of those libraries is no call."""
    return any(
        re.match(r"(requests|urllib3|http\.client|urllib\.request)(\.(?!exceptions\b)|$)", name)
        for name in module.imports()
    )


@pytest.mark.parametrize("room", ROOMS)
def test_outbound_http_is_opened_in_one_module_of_a_room(room: str) -> None:
    allowed = {"mirror": 1, "rebuilders": 1, "orchestrator": 1, "ops": 1}.get(room, 0)
    opening = [m.name for m in modules() if m.room == room and opens_connections(m)]
    assert len(opening) <= allowed, opening


def test_openpgp_signatures_are_verified_in_mirror_only() -> None:
    using = [m.name for m in modules() if "gpgv" in m.strings() and m.room != "mirror"]
    assert using == []


def test_the_databases_differ_in_two_modules_only() -> None:
    branching = [m.name for m in modules() if "dialect" in m.attributes() and not m.is_migration]
    assert len(branching) <= 2, branching


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only cleans up and lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_outermost_loops_catch_everything() -> None:
    catching = set()
    for module in modules():
        for node in module.nodes:
            if (
                isinstance(node, ast.ExceptHandler)
                and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
                and not raises_again(node)
            ):
                catching.add(module.name)
    assert catching == set(OUTERMOST_LOOPS)


def test_module_names_say_a_stage_or_a_noun() -> None:
    vague = re.compile(r"^(utils?|common|helpers?|managers?|misc|base_.*|.*_(utils?|helpers?))$")
    assert [m.name for m in modules() if vague.match(m.path.stem)] == []


def test_every_module_starts_with_its_licence_and_says_what_it_is() -> None:
    first = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    assert [m.name for m in modules() if not m.text.startswith(first)] == []
    told = [m for m in modules() if not m.is_migration]
    assert [m.name for m in told if not ast.get_docstring(m.tree)] == []


def test_every_module_has_its_test_file() -> None:
    missing = []
    for module in modules():
        inside = module.path.relative_to(TOP)
        if inside.stem == "__init__" or module.is_migration:
            continue
        test = TOP / "tests" / inside.parent / f"test_{inside.stem}.py"
        if not test.exists() and module.name not in TESTED_ELSEWHERE:
            missing.append(module.name)
    assert missing == []
    assert [path for path in TESTED_ELSEWHERE.values() if not (TOP / path).exists()] == []


def test_every_unit_test_file_has_its_subject() -> None:
    orphans = []
    for room in ROOMS:
        for test in (TOP / "tests" / room).rglob("test_*.py"):
            folder = TOP / test.parent.relative_to(TOP / "tests")
            subject = test.stem.removeprefix("test_")
            if not (folder / f"{subject}.py").exists() and not (folder / subject).is_dir():
                orphans.append(test.relative_to(TOP).as_posix())
    assert orphans == []


def registry_hosts() -> set[str]:
    """The hosts from which this machine's package clients take packages."""
    texts = []
    for pattern in ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"):
        texts += [
            line
            for path in Path("/etc/apt").glob(pattern)
            for line in path.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith("#")
        ]
    texts += [
        value for name, value in os.environ.items() if name.startswith(("PIP_", "npm_", "UV_"))
    ]
    for path in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf"):
        pip = configparser.ConfigParser()
        pip.read(path)
        texts += [value for section in pip.values() for value in section.values()]
    hosts = re.findall(r"https?://(?:[^/@\s]+@)?([^/:\s]+)", "\n".join(texts))
    return {host for host in hosts if host not in {"127.0.0.1", "localhost"}}


@pytest.mark.programs
def test_no_package_registry_of_this_machine_is_named() -> None:
    named = []
    for host in registry_hosts():
        done = subprocess.run(
            ["git", "grep", "-lF", "--untracked", "-e", host],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=False,
        )
        named += done.stdout.split()
    assert named == []


@pytest.mark.parametrize("lock", sorted(p.name for p in (TOP / "requirements").glob("*.txt")))
def test_lock_files_hold_versions_and_hashes_and_no_address(lock: str) -> None:
    text = (TOP / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^-", text), "an option such as an index got in"
    pins = re.findall(r"(?m)^(\S+==\S+)( \\\n    --hash=sha256:[0-9a-f]{64})?", text)
    assert pins
    assert [pin for pin, hashed in pins if not hashed] == []
