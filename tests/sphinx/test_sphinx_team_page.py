"""docs/how-to/for-a-team.md, held to its word: modes for forks, counts, recipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from program_forks import forked
from real_stores import Nginx
from sandbox_process import SandboxProcess
from shared_stores import ACCESS_KEY, BUCKET, SECRET_KEY, Moto, RealService, Store, open_store
from sphinx_docs import CONF

PAGE = (Path(__file__).parents[2] / "docs/how-to/for-a-team.md").read_text("utf-8")
SOURCE = """\
Pumps
=====

How it works.

.. paperbanana:: A pump
   :name: pump

.. paperbanana:: A valve
   :name: valve
"""
NO_KEY = {"PAPERBANANA_API_KEY": ""}
Build = Callable[..., str]


def blocks(language: str, text: str = PAGE) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def store() -> Iterator[Moto]:
    opened = Moto()
    yield opened
    opened.stop()


@pytest.fixture
def service(sandbox: SandboxProcess) -> Iterator[RealService]:
    started = RealService(sandbox)
    yield started
    started.stop()


def project(folder: Path) -> Path:
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/conf.py").write_text(CONF)
    (folder / "docs/index.rst").write_text(SOURCE)
    return folder


@pytest.fixture
def build(tmp_path: Path, service: RealService) -> Build:
    """Build on a machine of its own; what is said."""

    def build(machine: str, store: Store, **environ: str) -> str:
        folder = tmp_path / machine
        if not folder.exists():
            project(folder)
        env = {
            **os.environ,
            **service.env,
            **store.env,
            "PAPERBANANA_SHARED_CACHE": store.address,
            "PAPERBANANA_CACHE_DIR": str(folder / "cache"),
            **environ,
        }
        done = subprocess.run(
            [forked(), "-m", "sphinx", "docs", "out"], cwd=folder, env=env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)

    return build


def test_a_fork_without_credentials_takes_what_everybody_may_read(
    build: Build, store: Moto
) -> None:
    build("ours", store)
    assert store.server is not None
    store.make_public()
    store.server.requests.clear()
    store.server.signed = 0
    store.server.status["PUT"] = 403
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del store.env[name]
    said = build("fork", store, AWS_SKIP_SIGNATURE="true", **NO_KEY)
    assert "2 pictures taken from the shared store" in said
    assert "[paperbanana.shared]" not in said, "that is how a warning ends"
    assert store.server.signed == 0
    assert {method for method, _ in store.server.requests} == {"GET"}


def test_a_reader_buys_and_is_told_once_that_nothing_is_uploaded(build: Build) -> None:
    store = Nginx(for_reading=True)
    said = build("reader", store)
    assert "lets this machine only read" in said
    assert "[paperbanana.shared]" not in said, "that is how a warning ends"
    assert "2 made" in said
    assert store.objects() == {}


@pytest.mark.soak
def test_a_fork_whom_the_store_refuses_has_placeholders_and_one_warning(
    build: Build, tmp_path: Path
) -> None:
    store = open_store("seaweedfs", tmp_path)
    build("ours", store)
    before = store.objects()
    store.env["AWS_SECRET_ACCESS_KEY"] = "a wrong one"
    said = build("fork", store, **NO_KEY)
    assert said.count("the shared store") == 1
    assert "refuses this machine's credentials; the build goes on without it" in said
    assert "2 missing" in said
    assert store.objects() == before


def test_its_counts_of_requests_are_those_of_builds(build: Build, store: Moto) -> None:
    server = store.server
    assert server is not None

    def counted(machine: str, **environ: str) -> Counter[tuple[str, str]]:
        server.requests.clear()
        build(machine, store, **environ)
        asked = (
            (method, re.search("/v1/(ac|cas|ledger)/", path)) for method, path in server.requests
        )
        return Counter((method, found[1]) for method, found in asked if found)

    bought = counted("a")
    puts = {("PUT", kind): 2 for kind in ("ac", "cas", "ledger")}
    assert bought == {("GET", "ac"): 2, ("HEAD", "ac"): 2, **puts}
    assert counted("b") == {("GET", "ac"): 2, ("GET", "cas"): 2}
    assert counted("b") == {}, "nothing is missing"
    assert counted("c", PAPERBANANA_MODE="offline") == {}
    sizes = {
        kind: max(len(data) for name, data in store.objects().items() if f"/{kind}/" in name)
        for kind in ("ac", "ledger")
    }
    assert sizes["ac"] < 1_500
    assert sizes["ledger"] < 800


def test_its_recipes_for_old_objects_spare_the_ledger_and_remove_records_first(
    store: Moto,
) -> None:
    s3, google, azure = map(json.loads, blocks("json"))
    client = boto3.client(
        "s3", endpoint_url=store.env["AWS_ENDPOINT"], region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=s3)
    kept = client.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    days = [
        [(rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in kept],
        [(r["condition"]["matchesPrefix"][0], r["condition"]["age"]) for r in google["rule"]],
        [
            (
                r["definition"]["filters"]["prefixMatch"][0].removeprefix("our-figures/"),
                r["definition"]["actions"]["baseBlob"]["delete"][
                    "daysAfterModificationGreaterThan"
                ],
            )
            for r in azure["rules"]
        ],
    ]
    ages = [("team/v1/ac/", 365), ("team/v1/claims/", 365), ("team/v1/cas/", 400)]
    assert days == [ages, ages, ages]
