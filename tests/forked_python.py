"""``forked_python.py FOLDER -m MODULE …``: has ``program_forks`` run that, as if it were Python.

It imports what is built into Python only, so that it starts at once.
"""

import _signal  # half the time of ``signal``, which makes enumerations
import _socket
import marshal
import os
import sys

FORWARDED = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGQUIT)


def main() -> None:
    folder, *arguments = sys.argv[1:]
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    server.connect(f"{folder}/socket")
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    asked = marshal.dumps((arguments, os.getcwd(), dict(os.environb)))  # noqa: PTH109
    server.sendmsg([asked], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    pid = marshal.loads(server.recv(64))
    for number in FORWARDED:
        _signal.signal(number, lambda number, _: os.kill(pid, number))
    status = marshal.loads(server.recv(64))
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) in FORWARDED:
            _signal.signal(os.WTERMSIG(status), _signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


main()
