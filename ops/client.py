# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that talk to a server, here or elsewhere: the only module of `ops` that connects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from snapshot.errors import (
    Busy,
    DejabuildError,
    Denied,
    InvalidInput,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
    Unsupported,
    VerificationError,
)

REBUILDS: Final = "/api/dejabuild/v1/rebuilds"
COOKIE_HEADER: Final = "X-Auth-Cookie"
TIMEOUT: Final = 60.0
"""Seconds without a byte after which a request is given up."""

REFUSALS: Final[Mapping[int, type[DejabuildError]]] = {
    400: InvalidInput,
    401: Denied,
    403: Denied,
    404: NotFound,
    413: InvalidInput,
    415: InvalidInput,
    409: Busy,
    422: VerificationError,
    501: Unsupported,
    507: StorageFull,
}
"""What an answer's status means to us; other 4xx are permanent, 429 and other 5xx transient."""


@dataclass(frozen=True, slots=True)
class PostedRebuild:
    """A rebuild that a server accepted.

    Attributes:
        target: Its target.
        job: Its place in the queue.
        name: Source, version and architecture.
        url: Its page.
    """

    target: int
    job: int
    name: str
    url: str


class ServerClient:
    """Requests to one server.

    Args:
        base_url: Its address.
        cookie: What lets an administrator in; None for what everybody may see.
    """

    def __init__(self, base_url: str, *, cookie: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        # A server on this machine is never behind the proxy of the environment.
        self._session.trust_env = "://127.0.0.1" not in base_url and "://[::1]" not in base_url
        if cookie:
            self._session.headers[COOKIE_HEADER] = cookie

    def post_record(self, record: bytes, *, name: str) -> tuple[PostedRebuild, ...]:
        """Ask for the rebuild of what a build record describes.

        Args:
            record: The record's bytes, as they are.
            name: Its file name, for messages.

        Returns:
            Where it went.

        Raises:
            InvalidInput: The server does not take it for a build record.
            Denied: The cookie is wrong or missing.
            TransientError: No server, or not now.
        """
        text = {"Content-Type": "text/plain; charset=utf-8"}
        return _posted(self._request("POST", REBUILDS, data=record, headers=text, what=name))

    def post_request(self, request: Mapping[str, object]) -> tuple[PostedRebuild, ...]:
        """Ask for the rebuild of a published source package that has no record.

        Args:
            request: `source`, `version`, `archive`, `timestamp`, `suite`, as the API has it.

        Returns:
            Where its targets went: one for each architecture it was built on.
        """
        what = f"{request.get('source')} {request.get('version')}"
        return _posted(self._request("POST", REBUILDS, json=request, what=what))

    def target(self, target: int) -> dict[str, Any]:
        """Ask where a target is.

        Args:
            target: Its id.

        Returns:
            The API's answer: state, attempts, artifacts.
        """
        return self._request("GET", f"/api/dejabuild/v1/targets/{target}", what=f"target {target}")

    def campaigns(self) -> list[dict[str, Any]]:
        """List the campaigns.

        Returns:
            One object each.
        """
        answer = self._request("GET", "/api/dejabuild/v1/campaigns", what="campaigns")
        return list(answer["campaigns"])

    def campaign(self, name: str) -> dict[str, Any]:
        """Ask how a campaign goes.

        Args:
            name: Its name.

        Returns:
            The API's answer.
        """
        return self._request("GET", f"/api/dejabuild/v1/campaigns/{name}", what=f"campaign {name}")

    def create_campaign(self, campaign: Mapping[str, object]) -> dict[str, Any]:
        """Make a campaign.

        Args:
            campaign: Name, selection and policy, as the API has it.

        Returns:
            The API's answer.
        """
        return self._request(
            "POST", "/api/dejabuild/v1/campaigns", json=campaign, what=str(campaign.get("name"))
        )

    def is_answering(self) -> bool:
        """Say whether anything answers there.

        Returns:
            Whether a request got through, whatever the answer.
        """
        try:
            self._session.get(f"{self.base_url}/api/v1/meta/public-keys", timeout=TIMEOUT)
        except requests.RequestException:
            return False
        return True

    def _request(self, method: str, path: str, *, what: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self.base_url + path, timeout=TIMEOUT, allow_redirects=False, **options
            )
        except requests.RequestException as problem:
            raise TransientError(
                f"{self.base_url}: no answer: {_cause(problem)}",
                advice="Is the server running? `dejabuild up` starts one.",
            ) from problem
        if answer.ok:
            return _object(answer, self.base_url + path)
        raise _refusal(answer, what)


def _posted(answer: Mapping[str, Any]) -> tuple[PostedRebuild, ...]:
    return tuple(
        PostedRebuild(
            target=int(one["target"]),
            job=int(one["job"]),
            name=f"{one['source']} {one['version']} {one['architecture']}",
            url=str(one["url"]),
        )
        for one in answer["targets"]
    )


def _object(answer: requests.Response, url: str) -> dict[str, Any]:
    try:
        value = answer.json()
    except requests.JSONDecodeError as problem:
        raise PermanentError(
            f"{url}: the answer is not JSON", advice="Is it dejabuild?"
        ) from problem
    if not isinstance(value, dict):
        raise PermanentError(f"{url}: the answer is not an object", advice="Is it dejabuild?")
    return value


def _refusal(answer: requests.Response, what: str) -> DejabuildError:
    status = answer.status_code
    text = answer.text.strip() or answer.reason
    otherwise = TransientError if status == 429 or status >= 500 else PermanentError
    kind = REFUSALS.get(status, otherwise)
    if kind is Denied:
        advice = "The administrator's cookie is <data>/auth-cookie of the server: --cookie-file."
        return Denied(f"{what}: not allowed", advice=advice)
    message, _, advice = text.partition("\n")
    return kind(f"{what}: {message}", advice=advice.strip())


def _cause(problem: BaseException) -> str:
    """The innermost reason; requests wraps it several times over."""
    while problem.__context__ is not None:
        problem = problem.__context__
    return str(problem)


def wait_for_verdict(
    ask: Callable[[], dict[str, Any]],
    job: int,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    timeout: float,
    tell: Callable[[str], None],
) -> dict[str, Any] | None:
    """Wait until a job has its last attempt.

    Args:
        ask: Gives the target's state, as `ServerClient.target` does.
        job: The job waited for.
        clock: Monotonic seconds.
        sleep: Waits so many seconds.
        timeout: Seconds after which to stop waiting.
        tell: Is told when the state changes.

    Returns:
        The job's last attempt, or None when time ran out.
    """
    deadline = clock() + timeout
    told, pause = "", 0.2
    while True:
        state = ask()
        still = [one for one in state["jobs"] if one["id"] == job]
        attempts = [one for one in state["attempts"] if one["job"] == job]
        if attempts and not still:
            return dict(max(attempts, key=lambda one: one["id"]))
        word = still[0]["state"] if still else str(state["state"])
        if word != told:
            tell(word)
            told = word
        if clock() >= deadline:
            return None
        sleep(pause)
        pause = min(2.0, pause * 1.3)
