"""The three rate limits, under a clock that is set by hand."""

from __future__ import annotations

import json

import pytest
from asking import Api

from pbfigure.sandbox import Call


def ask(api: Api, key: str = "sk-team-sandbox", ip: str = "127.0.0.1") -> tuple[int, str | None]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = api.service.handle(Call("GET", "/api/v1/credits", headers, client_ip=ip))
    return answer.status, answer.headers.get("Retry-After")


@pytest.fixture
def limited(api: Api) -> Api:
    limits = {"ip_limit": 120, "key_limit": 60, "team_limit": 120}
    api.service.settings.change(limits | {"keys": ["sk-team-sandbox", "sk-team-b", "sk-team-c"]})
    return api


def test_a_key_has_sixty_requests_in_any_minute(limited: Api) -> None:
    assert {ask(limited)[0] for _ in range(30)} == {200}
    limited.wait(20.5)
    assert {ask(limited)[0] for _ in range(30)} == {200}
    assert ask(limited) == (429, "40")
    limited.wait(39.4)
    assert ask(limited) == (429, "1")
    limited.wait(0.1)
    assert {ask(limited)[0] for _ in range(30)} == {200}
    assert ask(limited) == (429, "21")


def test_a_refused_request_does_not_prolong_the_wait(limited: Api) -> None:
    for _ in range(60):
        ask(limited)
    for _ in range(20):
        assert ask(limited)[0] == 429
    limited.wait(60)
    assert ask(limited)[0] == 200


def test_an_address_has_120_requests_before_anyone_looks_at_its_key(limited: Api) -> None:
    assert {ask(limited, key="nonsense")[0] for _ in range(120)} == {401}
    assert ask(limited, key="nonsense") == (429, "60")
    assert ask(limited)[0] == 429
    assert ask(limited, ip="127.0.0.2")[0] == 200


def test_a_team_shares_its_limit_over_its_keys(limited: Api) -> None:
    for number in range(120):
        key = "sk-team-sandbox" if number % 2 else "sk-team-b"
        assert ask(limited, key, ip=f"127.0.0.{number}")[0] == 200
    assert ask(limited, "sk-team-c") == (429, "60")
    limited.service.settings.change({"team_limit": 300})
    assert ask(limited, "sk-team-c")[0] == 200


def test_the_refusal_is_worded_as_documented(limited: Api) -> None:
    limited.service.settings.change({"key_limit": 0})
    headers = {"Authorization": "Bearer sk-team-sandbox"}
    answer = limited.service.handle(Call("GET", "/api/v1/credits", headers))
    assert answer.headers["Retry-After"] == "60"
    message = "rate limit exceeded: 0 requests per minute per API key"
    assert json.loads(answer.body) == {"success": False, "error": {"message": message}}
