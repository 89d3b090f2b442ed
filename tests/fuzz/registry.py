# SPDX-License-Identifier: GPL-3.0-or-later
"""Every parser of foreign bytes in one table, and how one is known in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.fuzz.carrying import CARRYING
from tests.fuzz.formats import FORMATS
from tests.fuzz.mirroring import MIRRORING
from tests.fuzz.rebuilding import REBUILDING
from tests.house import modules

SUBJECTS = (*FORMATS, *MIRRORING, *REBUILDING, *CARRYING)

#: Functions that look like parsers and meet no bytes of strangers.
NOT_FOREIGN: dict[str, str] = {
    "api/environments/text.py .load_environment": "looks a digest up",
    "api/send_evidence.py .send_link": "sends",
    "mirror/policy.py .split_kind": "cuts a known prefix off",
    "mirror/scrub_pass.py .load_pass": "our own file",
    "mirror/select_members.py .split_packing": "attacked with the members of a Release",
    "mirror/weak_digests.py .check_weakly": "hashes, does not look",
    "ops/client.py ServerClient.environment_of": "sends; the answer is our own server's",
    "ops/client.py ServerClient.post_record": "sends",
    "ops/data_directory.py .read_secret": "our own file",
    "ops/read_record_file.py .read_record_file": "gives the bytes to `read_record`",
    "orchestrator/keys.py .load_keys": "our own secrets",
    "orchestrator/keys.py SigningKey.from_seed": "our own secret",
    "orchestrator/packed_text.py .pack": "attacked with `unpack`, which reads the same",
    "rebuilders/debian/compose_environment.py .read_build_record": "calls `BuildInfo.parse`",
    "rebuilders/left_behind.py .read_below": "gives bytes",
    "rebuilders/worker_key.py WorkerKey.load_or_make": "our own secret",
    "snapshot/digest.py Digest.from_raw": "32 bytes of our own database",
    "snapshot/digest.py Digest.of": "hashes, does not look",
    "snapshot/public_key.py .private_der": "writes",
    "snapshot/public_key.py .rebuilderd_pem": "writes",
    "snapshot/public_key.py .rfc8410_pem": "writes",
    "snapshot/reasons.py .find_reason": "attacked with `reason_from_log`",
    "storage/repository_files.py .compressed": "packs our own indices",
}

_NAME = re.compile(
    r"parse.*|read_.*|load_.*|decode_.*|decompress|unpack.*|checked_.*|split_.*"
    r"|(?:.*_)?from_(?:text|json|wire|rfc2822|pem|log)"
)
_BYTES = re.compile(r"bytes(?: \| .*)?|Iterable\[bytes\]|IO\[bytes\].*")
_TEXT = re.compile(r"str|Any|object|Path")


def parsers() -> Iterator[str]:
    """Public functions that take bytes first, or text and have the name of a parser."""
    for module in modules():
        if module.is_migration or module.name.startswith("ops/demo/"):
            continue
        holders: list[tuple[str, list[ast.stmt]]] = [("", module.tree.body)]
        holders += [
            (n.name, n.body)
            for n in module.tree.body
            if isinstance(n, ast.ClassDef) and n.name[0] != "_"
        ]
        for owner, body in holders:
            for node in body:
                if isinstance(node, ast.FunctionDef) and _is_parser(node):
                    yield f"{module.name} {owner}.{node.name}"


def _is_parser(node: ast.FunctionDef) -> bool:
    first = next((a for a in node.args.args if a.arg not in {"self", "cls"}), None)
    if node.name.startswith("_") or first is None or first.annotation is None:
        return False
    kind = ast.unparse(first.annotation)
    if _BYTES.fullmatch(kind):
        return not node.name.startswith(("write", "update", "add", "commit", "verify_", "sign_"))
    return bool(_TEXT.fullmatch(kind)) and bool(_NAME.fullmatch(node.name))
