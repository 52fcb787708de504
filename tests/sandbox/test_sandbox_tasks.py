"""The life of tasks, their credits, the list, and the URLs of their images."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from asking import Api, pipeline, standard

from pbfigure.sandbox import Service, Settings


def test_a_pipeline_task_goes_through_its_stages_to_success(api: Api) -> None:
    task = api.make(pipeline())
    seen: list[str] = []
    for _ in range(102):
        data = api.get(f"/task/{task}")
        word = data["output"].get("current_stage", data["status"])
        if not seen or seen[-1] != word:
            seen.append(word)
        api.wait(0.1)
    stages = ["retriever", "planner", "stylist", "visualizer", "critic_round_0", "critic_round_1"]
    assert seen == ["pending", *stages, "success"]


def test_a_task_is_shown_as_documented(api: Api) -> None:
    task = api.make(standard(options={"output_format": "webp"}))
    before = api.get(f"/task/{task}")
    assert before == {
        "task_id": task,
        "type": "standard",
        "model": "nano-banana-pro",
        "scene": "text-to-image",
        "status": "pending",
        "cost_credits": 10,
        "created_at": before["created_at"],
        "output": {"images": []},
        "error": None,
    }
    made = datetime.fromisoformat(before["created_at"]).timestamp()
    assert made == pytest.approx(api.clock.now, abs=0.001)
    assert len(before["created_at"]) == len("2026-03-12T06:57:48.067Z")
    api.wait(5)
    assert api.get(f"/task/{task}")["status"] == "processing"
    assert "current_stage" not in api.get(f"/task/{task}")["output"]
    api.wait(5)
    (image,) = api.get(f"/task/{task}")["output"]["images"]
    assert image["type"] == "image/webp"
    assert image["url"].startswith("https://storage.sandbox.example/uploads/")


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        (("nano-banana-pro", "1K"), 10),
        (("nano-banana-pro", "2K"), 20),
        (("nano-banana-pro", "4K"), 40),
        (("nano-banana-2", "1K"), 5),
        (("nano-banana-2", "2K"), 10),
        (("nano-banana-2", "4K"), 20),
        (("pipeline", "1K"), 6),
        (("pipeline", "2K"), 12),
        (("pipeline", "4K"), 24),
    ],
)
def test_credits_are_charged_by_the_table_and_on_success_only(
    api: Api, body: tuple[str, str], cost: int
) -> None:
    model, resolution = body
    options = {"resolution": resolution}
    request = pipeline(**options) if model == "pipeline" else standard(model=model, options=options)
    task = api.make(request)
    assert api.get(f"/task/{task}")["cost_credits"] == cost
    assert api.get("/credits") == {"remaining_credits": 12_000}
    api.wait(10)
    assert api.get("/credits") == {"remaining_credits": 12_000 - cost}
    api.wait(10)
    assert api.get("/credits") == {"remaining_credits": 12_000 - cost}


@pytest.mark.parametrize("fate", ["failed", "canceled"])
def test_a_task_that_ends_badly_costs_nothing(api: Api, fate: str) -> None:
    api.order(endpoint="generate", fault=fate)
    task = api.make(standard())
    api.wait(10)
    data = api.get(f"/task/{task}")
    assert (data["status"], data["cost_credits"], data["output"]) == (fate, 0, {"images": []})
    assert data["error"] == ("task failed" if fate == "failed" else None)
    assert api.get("/credits") == {"remaining_credits": 12_000}


def test_what_running_tasks_will_cost_is_reserved(api: Api) -> None:
    api.service.settings.change({"credits": 25})
    api.make(standard())
    api.make(standard())
    status, message = api.refusal("POST", "/generate", standard())
    assert (status, message) == (402, "insufficient credits: this task costs 10, 5 are free")
    assert api.get("/credits") == {"remaining_credits": 25}
    api.wait(10)
    assert api.get("/credits") == {"remaining_credits": 5}
    assert api.make(standard(model="nano-banana-2"))


def test_the_list_is_paged_newest_first_and_filtered_by_status(api: Api) -> None:
    made = []
    for number in range(45):
        made.append(api.make(standard(f"picture {number}")))
        api.wait(1)
    first = api.get("/tasks")
    assert first["pagination"] == {"total": 45, "page": 1, "limit": 20, "total_pages": 3}
    pages = [api.get(f"/tasks?page={page}")["tasks"] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [20, 20, 5, 0]
    assert [task["task_id"] for page in pages for task in page] == made[::-1]
    done = api.get("/tasks?status=success&limit=100")
    assert [task["task_id"] for task in done["tasks"]] == made[:36][::-1]
    api.make(standard("one more"))
    assert {task["status"] for task in api.get("/tasks?status=pending")["tasks"]} == {"pending"}


def test_a_teammates_task_is_in_the_list_and_charged_to_the_team(api: Api) -> None:
    fields = {"type": "pipeline", "age": 60, "cost_credits": 7, "count": 2, "latency": 30}
    made = api.service.add_foreign_tasks(fields)
    listed = api.get("/tasks")["tasks"]
    assert {task["task_id"] for task in listed} == set(made)
    assert {task["status"] for task in listed} == {"success"}
    assert api.get("/credits") == {"remaining_credits": 12_000 - 14}
    assert {task["owner"] for task in api.service.ledger()["tasks"]} == {"teammate"}


def test_an_image_url_expires_and_asking_again_gives_a_new_one(api: Api) -> None:
    api.service.settings.change({"url_expiry": 100})
    task = api.make(standard())
    api.wait(10)

    def url() -> str:
        return str(api.get(f"/task/{task}")["output"]["images"][0]["url"])

    old = url()
    api.wait(99)
    assert api.download(old).status == 200
    assert url() == old
    api.wait(1)
    assert api.download(old).status == 403
    assert url() != old
    assert api.download(url()).status == 200
    assert api.download(old).status == 403
    assert api.download("/uploads/" + "0" * 32 + ".png").status == 404


def test_latencies_are_lognormal_and_the_same_each_time() -> None:
    def latencies(seed: int) -> list[float]:
        class Still:
            def time(self) -> float:
                return 1_795_000_000.0

        service = Service(Still(), Settings(latency=60, seed=seed))
        tasks = [service.tasks.make(standard(), 1_795_000_000.0) for _ in range(400)]
        return [task.latency for task in tasks]

    assert latencies(0) == latencies(0) != latencies(1)
    ordered = sorted(latencies(0))
    assert 50 < ordered[200] < 70
    assert ordered[0] > 5
    assert ordered[-1] < 600


def test_the_ledger_tells_all(api: Api) -> None:
    body = standard("for the ledger")
    task = api.make(body)
    api.wait(10)
    url = api.get(f"/task/{task}")["output"]["images"][0]["url"]
    assert api.service.ledger()["tasks"][0]["images"][0]["sha256"] is None
    picture = api.download(url).body
    assert api.download(url).body == picture
    ledger = api.service.ledger()
    assert (ledger["charged"], ledger["remaining_credits"]) == (10, 11_990)
    (entry,) = ledger["tasks"]
    assert entry["request"] == body
    assert (entry["status"], entry["charged"], entry["owner"]) == ("success", 10, "client")
    assert entry["finished_at"] - entry["created_at"] == pytest.approx(10)
    assert entry["images"][0]["downloads"] == 2
    assert len(entry["images"][0]["sha256"]) == 64
    assert json.dumps(ledger)


def test_the_log_tells_what_was_asked_and_never_a_key(api: Api) -> None:
    task = api.make(standard("for the log"))
    api.refusal("GET", "/credits", Authorization="Bearer sk-team-secret")
    api.ask("GET", "/credits?key=sk-team-secret", X_Note="sk-team-secret")
    generate, refused, leaking = api.service.log.entries()
    assert generate["endpoint"] == "generate"
    assert (generate["body"], generate["task_id"]) == (standard("for the log"), task)
    assert (generate["status"], generate["authorised"], generate["host"]) == (200, True, "api")
    assert (refused["status"], refused["authorised"], refused["authorization"]) == (
        401,
        False,
        True,
    )
    assert leaking["key_elsewhere"] is True
    assert not generate["key_elsewhere"]
    assert "sk-team" not in json.dumps(api.service.log.entries())
