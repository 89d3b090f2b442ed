# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: the admin cookie, the signup secret, the worker key.

Three headers, as rebuilderd's programs send them: `X-Auth-Cookie` (the operator),
`X-Signup-Secret` (a machine that wants to become a worker), `X-Worker-Key` (a worker that
registered before). Everything readable is public. A refusal is 403 with an empty body.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import NoReturn

from flask import Response, abort, request

from snapshot.errors import ConfigurationError

ADMIN_HEADER = "X-Auth-Cookie"
SIGNUP_HEADER = "X-Signup-Secret"
WORKER_HEADER = "X-Worker-Key"

#: A base64 Ed25519 key has 44 characters; stock servers accept anything, so do we, within reason.
_MAX_WORKER_KEY = 256


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the operator and new workers must know.

    Attributes:
        admin_cookie: None or empty: nobody is admin.
        signup_secret: None or empty: any machine may register as a worker. Only allowed where
            nothing but this machine can connect, see `check_binding`.
    """

    admin_cookie: str | None = None
    signup_secret: str | None = None

    def is_admin(self, offered: str | None) -> bool:
        """Whether this is the admin cookie."""
        return bool(self.admin_cookie) and _same(self.admin_cookie, offered)

    def may_sign_up(self, offered: str | None) -> bool:
        """Whether a machine that offers this may register as a worker."""
        return not self.signup_secret or _same(self.signup_secret, offered)


def check_binding(host: str, secrets: Secrets) -> None:
    """Refuse to listen beyond this machine while anybody could register or nobody is admin.

    Args:
        host: Address or name to bind, or `unix:/path`.
        secrets: What the server would be started with.

    Raises:
        ConfigurationError: The address is reachable from elsewhere and a secret is missing.
    """
    if is_loopback(host):
        return
    missing = [
        words
        for words, value in (
            ("an admin cookie", secrets.admin_cookie),
            ("a signup secret", secrets.signup_secret),
        )
        if not value
    ]
    if missing:
        raise ConfigurationError(
            f"will not listen on {host or 'every address'} without {' and '.join(missing)}",
            advice="run `dejabuild init` (it makes both in the data directory) or bind 127.0.0.1",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to that address.

    A name other than `localhost` is not trusted: what it resolves to may change.
    """
    if host.startswith("unix:") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_admin(secrets: Secrets) -> bool:
    """Whether this request comes from the operator."""
    return secrets.is_admin(request.headers.get(ADMIN_HEADER))


def require_admin(secrets: Secrets) -> None:
    """End this request with 403 unless it comes from the operator."""
    if not is_admin(secrets):
        refuse()


def require_signup(secrets: Secrets) -> str:
    """End this request with 403 unless it may register a worker.

    Returns:
        The key that the worker registers.
    """
    key = offered_worker_key()
    if key is None or not secrets.may_sign_up(request.headers.get(SIGNUP_HEADER)):
        refuse()
    return key


def offered_worker_key() -> str | None:
    """The worker key of this request; None when there is none or it cannot be one."""
    key = request.headers.get(WORKER_HEADER, "").strip()
    usable = 0 < len(key) <= _MAX_WORKER_KEY and key.isascii() and key.isprintable()
    return key if usable else None


def refuse() -> NoReturn:
    """End this request with 403 and an empty body."""
    abort(Response(status=403))


def _same(secret: str | None, offered: str | None) -> bool:
    # Hashing first makes the comparison independent of the length as well as of the content.
    def fingerprint(text: str) -> bytes:
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()

    return hmac.compare_digest(fingerprint(secret or ""), fingerprint(offered or ""))
