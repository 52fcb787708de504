"""Writes files without end, for a test to kill: each tells its own digest and length."""

import hashlib
import os
import sys
from pathlib import Path

from pbfigure.store.files import copy_whole, write_whole

folder = Path(sys.argv[1])
source = folder.parent / f"source-{os.getpid()}"
print("ready", flush=True)
number = 0
while True:
    number += 1
    body = os.urandom(1000 * (number % 300))
    data = hashlib.sha256(body).digest() + body
    write_whole(folder / f"sub{number % 3}" / f"file{number % 7}", data)
    source.write_bytes(data)
    copy_whole(source, folder / f"copy{number % 5}", limit=10**6, mode=0o444)
