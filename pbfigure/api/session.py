"""A session of requests that follows no redirect."""

from __future__ import annotations

import requests


class PlainSession(requests.Session):
    """Leaves a redirect to the caller.

    Even with ``allow_redirects=False``, requests reads the whole body of a redirect, however long
    it is; here it sees no redirect.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect."""
