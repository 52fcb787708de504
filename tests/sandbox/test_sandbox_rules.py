"""What the sandbox accepts and refuses, rule by rule of the API reference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import Api, standard

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.public_address import url_problem

IMAGE = "https://example.com/source.png"
STANDARD = {"type": "standard", "scene": "text-to-image", "prompt": "x", "model": "nano-banana-2"}
PIPELINE = {
    "type": "pipeline",
    "scene": "text-to-image",
    "prompt": "x",
    "options": {"content": "text"},
}
EDIT = {**STANDARD, "scene": "image-to-image", "options": {"image_input": [IMAGE]}}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def options(body: dict[str, Any], **changes: Json) -> dict[str, Any]:
    return {**body, "options": {**body.get("options", {}), **changes}}


ACCEPTED = [
    STANDARD,
    PIPELINE,
    EDIT,
    without(options({**PIPELINE, "scene": "image-to-image"}, image_input=[IMAGE]), "prompt"),
    options(STANDARD, resolution="4K", aspect_ratio="16:9", output_format="webp"),
    options(STANDARD, aspect_ratio="auto", google_search=True, output_format="jpg"),
    options(PIPELINE, task_name="plot", resolution="2K", output_format="jpeg"),
    {**STANDARD, "prompt": "x" * 10_000},
    {**STANDARD, "prompt": "\U0001f34c" * 10_000},
    options(PIPELINE, content="x" * 100_000),
    options(EDIT, image_input=[IMAGE] * 10),
]
REFUSED = [
    (without(STANDARD, "type"), "type is required"),
    ({**STANDARD, "type": "banana"}, "type must be one of standard, pipeline"),
    ({**STANDARD, "type": None}, "type must be one of"),
    (without(STANDARD, "scene"), "scene is required"),
    ({**STANDARD, "scene": "video"}, "scene must be one of text-to-image, image-to-image"),
    (without(STANDARD, "model"), "model is required"),
    ({**STANDARD, "model": "nano-banana"}, "model must be one of nano-banana-pro, nano-banana-2"),
    (without(STANDARD, "prompt"), "prompt is required"),
    (without(EDIT, "prompt"), "prompt is required"),
    (without(PIPELINE, "prompt"), "prompt is required"),
    ({**STANDARD, "prompt": "  \n"}, "prompt must not be empty"),
    ({**STANDARD, "prompt": 3}, "prompt must be a string"),
    (
        {**STANDARD, "prompt": "x" * 10_001},
        "prompt must be at most 10000 characters (it has 10001)",
    ),
    ({**STANDARD, "options": []}, "options must be an object"),
    ({**STANDARD, "variant": 1}, "unknown parameter variant"),
    (options(STANDARD, variant=1), "unknown parameter options.variant"),
    (options(STANDARD, resolution="8K"), "options.resolution must be one of 1K, 2K, 4K"),
    (options(STANDARD, output_format="gif"), "options.output_format must be one of"),
    (options(STANDARD, aspect_ratio="wide"), "options.aspect_ratio must be"),
    (options(STANDARD, content="text"), "options.content is available for pipeline only"),
    (options(STANDARD, task_name="plot"), "options.task_name is available for pipeline only"),
    (options({**STANDARD, "model": "nano-banana-pro"}, google_search=True), "nano-banana-2 only"),
    (options(STANDARD, google_search="yes"), "options.google_search must be a boolean"),
    (options(STANDARD, image_input=[IMAGE]), "image_input is available for image-to-image only"),
    (without(EDIT, "options"), "options.image_input is required for image-to-image"),
    (options(EDIT, image_input=[]), "options.image_input is required"),
    (options(EDIT, image_input=IMAGE), "options.image_input must be an array of strings"),
    (options(EDIT, image_input=[1]), "options.image_input must be an array of strings"),
    (options(EDIT, image_input=[IMAGE] * 11), "options.image_input must have at most 10 items"),
    (
        options(EDIT, image_input=[IMAGE, "http://example.com/a"]),
        "image_input[1] must use https://",
    ),
    (without(PIPELINE, "options"), "options.content is required"),
    (options(PIPELINE, content=""), "options.content must not be empty"),
    (options(PIPELINE, content="x" * 100_001), "options.content must be at most 100000 characters"),
    (options(PIPELINE, task_name="photo"), "options.task_name must be one of diagram, plot"),
    (options(PIPELINE, aspect_ratio="1:1"), "options.aspect_ratio is available for standard only"),
    (options(PIPELINE, google_search=True), "options.google_search is available for standard only"),
    ({**PIPELINE, "model": "nano-banana-2"}, "model is available for standard only"),
    ([], "request body must be a JSON object"),
    (b"{", "request body must be valid JSON"),
    (b'{"type": "\xff"}', "request body must be valid JSON"),
    (b'{"type": NaN}', "request body must be valid JSON"),
    (b"[" * 100_000, "request body must be valid JSON"),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_what_the_reference_allows_makes_a_task(api: Api, body: dict[str, Any]) -> None:
    assert api.make(body)


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_broken_rule_is_a_400_that_names_it(api: Api, body: Json, message: str) -> None:
    status, said = api.refusal("POST", "/generate", body)
    assert status == 400
    assert message in said
    assert api.get("/tasks")["tasks"] == []


PUBLIC = [
    "https://example.com/a.png",
    "https://example.com:443/a.png",
    "https://example.com./a.png",
    "https://8.8.8.8/a.png",
    "https://[2606:4700:4700::1111]/a.png",
    "https://bücher.example/a.png",
    "https://10.example.com/a.png",
    "https://static.local.example.com/a.png",
]
NOT_PUBLIC = [
    "http://example.com/a.png",
    "ftp://example.com/a.png",
    "data:image/png;base64,AAAA",
    "//example.com/a.png",
    "https://",
    "https:///a.png",
    "https://example.com:8443/a.png",
    "https://example.com:80/a.png",
    "https://example.com:x/a.png",
    "https://exa mple.com/a.png",
    "https://example.com\\@127.0.0.1/a.png",
    "https://localhost/a.png",
    "https://LOCALHOST./a.png",
    "https://printer.local/a.png",
    "https://metadata.google.internal/a.png",
    "https://intranet/a.png",
    "https://127.0.0.1/a.png",
    "https://127.1/a.png",
    "https://2130706433/a.png",
    "https://0x7f000001/a.png",
    "https://0x7f.0.0.1/a.png",
    "https://0177.0.0.1/a.png",
    "https://127.0.0.1./a.png",
    "https://127.0.0.1%2e/a.png",
    "https://①②⑦.0.0.1/a.png",
    "https://127。0。0。1/a.png",
    "https://10.1.2.3/a.png",
    "https://172.16.0.1/a.png",
    "https://192.168.1.1/a.png",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/a.png",
    "https://0.0.0.0/a.png",
    "https://224.0.0.1/a.png",
    "https://256.1.1.1/a.png",
    "https://[::1]/a.png",
    "https://[::]/a.png",
    "https://[fe80::1]/a.png",
    "https://[fe80::1%25eth0]/a.png",
    "https://[fd00::1]/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "https://[::ffff:10.0.0.1]/a.png",
    "https://[::127.0.0.1]/a.png",
    "https://[64:ff9b::7f00:1]/a.png",
    "https://[2002:7f00:1::]/a.png",
    "https://user@127.0.0.1/a.png",
]


@pytest.mark.parametrize("url", PUBLIC)
def test_a_source_on_the_public_internet_is_accepted(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize("url", NOT_PUBLIC)
def test_a_source_elsewhere_is_refused_in_every_spelling(url: str) -> None:
    assert url_problem(url)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Basic sk-team-sandbox"}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Bearer sk-team-unknown"}, 401),
        ({"Authorization": "Bearer sk-personal"}, 403),
    ],
)
def test_only_a_known_team_key_is_let_in(api: Api, headers: dict[str, str], status: int) -> None:
    assert api.refusal("GET", "/credits", **headers)[0] == status


def test_other_keys_can_be_made_known(api: Api) -> None:
    api.service.settings.change({"keys": ["sk-team-one", "sk-team-two"]})
    api.key = "sk-team-two"
    assert api.get("/credits") == {"remaining_credits": 12_000}
    api.key = "sk-team-sandbox"
    assert api.refusal("GET", "/credits")[0] == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/generate"),
        ("DELETE", "/credits"),
        ("GET", "/task/"),
        ("GET", "/task/7655ed66-3a83-4a5a-9cb1-3b7c449ec4a9"),
        ("GET", "/task/a/b"),
    ],
)
def test_what_does_not_exist_is_a_404(api: Api, method: str, path: str) -> None:
    assert api.refusal(method, path)[0] == 404


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=", "limit=0", "limit=101", "limit=1.5", "status=done"],
)
def test_a_list_query_outside_the_documented_range_is_a_400(api: Api, query: str) -> None:
    assert api.refusal("GET", f"/tasks?{query}")[0] == 400


def test_a_post_needs_a_length_and_may_not_exceed_a_megabyte(api: Api) -> None:
    assert api.refusal("POST", "/generate", standard(), Content_Length="")[0] == 411
    body = json.dumps(standard()).encode()
    assert api.ask("POST", "/generate", body + b" " * (1_000_000 - len(body))).status == 200
    assert api.refusal("POST", "/generate", body + b" " * (1_000_001 - len(body)))[0] == 413
    assert api.refusal("POST", "/generate", standard(), Content_Length="1000001")[0] == 413


def test_a_picture_of_its_own_is_a_source_at_the_address_that_its_task_shows_now(api: Api) -> None:
    api.service.storage_url = "http://127.0.0.1:8001"
    api.service.settings.change({"url_expiry": 100})
    task = api.make(STANDARD)
    api.clock.now += 20

    def address() -> str:
        return str(api.get(f"/task/{task}")["output"]["images"][0]["url"])

    first = address()
    assert api.make(options(EDIT, image_input=[first]))
    others = [first.replace(":8001", ":8002"), f"http://127.0.0.1:8001/uploads/{'0' * 32}.png"]
    api.clock.now += 100
    for url in (first, *others):
        assert api.refusal("POST", "/generate", options(EDIT, image_input=[url]))[0] == 400
    assert api.make(options(EDIT, image_input=[address()]))
