"""Every fault that can be ordered, seen from a client's side over real sockets."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from asking import Api, standard
from PIL import Image, ImageFile
from sandbox_process import SandboxProcess
from wait_for import wait_for

from pbfigure.sandbox.exchange import Json

MARK = "X-PaperBanana-Sandbox"
REQUEST = {"type": "standard", "scene": "text-to-image", "prompt": "x", "model": "nano-banana-2"}
GETS = [("credits", "/credits"), ("tasks", "/tasks"), ("task", "/task/{task}")]


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Pillow refuse damaged pictures, whatever an extension has set for the whole process."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)


class Client:
    """The plainest client there can be."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {sandbox.key}"

    def get(self, path: str, **how: Json) -> requests.Response:
        return self.session.get(self.sandbox.base_url + path, timeout=120, **how)

    def make(self, body: dict[str, Any] | None = None, **how: Json) -> requests.Response:
        how = {"timeout": 120} | how
        return self.session.post(self.sandbox.base_url + "/generate", json=body or REQUEST, **how)

    def task(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        made = self.make(body).json()["data"]["task_id"]
        data: dict[str, Any] = self.get(f"/task/{made}").json()["data"]
        return data

    def picture(self, output_format: str = "png") -> str:
        task = self.task({**REQUEST, "options": {"output_format": output_format}})
        return str(task["output"]["images"][0]["url"])


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess(latency=0) as process:
        process.settings(ip_limit=10_000, key_limit=10_000, team_limit=10_000)
        yield process


@pytest.fixture
def client(running: SandboxProcess) -> Client:
    running.clear_faults()
    return Client(running)


def made(client: Client) -> int:
    return len(client.sandbox.tasks())


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 500, 503, 599])
def test_any_status_can_be_ordered_with_a_documented_body(client: Client, status: int) -> None:
    before = made(client)
    client.sandbox.order(endpoint="generate", fault="status", status=status, message="as ordered")
    answer = client.make()
    assert answer.status_code == status
    assert answer.headers[MARK] == "1"
    assert answer.json() == {"success": False, "error": {"message": "as ordered"}}
    assert made(client) == before
    assert client.make().status_code == 200


def test_a_status_after_the_fact_leaves_a_task_behind(client: Client) -> None:
    before = made(client)
    client.sandbox.order(endpoint="generate", fault="status", status=503, after=True)
    assert client.make().status_code == 503
    assert made(client) == before + 1


def test_retry_after_comes_as_seconds_or_as_a_date(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="status", status=429, retry_after=7)
    client.sandbox.order(
        endpoint="credits", calls=[2], fault="status", status=503, retry_after=90,
        retry_after_date=True,
    )  # fmt: skip
    assert client.get("/credits").headers["Retry-After"] == "7"
    headers = client.get("/credits").headers
    wait = parsedate_to_datetime(headers["Retry-After"]) - parsedate_to_datetime(headers["Date"])
    assert wait.total_seconds() == 90


def test_a_status_can_have_any_body(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="status", status=502, body="<h1>Bad</h1>")
    client.sandbox.order(endpoint="credits", calls=2, fault="status", status=500, body={"oh": 1})
    assert client.get("/credits").text == "<h1>Bad</h1>"
    assert client.get("/credits").json() == {"oh": 1}


@pytest.mark.parametrize(("fault", "tasks"), [("drop_before", 0), ("drop_after", 1)])
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_is_dropped_before_or_after_the_task_is_made(
    client: Client, fault: str, tasks: int, reset: bool
) -> None:
    before = made(client)
    client.sandbox.order(endpoint="generate", fault=fault, reset=reset)
    with pytest.raises(requests.ConnectionError):
        client.make()
    assert made(client) == before + tasks
    assert client.sandbox.log("generate")[-1]["status"] is None


@pytest.mark.parametrize("fault", ["hang_before", "hang_after"])
def test_a_hanging_answer_outlasts_the_client(client: Client, fault: str) -> None:
    client.sandbox.order(endpoint="generate", fault=fault, seconds=60)

    def listed() -> int:
        return len(client.get("/tasks?limit=100").json()["data"]["tasks"])

    before = listed()
    with pytest.raises(requests.ReadTimeout):
        client.make(timeout=0.2)
    wait_for(lambda: client.sandbox.faults()[-1]["fired"])
    # What hangs before is going to be made, but not yet.
    wait_for(lambda: listed() - before == (1 if fault == "hang_after" else 0))


def test_a_late_task_appears_after_its_reply_was_lost(api: Api) -> None:
    api.order(endpoint="generate", fault="late", seconds=4)
    assert api.ask("POST", "/generate", standard()).dropped
    api.wait(3.9)
    assert api.get("/tasks")["tasks"] == []
    (entry,) = api.service.ledger()["tasks"]
    assert api.refusal("GET", f"/task/{entry['task_id']}")[0] == 404
    api.wait(0.1)
    assert [task["task_id"] for task in api.get("/tasks")["tasks"]] == [entry["task_id"]]


@pytest.mark.parametrize(("endpoint", "path"), GETS)
def test_an_answer_can_be_no_json_at_all(client: Client, endpoint: str, path: str) -> None:
    path = path.format(task=client.task()["task_id"])
    client.sandbox.order(endpoint=endpoint, fault="broken_json")
    client.sandbox.order(endpoint=endpoint, calls=2, fault="html")
    broken = client.get(path)
    assert (broken.status_code, broken.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError):
        broken.json()
    page = client.get(path)
    assert (page.status_code, page.text[:15]) == (200, "<!DOCTYPE html>")
    assert client.get(path).json()["success"] is True


@pytest.mark.parametrize(
    ("shape", "payload"),
    [
        ("null_data", {"success": True, "data": None}),
        ("success_false", {"success": False}),
    ],
)
def test_json_can_have_the_wrong_shape(client: Client, shape: str, payload: Json) -> None:
    client.sandbox.order(endpoint="generate", fault="shape", shape=shape)
    assert client.make().json() == payload


def test_a_task_can_have_fields_of_the_wrong_shape(client: Client) -> None:
    task = client.task()["task_id"]

    def shaped(shape: str) -> Json:
        client.sandbox.clear_faults()
        client.sandbox.order(endpoint="task", fault="shape", shape=shape)
        return client.get(f"/task/{task}").json()

    assert shaped("null_task_id")["data"]["task_id"] is None
    assert "task_id" not in shaped("no_task_id")["data"]
    assert "status" not in shaped("no_status")["data"]
    assert "cost_credits" not in shaped("no_cost")["data"]
    assert shaped("dear")["data"]["cost_credits"] == 8
    assert isinstance(shaped("wrong_types")["data"]["task_id"], int)
    assert isinstance(shaped("wrong_types")["data"]["cost_credits"], str)


def test_the_lists_tasks_can_have_the_wrong_shape(client: Client) -> None:
    client.task()
    client.sandbox.order(endpoint="tasks", fault="shape", shape="null_task_id")
    tasks = client.get("/tasks").json()["data"]["tasks"]
    assert {task["task_id"] for task in tasks} == {None}


def test_a_body_can_be_shorter_than_declared(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="truncated")
    with pytest.raises(requests.RequestException):
        client.get("/credits")


def test_a_body_can_unpack_to_a_gigabyte(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="gzip_bomb")
    answer = client.get("/credits", stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    raw = answer.raw.read(decode_content=False)
    assert len(raw) == int(answer.headers["Content-Length"]) < 4_000_000
    with gzip.open(io.BytesIO(raw)) as unpacked:
        assert len(unpacked.read(20_000_000)) == 20_000_000


def test_a_body_can_have_no_end(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="endless")
    answer = client.get("/credits", stream=True)
    assert "Content-Length" not in answer.headers
    assert len(answer.raw.read(5_000_000)) == 5_000_000
    answer.close()


def test_a_body_can_stall_half_way(client: Client) -> None:
    client.sandbox.order(endpoint="credits", fault="stall", seconds=60)
    answer = client.get("/credits", stream=True)
    assert answer.raw.read(5)
    with pytest.raises(Exception, match="timed out"):
        answer.raw._fp.fp.raw._sock.settimeout(0.2)
        answer.raw.read(1000)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_to_another_host_where_the_key_would_be_noticed(
    client: Client, status: int
) -> None:
    client.sandbox.order(endpoint="credits", fault="redirect", status=status)
    answer = client.get("/credits", allow_redirects=False)
    assert answer.status_code == status
    elsewhere = answer.headers["Location"]
    assert elsewhere.startswith(client.sandbox.storage_url)
    client.session.get(elsewhere, timeout=120)
    assert client.sandbox.log()[-1]["authorization"] is True
    requests.get(elsewhere, timeout=120)
    assert client.sandbox.log()[-1]["authorization"] is False


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"fault": "failed", "error": "no bananas"}, "failed"),
        ({"fault": "canceled"}, "canceled"),
        ({"fault": "never"}, "processing"),
        ({"fault": "unknown_status"}, "archived"),
        ({"fault": "unknown_status", "word": "paused"}, "paused"),
        ({"fault": "slow", "seconds": 3600}, "pending"),
    ],
)
def test_a_task_can_end_in_any_way(client: Client, order: dict[str, Any], status: str) -> None:
    client.sandbox.order(endpoint="generate", **order)
    task = client.task()
    assert task["status"] == status
    assert task["error"] == order.get("error")


def test_a_success_can_have_no_image_or_several(client: Client) -> None:
    client.sandbox.order(endpoint="generate", calls=1, fault="no_images")
    client.sandbox.order(endpoint="generate", calls=2, fault="several_images", count=3)
    assert client.task()["output"]["images"] == []
    urls = [image["url"] for image in client.task()["output"]["images"]]
    pictures = {client.session.get(url, timeout=120).content for url in urls}
    assert len(pictures) == 3


def test_a_task_can_be_missing_from_the_list(client: Client) -> None:
    client.sandbox.order(endpoint="generate", fault="unlisted")
    hidden = client.task()["task_id"]
    shown = client.task()["task_id"]
    listed = [task["task_id"] for task in client.get("/tasks").json()["data"]["tasks"]]
    assert shown in listed
    assert hidden not in listed
    client.sandbox.order(endpoint="tasks", fault="missing", count=1)
    listed = [task["task_id"] for task in client.get("/tasks").json()["data"]["tasks"]]
    assert shown not in listed


def test_the_list_can_be_in_no_order(client: Client) -> None:
    for _ in range(6):
        client.task()
    ordered = [task["task_id"] for task in client.get("/tasks").json()["data"]["tasks"]]
    client.sandbox.order(endpoint="tasks", fault="unordered")
    mixed = [task["task_id"] for task in client.get("/tasks").json()["data"]["tasks"]]
    assert mixed != ordered
    assert sorted(mixed) == sorted(ordered)


def test_a_teammates_tasks_can_come_in_between(client: Client) -> None:
    client.sandbox.order(endpoint="generate", fault="foreign", count=2)
    own = client.task()["task_id"]
    listed = client.get("/tasks").json()["data"]["tasks"][:3]
    owners = {task["task_id"]: task["owner"] for task in client.sandbox.ledger()["tasks"]}
    assert [owners[task["task_id"]] for task in listed] == ["client", "teammate", "teammate"]
    assert listed[0]["task_id"] == own
    assert {(task["type"], task["model"], task["scene"]) for task in listed} == {
        ("standard", "nano-banana-2", "text-to-image")
    }


def test_faults_for_one_call_work_together(client: Client) -> None:
    client.sandbox.order(endpoint="generate", fault="failed")
    client.sandbox.order(endpoint="generate", fault="drop_after")
    with pytest.raises(requests.ConnectionError):
        client.make()
    assert client.sandbox.tasks()[-1]["status"] == "failed"
    assert client.sandbox.log("generate")[-1]["fault"] == ["failed", "drop_after"]


def test_an_order_says_which_calls_it_is_for(client: Client) -> None:
    def statuses(**order: Json) -> list[int]:
        client.sandbox.clear_faults()
        client.sandbox.order(endpoint="credits", fault="status", status=500, **order)
        return [client.get("/credits").status_code for _ in range(5)]

    assert statuses() == [500, 200, 200, 200, 200]
    assert statuses(calls="first") == [500, 200, 200, 200, 200]
    assert statuses(calls=2) == [200, 500, 200, 200, 200]
    assert statuses(calls=[1, 4]) == [500, 200, 200, 500, 200]
    assert statuses(calls="2-3") == [200, 500, 500, 200, 200]
    assert statuses(calls="4-") == [200, 200, 200, 500, 500]
    assert statuses(calls="all") == [500] * 5
    (order,) = client.sandbox.faults()
    assert (order["seen"], order["fired"]) == (5, 5)


def test_an_order_can_pick_tasks_by_their_prompt(client: Client) -> None:
    client.sandbox.order(endpoint="generate", calls="all", prompt="apple", fault="failed")
    assert client.task({**REQUEST, "prompt": "a pear"})["status"] == "success"
    assert client.task({**REQUEST, "prompt": "an apple"})["status"] == "failed"


@pytest.mark.parametrize(
    "order",
    [
        {"endpoint": "nowhere", "fault": "status"},
        {"endpoint": "credits", "fault": "failed"},
        {"endpoint": "credits", "fault": "status", "sttaus": 500},
        {"endpoint": "credits", "fault": "status", "status": "500"},
        {"endpoint": "credits", "fault": "status", "calls": "often"},
        {"endpoint": "task", "fault": "shape", "shape": "round"},
        {"endpoint": "download", "fault": "mistyped", "as": "gif"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(client: Client, order: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        client.sandbox.order(**order)
    assert client.sandbox.faults() == []


def download(client: Client, url: str) -> requests.Response:
    return requests.get(url, timeout=120)


def test_a_picture_arrives_whole_without_a_key(client: Client) -> None:
    answer = download(client, client.picture())
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers[MARK] == "1"
    Image.open(io.BytesIO(answer.content)).load()
    entry = client.sandbox.log("download")[-1]
    assert (entry["host"], entry["authorization"], entry["status"]) == ("storage", False, 200)


def test_a_picture_can_be_cut_short(client: Client) -> None:
    url = client.picture()
    client.sandbox.order(endpoint="download", fault="truncated")
    client.sandbox.order(endpoint="download", calls=2, fault="truncated", declared=False)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        download(client, url)
    cut = download(client, url).content
    with pytest.raises(OSError):
        Image.open(io.BytesIO(cut)).load()


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_a_picture_can_be_damaged_behind_a_sound_header(client: Client, form: str) -> None:
    url = client.picture(form)
    client.sandbox.order(endpoint="download", fault="corrupt")
    damaged = download(client, url).content
    with pytest.raises(OSError), Image.open(io.BytesIO(damaged)) as image:
        assert image.size == (1024, 576)
        image.load()


@pytest.mark.parametrize("declared", [True, False])
def test_a_picture_can_be_far_too_large(client: Client, declared: bool) -> None:
    url = client.picture()
    client.sandbox.order(endpoint="download", fault="oversized", declared=declared)
    answer = download(client, url)
    assert len(answer.content) == 80_000_000
    assert ("Content-Length" in answer.headers) is declared


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("webp", b"RIFF"),
        ("html", b"<!DOCTYPE html>"),
        ("svg", b"<svg "),
    ],
)
def test_a_picture_can_be_something_else(client: Client, kind: str, start: bytes) -> None:
    url = client.picture("png")
    client.sandbox.order(endpoint="download", fault="mistyped", **{"as": kind})
    answer = download(client, url)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(start)


def test_a_picture_can_be_a_bomb(client: Client) -> None:
    url = client.picture()
    client.sandbox.order(endpoint="download", fault="bomb")
    body = download(client, url).content
    assert len(body) < 100_000
    width, height = (int.from_bytes(body[at : at + 4], "big") for at in (16, 20))
    assert width * height > 100_000_000


def test_a_picture_can_lie_behind_redirects(client: Client) -> None:
    url = client.picture()
    client.sandbox.order(endpoint="download", fault="redirect", hops=3)
    answer = download(client, url)
    assert [each.status_code for each in answer.history] == [302, 302, 302]
    assert answer.content.startswith(b"\x89PNG")
    client.sandbox.order(endpoint="download", calls="all", fault="redirect", hops=1)
    with pytest.raises(requests.TooManyRedirects):
        download(client, url)


@pytest.mark.parametrize("status", [403, 404])
def test_a_picture_can_have_expired(client: Client, status: int) -> None:
    url = client.picture()
    client.sandbox.order(endpoint="download", fault="expired", status=status)
    answer = download(client, url)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/xml"
    assert download(client, url).status_code == 200


def test_the_log_and_the_ledger_survive_a_round_trip_as_json(client: Client) -> None:
    client.task()
    assert json.loads(json.dumps(client.sandbox.log()))
    assert client.sandbox.ledger()["time"] <= time.time() + 1
