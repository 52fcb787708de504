"""Puts documents into a database without end, telling of each once it is kept."""

import sys
from pathlib import Path

from pbfigure.store.database import Database

folder, name = Path(sys.argv[1]), sys.argv[2]
database = Database(folder)
number = int(sys.argv[3])
while True:
    number += 1
    with database.transaction():
        database.put(f"{name}:{number}", {"number": number})
        database.put(f"{name}:last", {"number": number})
        counted = database.get("shared") or {"count": 0}
        database.put("shared", {"count": counted["count"] + 1})
    print(number, flush=True)
