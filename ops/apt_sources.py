# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn the machine's own package archives from apt's configuration, in both of its formats.

Only files are read (`/etc/apt/sources.list`, `sources.list.d/*.list`, `*.sources`), never apt's
variables: what is learnt here becomes archives that dejabuild pulls through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from snapshot.errors import InvalidInput

ONE_LINE: Final = re.compile(
    r"(?P<type>deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<rest>.+)"
)


@dataclass(frozen=True, slots=True)
class AptSource:
    """One entry of apt's configuration.

    Attributes:
        uri: Base address, without a trailing slash.
        suites: Suites taken from it.
        components: Components; empty for a flat repository (suites ending in a slash).
        architectures: Debian architectures it is limited to; empty: the machine's.
        signed_by: Keyring files (absolute, as written) or armored keys; empty: apt's trusted keys.
        trusted: The operator told apt to check nothing.
        sources: Whether source packages are listed too.
        origin: File and line, for messages.
    """

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    architectures: tuple[str, ...]
    signed_by: tuple[str, ...]
    trusted: bool
    sources: bool
    origin: str


def read_apt_sources(root: Path = Path("/")) -> list[AptSource]:
    """Read every entry that is switched on.

    Args:
        root: Root directory of the system whose configuration is read.

    Returns:
        Entries in apt's own order of files; empty when there is no apt.

    Raises:
        InvalidInput: A file that apt would refuse too; names file and line.
    """
    apt = root / "etc/apt"
    lines = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    found: list[AptSource] = []
    for path in lines:
        if path.is_file():
            found += _one_line_file(path)
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        found += _deb822_file(path)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise InvalidInput(f"{path}: not text: {problem.reason}") from problem


def _one_line_file(path: Path) -> Iterator[AptSource]:
    for number, raw in enumerate(_text(path).splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        parsed = ONE_LINE.fullmatch(line)
        if parsed is None:
            raise InvalidInput(f"{path}:{number}: not a line of apt's sources: {line!r}")
        options = dict(_option_pairs(parsed["options"] or "", f"{path}:{number}"))
        suite, *components = parsed["rest"].split()
        yield _source(
            uri=parsed["uri"],
            suites=(suite,),
            components=tuple(components),
            options=options,
            sources=parsed["type"] == "deb-src",
            origin=f"{path}:{number}",
        )


def _option_pairs(text: str, origin: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            raise InvalidInput(f"{origin}: an option without a value: {word!r}")
        yield name.rstrip("+-").lower(), tuple(value.split(","))


def _deb822_file(path: Path) -> Iterator[AptSource]:
    for number, fields in _stanzas(_text(path).splitlines(), path):
        if fields.get("enabled", "yes").strip().lower() in {"no", "false", "0", "off", "without"}:
            continue
        missing = [name for name in ("types", "uris", "suites") if not fields.get(name)]
        if missing:
            raise InvalidInput(f"{path}:{number}: no {missing[0].capitalize()} field")
        options = {
            "arch": tuple(fields.get("architectures", "").split()),
            "signed-by": _signed_by(fields.get("signed-by", "")),
            "trusted": tuple(fields.get("trusted", "").split()),
        }
        for uri in fields["uris"].split():
            yield _source(
                uri=uri,
                suites=tuple(fields["suites"].split()),
                components=tuple(fields.get("components", "").split()),
                options=options,
                sources="deb-src" in fields["types"].split(),
                origin=f"{path}:{number}",
            )


def _stanzas(lines: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each stanza with the number of its first line; names in lower case."""
    fields: dict[str, str] = {}
    start, name = 0, ""
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield start, fields
            fields, name = {}, ""
        elif line[0] in " \t":
            if not name:
                raise InvalidInput(f"{path}:{number}: a continuation of nothing")
            fields[name] += "\n" + line.strip()
        else:
            written, colon, value = line.partition(":")
            if not colon:
                raise InvalidInput(f"{path}:{number}: not a field: {line!r}")
            start = start if fields else number
            name = written.strip().lower()
            fields[name] = value.strip()


def _signed_by(value: str) -> tuple[str, ...]:
    if "BEGIN PGP PUBLIC KEY BLOCK" in value:
        # deb822 writes an empty line of the armor as a lone dot.
        lines = ["" if line == "." else line for line in value.strip().split("\n")]
        return ("\n".join(lines) + "\n",)
    return tuple(part for part in re.split(r"[\s,]+", value) if part)


def _source(
    *,
    uri: str,
    suites: tuple[str, ...],
    components: tuple[str, ...],
    options: Mapping[str, tuple[str, ...]],
    sources: bool,
    origin: str,
) -> AptSource:
    return AptSource(
        uri=uri.rstrip("/"),
        suites=suites,
        components=components,
        architectures=options.get("arch", ()),
        signed_by=options.get("signed-by", ()),
        trusted=options.get("trusted", ()) == ("yes",),
        sources=sources,
        origin=origin,
    )
