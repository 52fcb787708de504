"""Limits for data from the service and from untrusted files. Ours, not the API's."""

from __future__ import annotations

import re

SIZE_LIMIT = 64_000_000
"""Bytes of one picture: a PNG at 4K has about 20 MB."""
PIXEL_LIMIT = 100_000_000
"""Pixels of one picture: six times a square of 4K."""
PICTURES_LIMIT = 16
"""Most stored pictures of one task: the reference's examples show one."""
TASK_ID = re.compile(r"[\x21-\x7e]{1,200}")
"""The form of a task id: the reference shows UUIDs but promises no form."""
