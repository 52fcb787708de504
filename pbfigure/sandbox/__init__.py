"""The PaperBanana API as a local server, to try and test a client without an account.

Everything here is an independent, strict reading of the public API reference: no module of this
package imports the client's code, so that the two can contradict each other. Where the reference is
open, the sandbox takes the reading that is harder for a client, with a comment beside the code.

:class:`Service` is the whole of it without a socket: it turns a :class:`Call` into an
:class:`Answer` by a clock that is passed in. :class:`Servers` puts it on two loopback ports, the
API and a storage host apart from it. ``python -m pbfigure.sandbox`` runs that as a program.
"""

from pbfigure.sandbox.exchange import Answer, Call, Clock, ScaledClock
from pbfigure.sandbox.servers import Servers
from pbfigure.sandbox.service import Service
from pbfigure.sandbox.settings import SANDBOX_KEY, Settings

__all__ = [
    "SANDBOX_KEY",
    "Answer",
    "Call",
    "Clock",
    "ScaledClock",
    "Servers",
    "Service",
    "Settings",
]
