"""A session of requests that follows nothing and fills in nothing by itself."""

from __future__ import annotations

import requests


class PlainSession(requests.Session):
    """Leaves a redirect to whoever asked.

    Even with ``allow_redirects=False``, requests reads a redirect's whole body, however long it
    is, to see where it leads; here it sees no redirect.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return that it leads nowhere."""
