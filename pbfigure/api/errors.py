"""What can go wrong with the API, one type for each documented status, and how far it reaches."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class ApiError(FigureError):
    """The API, or the way to it, did not do what was asked. ``str`` says what to do next."""

    advice = ""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        documented: bool = False,
        server_time: float | None = None,
    ) -> None:
        super().__init__(message + (f"; {self.advice}" if self.advice else ""))
        self.retry_after = retry_after
        """Seconds the server asked to wait, where it did."""
        self.documented = documented
        """Whether the answer had the form and a status of the reference's errors: it is the API's
        own, not that of something before it."""
        self.server_time = server_time
        """The server's own clock, in seconds since the epoch, where the answer told it."""


class BadRequest(ApiError):
    """400: the service refuses this figure's request."""

    advice = "change what it names; nothing was charged"


class Unauthorized(ApiError):
    """401: the key is missing or wrong."""

    advice = "check PAPERBANANA_API_KEY"


class PaymentRequired(ApiError):
    """402: the team's credits do not suffice."""

    advice = "the team needs more credits before the rest can be made"


class Forbidden(ApiError):
    """403: the key's plan has no API access."""

    advice = "API access needs a team plan and a team key"


class NotFound(ApiError):
    """404: no such task for this key, or no API at this address."""

    advice = "check base_url, and that the key is of the team that made the task"


class LengthRequired(ApiError):
    """411: a proxy took the request's Content-Length away."""

    advice = "look for a proxy that rewrites requests"


class PayloadTooLarge(ApiError):
    """413: the request is over the service's limit."""

    advice = "shorten the figure's text or prompt"


class RateLimited(ApiError):
    """429: too many requests by this key, team or address."""


class ServerError(ApiError):
    """500 and its undocumented relatives."""


class Unavailable(ApiError):
    """503: the service's provider is out of reach for now."""


class Unreachable(ApiError):
    """No connection was made, so surely nothing was asked."""

    advice = "check the network and base_url"


class Interrupted(ApiError):
    """The connection broke after it was made: what was asked may have been done."""


class Garbled(ApiError):
    """The answer is not what the reference describes: a proxy's page, broken JSON, a redirect."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    411: LengthRequired,
    413: PayloadTooLarge,
    429: RateLimited,
    500: ServerError,
    503: Unavailable,
}
"""API reference, Errors."""

ENDS_BATCH = (Unauthorized, PaymentRequired, Forbidden, NotFound)
"""After a POST: no other figure's request would fare better."""
REFUSES_FIGURE = (BadRequest, LengthRequired, PayloadTooLarge)
"""After a POST: this figure's request is refused and no task was made."""
PASSING = (RateLimited, ServerError, Unavailable, Unreachable, Interrupted, Garbled)
"""After a GET: worth asking again."""
