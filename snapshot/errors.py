# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error tree of the house.

::

    DejabuildError                1
    ├── TransientError           75   try the same thing again later (the only thing retried)
    └── PermanentError            1
        ├── InvalidInput         65   a file or a request that is not what it says
        ├── NotFound             66   what was asked for is not here
        │   └── Removed      66   it was here, and its bytes were given up on purpose
        │       └── Withheld 66   because a law or a court wanted that
        ├── Unsupported          69   understood, but this program does not do it
        ├── StorageFull          74   no room left; nothing was lost
        ├── Busy                 75   somebody else holds the lock; says who
        ├── VerificationError    76   a signature or digest does not hold
        │   └── CorruptUpstream  76   the upstream's bytes contradict its own index
        ├── Denied               77   not allowed
        └── ConfigurationError   78   the settings are wrong; names the key

The numbers are exit codes (those of sysexits.h, which mail and service programs use).
A package that does not rebuild is *not* an error: it is a `snapshot.verdict.Verdict`.
"""

from __future__ import annotations


class DejabuildError(Exception):
    """Anything this program reports instead of a traceback.

    Args:
        message: What happened, naming the input and the place.
        advice: What a person can do about it; empty when the message says it all.
    """

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class TransientError(DejabuildError):
    """May succeed when tried again. The only class that a retry policy catches.

    Args:
        retry_after: Seconds the other side asked us to wait, when it did.
    """

    exit_code = 75

    def __init__(self, message: str, *, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class PermanentError(DejabuildError):
    """Will fail the same way until somebody changes something."""


class InvalidInput(PermanentError):
    """A file or request that is not what it claims to be."""

    exit_code = 65


class NotFound(PermanentError):
    """What was asked for is not here."""

    exit_code = 66


class Removed(NotFound):
    """It was here, and its bytes were given up on purpose."""


class Withheld(Removed):
    """It was here, and may not be given any more because a law or a court wanted that."""


class Unsupported(PermanentError):
    """Understood, but not something this program does (here)."""

    exit_code = 69


class StorageFull(PermanentError):
    """No room left on the device. What was complete before is kept."""

    exit_code = 74


class Busy(PermanentError):
    """Another process holds what we need; the message says which."""

    exit_code = 75


class VerificationError(PermanentError):
    """A signature, digest or size does not hold. Nothing unverified was made visible."""

    exit_code = 76


class CorruptUpstream(VerificationError):
    """The upstream sent bytes that contradict its own signed index, repeatedly."""


class Denied(PermanentError):
    """The caller may not do this."""

    exit_code = 77


class ConfigurationError(PermanentError):
    """The settings are wrong; the message names the key."""

    exit_code = 78
