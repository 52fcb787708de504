"""The API's errors: one type for each documented status, and which of them end a batch."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class ApiError(FigureError):
    """The API or the connection to it failed. ``str`` says what to do next."""

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
        """Seconds that the server asks to wait, or None."""
        self.documented = documented
        """Whether the answer has the form of the reference's errors, and one of their statuses or
        one below 500: it comes from the API itself, not from a proxy."""
        self.server_time = server_time
        """The answer's date in seconds since the epoch, or None."""


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
    """411: a proxy removed the request's Content-Length."""

    advice = "look for a proxy that rewrites requests"


class PayloadTooLarge(ApiError):
    """413: the request is over the service's limit."""

    advice = "shorten the figure's text or prompt"


class RateLimited(ApiError):
    """429: too many requests from this key, team or address."""


class ServerError(ApiError):
    """500 and undocumented statuses above it."""


class Unavailable(ApiError):
    """503: the service's provider is unavailable at the moment."""


class Unreachable(ApiError):
    """No connection was made, so the request was certainly not received."""

    advice = "check the network and base_url"


class Interrupted(ApiError):
    """The connection broke after it was made; the request may have been processed."""


class Garbled(ApiError):
    """The answer is not what the reference describes: a proxy's page, broken JSON, a redirect."""


class OtherRefusal(Garbled):
    """An undocumented status from 400 to 499 in the API's own form, such as 422."""

    advice = "nothing was charged"


class Conflict(Garbled):
    """408, 409 or 425 in the API's own form: it tells of a moment or of another order, not of this
    one, which is refused if no task was made.
    """

    advice = OtherRefusal.advice


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

CONFLICTS = (408, 409, 425)
"""RFC 9110 and 8470: the time is over, the state forbids it, it is too early."""
ENDS_BATCH = (Unauthorized, PaymentRequired, Forbidden, NotFound)
"""After a POST: every other request would fail as well."""
REFUSES_FIGURE = (BadRequest, LengthRequired, PayloadTooLarge, OtherRefusal)
"""After a POST: this figure's request is refused and no task was made."""
PASSING = (RateLimited, ServerError, Unavailable, Unreachable, Interrupted, Garbled)
"""After a GET: it may succeed later."""
