# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the settings: one TOML file, once, refused with the path of the bad key.

The file is `--config`, else `DEJABUILD_CONFIG`, else `/etc/dejabuild/config.toml` when it exists.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_type_hints

from mirror.policy import Kind, split_kind
from ops.settings import (
    CHOICES,
    ArchiveSettings,
    BuildinfosSettings,
    ClosureSettings,
    MirrorSettings,
    OrchestratorSettings,
    ProfileSettings,
    ServerSettings,
    Settings,
    WorkerSettings,
)
from snapshot.errors import ConfigurationError, InvalidInput
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp

SYSTEM_CONFIG: Final = Path("/etc/dejabuild/config.toml")
CONFIG_VARIABLE: Final = "DEJABUILD_CONFIG"
DATA_VARIABLE: Final = "DEJABUILD_DATA"

EXPECTED: Final[Mapping[Any, str]] = {
    str: "a string",
    bool: "true or false",
    Path: "a path",
    float: "a positive number",
    int: "a positive whole number",
}
NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]*")

Table = TypeVar("Table")


def load_settings(
    *,
    config: Path | None = None,
    data: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings of this run.

    Args:
        config: The file named on the command line, if any.
        data: The data directory named on the command line, if any; wins over the file's.
        environ: Environment variables; default: the process's own.

    Returns:
        Complete settings: `server.data` is set.

    Raises:
        ConfigurationError: No such file, not TOML, or a key that is unknown or of the wrong kind.
    """
    environ = os.environ if environ is None else environ
    named = config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is None and SYSTEM_CONFIG.exists():
        named = SYSTEM_CONFIG
    settings = Settings() if named is None else read_settings(named)
    data = data or (Path(environ[DATA_VARIABLE]) if environ.get(DATA_VARIABLE) else None)
    data = data or settings.server.data or default_data(environ)
    return replace(settings, server=replace(settings.server, data=data.absolute()))


def default_data(environ: Mapping[str, str]) -> Path:
    """Where data lies when nobody said: the system's place as root, the user's own else.

    Returns:
        An absolute path; it need not exist.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/dejabuild")
    home = environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local/share") / "dejabuild"


def read_settings(path: Path) -> Settings:
    """Read one TOML file.

    Args:
        path: The file.

    Returns:
        The settings, defaults filled in.

    Raises:
        ConfigurationError: As `load_settings`.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"{path}: cannot be read: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{path}: not a TOML file: {problem}") from problem
    known = tuple(one.name for one in fields(Settings) if one.name != "source")
    _refuse_unknown(document, known, f"{path}: ")
    archives, profiles = _named(document, path, "archive"), _named(document, path, "profile")
    closures = _named(document, path, "closure")
    return Settings(
        server=_table(ServerSettings, document, path, "server"),
        mirror=_table(MirrorSettings, document, path, "mirror"),
        archive={name: _archive(archives, path, name) for name in archives},
        profile={name: _profile(profiles, archives, path, name) for name in profiles},
        closure={
            name: _table(ClosureSettings, {f"closure.{name}": one}, path, f"closure.{name}")
            for name, one in closures.items()
        },
        buildinfos={
            name: _table(
                BuildinfosSettings, {f"buildinfos.{name}": one}, path, f"buildinfos.{name}"
            )
            for name, one in _named(document, path, "buildinfos").items()
        },
        worker=_table(WorkerSettings, document, path, "worker"),
        orchestrator=_table(OrchestratorSettings, document, path, "orchestrator"),
        source=path,
    )


def _named(document: Mapping[str, object], path: Path, kind: str) -> Mapping[str, object]:
    """Give the tables [<kind>.<name>] by name."""
    tables = document.get(kind, {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{path}: {kind}: a table [{kind}.<name>] per {kind} is expected")
    for name in tables:
        if not NAME.fullmatch(name):
            raise ConfigurationError(
                f"{path}: {kind}.{name}: not a name that can stand in an address",
                advice="Lower case letters, digits, plus, dot and minus.",
            )
    return tables


def _profile(
    tables: Mapping[str, object], archives: Mapping[str, object], path: Path, name: str
) -> ProfileSettings:
    profile = _table(ProfileSettings, {f"profile.{name}": tables[name]}, path, f"profile.{name}")
    if profile.archive not in archives:
        raise ConfigurationError(
            f"{path}: profile.{name}.archive: there is no archive {profile.archive!r}",
            advice=f"Known: {', '.join(archives) or 'none'}.",
        )
    return profile


def _archive(tables: Mapping[str, object], path: Path, name: str) -> ArchiveSettings:
    archive = _table(ArchiveSettings, {f"archive.{name}": tables[name]}, path, f"archive.{name}")
    for key, words in CHOICES.items():
        value = getattr(archive, key)
        for word in value if isinstance(value, tuple) else (value,):
            if word not in words:
                raise ConfigurationError(
                    f"{path}: archive.{name}.{key}: {word!r} is not one of the words",
                    advice=f"One of {', '.join(words)} is expected.",
                )
    if archive.trust == "release" and archive.keyring is None:
        raise ConfigurationError(
            f"{path}: archive.{name}.keyring: missing, and trust is release",
            advice='Name the keyring that signs it, or say trust = "none".',
        )
    _check_history(archive, f"{path}: archive.{name}.")
    return archive


def _kind(archive: ArchiveSettings) -> Kind:
    return "dated" if archive.kind == "dated" else "live"


def _check_history(archive: ArchiveSettings, where: str) -> None:
    """Check which runs are wanted: a range of time and rules."""
    for key, value in (("since", archive.since), ("until", archive.until)):
        if value is None:
            continue
        if "dated" not in {split_kind(one, _kind(archive))[0] for one in archive.upstreams}:
            raise ConfigurationError(
                f"{where}{key}: a live mirror has no past to choose from",
                advice='Leave it out, or set kind = "dated" and the address of a dated service.',
            )
        try:
            Timestamp.parse(value)
        except InvalidInput as problem:
            raise ConfigurationError(
                f"{where}{key}: {problem.message}", advice=problem.advice
            ) from problem
    if archive.since and archive.until:
        first, last = Timestamp.parse(archive.since), Timestamp.parse(archive.until)
        if first > last:
            raise ConfigurationError(f"{where}since: {first} lies after until, which is {last}")
    try:
        parse_rules(archive.keep)
    except InvalidInput as problem:
        raise ConfigurationError(
            f"{where}keep: {problem.message}", advice=problem.advice
        ) from problem


def _table(kind: type[Table], document: Mapping[str, object], path: Path, name: str) -> Table:
    """Turn one TOML table into its dataclass."""
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: {name}: a table [{name}] is expected")
    assert is_dataclass(kind)  # noqa: S101  # a programming error, not an operator's
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}
    _refuse_unknown(table, tuple(known), f"{path}: {name}.")
    for one in known.values():
        if one.default is MISSING and one.default_factory is MISSING and one.name not in table:
            raise ConfigurationError(f"{path}: {name}.{one.name}: missing")
    values = {}
    for key, value in table.items():
        values[key] = _value(value, hints[key], f"{path}: {name}.{key}")
        form = known[key].metadata.get("form")
        if form and not re.fullmatch(form.pattern, str(value)):
            raise ConfigurationError(
                f"{path}: {name}.{key}: {form.words} is expected, not {value!r}"
            )
    return kind(**values)


def _refuse_unknown(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            advice = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known)}."
            raise ConfigurationError(f"{where}{key}: no such setting", advice=advice)


def _value(value: object, hint: Any, where: str) -> object:
    """Check one value against its field's type and convert paths, floats and lists."""
    optional = NoneType in get_args(hint)
    kind = next(one for one in get_args(hint) if one is not NoneType) if optional else hint
    number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    match kind, value:
        case _, dict() if kind == Mapping[str, Path]:
            return {name: _value(one, Path, f"{where}.{name}") for name, one in value.items()}
        case _, list() if kind == tuple[str, ...] and all(isinstance(one, str) for one in value):
            return tuple(value)
        case (one, str()) if one in {str, Path}:
            return kind(value)
        case (one, int() | float()) if one is float and number:
            return float(value)
        case (one, int()) if one is int and number:
            return value
        case (one, bool()) if one is bool:
            return value
    expected = EXPECTED.get(kind, "a list of strings" if kind == tuple[str, ...] else "a table")
    raise ConfigurationError(f"{where}: {expected} is expected, not {value!r}")
