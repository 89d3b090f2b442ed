# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that talk to a server, here or elsewhere: the only module of `ops` that connects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import requests

from snapshot.digest import Digest
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

    def environment(self, identity: str) -> dict[str, Any]:
        """Ask about an environment.

        Args:
            identity: Its id.

        Returns:
            The API's answer: kind, members, whether it is pinned.
        """
        headers = {"Accept": "application/json"}
        what = f"environment {identity}"
        return self._request("GET", f"/environments/{identity}", headers=headers, what=what)

    def environment_of(self, record: bytes, *, name: str) -> str:
        """Ask which environment a build record was built in.

        Args:
            record: The record's bytes, as they are.
            name: Its file name, for messages.

        Returns:
            The id.

        Raises:
            InvalidInput: The server does not take it for a build record.
            NotFound: Packages that it names are not on the server; says which.
        """
        text = {"Content-Type": "text/plain; charset=utf-8"}
        answer = self._request(
            "POST", "/mr/buildinfo", data=record, headers=text, what=name, partly=404
        )
        if answer["environment"] is None:
            lacking = [f"{one['name']} {one['version']}" for one in answer["missing"]]
            more = ", …" if len(lacking) > 5 else ""
            raise NotFound(
                f"{name}: {len(lacking)} packages are not here: {', '.join(lacking[:5])}{more}",
                advice="mirror an archive that had them: dejabuild closure add",
            )
        return str(answer["environment"])

    def read(self, path: str, *, most: int) -> bytes:
        """Get a document into memory.

        Args:
            path: Of the server.
            most: Bytes beyond which it is refused.

        Returns:
            Its bytes.
        """
        found = b""
        with self._stream(path) as chunks:
            for chunk in chunks:
                found += chunk
                if len(found) > most:
                    raise InvalidInput(f"{self.base_url}{path}: more than {most} bytes")
        return found

    def download(self, path: str, out: BinaryIO) -> Digest:
        """Get a file of any size.

        Args:
            path: Of the server.
            out: Where its bytes go.

        Returns:
            What arrived; whoever knows what should have compares.
        """
        running = hashlib.sha256()
        with self._stream(path) as chunks:
            for chunk in chunks:
                running.update(chunk)
                out.write(chunk)
        return Digest(running.hexdigest())

    @contextmanager
    def _stream(self, path: str) -> Iterator[Iterator[bytes]]:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        try:
            with self._session.get(
                self.base_url + path, timeout=TIMEOUT, stream=True, headers=headers
            ) as answer:
                if not answer.ok:
                    raise _refusal(answer, path)
                yield answer.iter_content(1 << 18)
        except requests.RequestException as problem:
            raise self._no_answer(problem) from problem

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

    def _request(
        self, method: str, path: str, *, what: str, partly: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """An answer in JSON; `partly` is the status of one that is an answer all the same."""
        try:
            answer = self._session.request(
                method, self.base_url + path, timeout=TIMEOUT, allow_redirects=False, **options
            )
        except requests.RequestException as problem:
            raise self._no_answer(problem) from problem
        if answer.ok:
            return _object(answer, self.base_url + path)
        if answer.status_code == partly:
            said = _object(answer, self.base_url + path)
            if "error" not in said:
                return said
        raise _refusal(answer, what)

    def _no_answer(self, problem: requests.RequestException) -> TransientError:
        return TransientError(
            f"{self.base_url}: no answer: {_cause(problem)}",
            advice="Is the server running? `dejabuild up` starts one.",
        )


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
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        said = _object(answer, answer.url)
        message, advice = str(said.get("error", text)), str(said.get("try", ""))
    return kind(f"{what}: {message}", advice=advice.strip())


def _cause(problem: BaseException) -> str:
    """The innermost reason; requests wraps it several times over."""
    while problem.__context__ is not None:
        problem = problem.__context__
    return str(problem)
