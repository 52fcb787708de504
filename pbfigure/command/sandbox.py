"""The verb ``pbfigure sandbox``; it lives with the sandbox, which knows nothing of the client."""

from pbfigure.sandbox.program import sandbox

__all__ = ["sandbox"]
