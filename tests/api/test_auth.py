# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from flask import Flask

from api.auth import (
    Secrets,
    check_binding,
    is_loopback,
    offered_worker_key,
    require_admin,
    require_signup,
)
from snapshot.errors import ConfigurationError

BOTH = Secrets("cookie", "signup")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "unix:/run/x"]
)
def test_loopback_needs_no_secret(host: str) -> None:
    assert is_loopback(host)
    check_binding(host, Secrets())


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.7", "localhost.example", "10.0.0.1"]
)
@pytest.mark.parametrize(
    "secrets", [Secrets(), Secrets("cookie"), Secrets(None, "signup"), Secrets("", "")]
)
def test_binding_beyond_loopback_without_both_secrets_is_refused(
    host: str, secrets: Secrets
) -> None:
    with pytest.raises(ConfigurationError, match="will not listen") as caught:
        check_binding(host, secrets)
    assert "dejabuild init" in caught.value.advice
    assert caught.value.exit_code == 78
    check_binding(host, BOTH)


def test_the_refusal_names_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="without a signup secret\n"):
        check_binding("0.0.0.0", Secrets("cookie"))


def test_nobody_is_admin_without_a_cookie_on_the_server() -> None:
    assert not Secrets().is_admin(None)
    assert not Secrets().is_admin("")
    assert not Secrets("").is_admin("")
    assert not Secrets("right").is_admin(None)
    assert not Secrets("right").is_admin("righ")
    assert Secrets("right").is_admin("right")


def test_signup_is_open_only_where_no_secret_is_set() -> None:
    assert Secrets().may_sign_up(None)
    assert not BOTH.may_sign_up(None)
    assert not BOTH.may_sign_up("cookie")
    assert BOTH.may_sign_up("signup")


def test_a_header_of_strange_bytes_is_a_wrong_secret_not_an_error() -> None:
    assert not BOTH.is_admin("\udcff\xe9")


def _app() -> Flask:
    app = Flask(__name__)

    @app.post("/admin")
    def admin() -> str:
        require_admin(BOTH)
        return "in"

    @app.post("/sign-up")
    def sign_up() -> str:
        return require_signup(BOTH)

    return app


def test_a_refusal_is_403_with_an_empty_body() -> None:
    client = _app().test_client()
    for path in ("/admin", "/sign-up"):
        answer = client.post(path, headers={"X-Auth-Cookie": "wrong", "X-Signup-Secret": "wrong"})
        assert (answer.status_code, answer.data) == (403, b"")
        assert answer.headers["Content-Length"] == "0"
    assert client.post("/admin", headers={"X-Auth-Cookie": "cookie"}).data == b"in"
    right = {"X-Signup-Secret": "signup"}
    assert client.post("/sign-up", headers=right).status_code == 403
    assert client.post("/sign-up", headers=right | {"X-Worker-Key": "abc"}).data == b"abc"


@pytest.mark.parametrize("key", ["", "   ", "x" * 257, "naïve", "a\tb"])
def test_what_cannot_be_a_worker_key_is_none(key: str) -> None:
    with _app().test_request_context(headers={"X-Worker-Key": key}):
        assert offered_worker_key() is None
