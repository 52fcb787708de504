"""What a browser shows at the sandbox's address: what it is, how to use it, what it has drawn.

Looking at the page counts nowhere: it is no request of the API, and no download of its storage.
"""

from __future__ import annotations

from html import escape
from typing import Any

from pbfigure.sandbox.exchange import Answer, Json, RefusalError, bytes_answer
from pbfigure.sandbox.service import Service

PICTURES = "/_sandbox/pictures/"
SHOWN = 100
"""Tasks on the page, the newest first."""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>PaperBanana sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }}
ul {{ list-style: none; padding: 0; display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)) }}
img {{ width: 100%; border: 1px solid #8886; border-radius: .4rem }}
small {{ opacity: .75 }}
</style></head><body>
<h1>PaperBanana sandbox</h1>
<p>An emulator of the PaperBanana API on this machine. Its pictures are drafts, and nothing is paid.
Set <code>PAPERBANANA_BASE_URL</code>, <code>PAPERBANANA_API_KEY</code> and
<code>PAPERBANANA_ALLOW_DRAFTS</code> as the terminal says, and build there.</p>
<p>{sum} See <a href="/_sandbox/log">every request</a>,
<a href="/_sandbox/ledger">every task</a> and the
<a href="/_sandbox/faults">faults</a> that were ordered.</p>
<ul>{tasks}</ul></body></html>
"""


def front_page(service: Service) -> Answer:
    """Return the page as it is now."""
    ledger = service.ledger()
    tasks = ledger["tasks"]
    count = f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}"
    page = _PAGE.format(
        sum=f"{count} so far, for {ledger['charged']} sandbox credits.",
        tasks="".join(_item(task) for task in tasks[: -SHOWN - 1 : -1]),
    )
    return bytes_answer(200, "text/html; charset=utf-8", page.encode())


def picture(service: Service, task_id: str) -> Answer:
    """Return a task's first picture, small, whatever format was asked for."""
    from pbfigure.sandbox.drawing import draw  # Pillow, only if a picture is requested

    task = service.tasks.find(task_id, service.clock.time())
    if task is None or not task.images:
        raise RefusalError(404, "no such picture")
    small = {**task.options, "resolution": "1K", "output_format": "webp"}
    return bytes_answer(200, "image/webp", draw({**task.body, "options": small}, task_id))


def _item(task: dict[str, Any]) -> str:
    body: Json = task["request"]
    prompt = escape(str(body.get("prompt", "")))
    state = f"{task['status']}, {task['cost_credits']} sandbox credits, {body['type']}"
    image = ""
    if task["status"] == "success" and task["images"]:
        image = f'<img src="{PICTURES}{task["task_id"]}" alt="{prompt}" loading="lazy">'
    return f"<li>{image}<br>{prompt}<br><small>{escape(state)}</small></li>\n"
