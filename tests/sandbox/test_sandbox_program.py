"""``pbfigure sandbox`` as a program: alone, and around another command."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from asking import standard
from PIL import Image
from program_forks import forked
from sandbox_process import SandboxProcess

from pbfigure.sandbox.fault_rules import ENDPOINTS, FAULTS, Kind, problems
from pbfigure.sandbox.wrong_shapes import SHAPES

ROOT = Path(__file__).parents[2]

PROGRAM = [forked(), "-m", "pbfigure.sandbox"]
ASK = """
import json, os, urllib.request
request = urllib.request.Request(
    os.environ["PAPERBANANA_BASE_URL"] + "/generate",
    json.dumps(%r).encode(),
    {"Authorization": "Bearer " + os.environ["PAPERBANANA_API_KEY"]},
)
print(json.load(urllib.request.urlopen(request))["success"])
print(os.environ["PAPERBANANA_ALLOW_DRAFTS"], os.environ["PAPERBANANA_CACHE_DIR"])
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_command_runs_with_everything_a_client_needs(tmp_path: Path) -> None:
    ask = ASK % (standard(),)
    done = run("--cache-dir", str(tmp_path / "cache"), "--", sys.executable, "-c", ask)
    assert done.stdout == f"True\n1 {tmp_path / 'cache'}\n"
    assert done.stderr == "sandbox: 1 task made, 0 sandbox credits, 1 API request, 0 downloads\n"
    assert done.returncode == 0


def test_a_commands_cache_is_one_of_its_own_unless_told() -> None:
    show = "import os; print(os.environ['PAPERBANANA_CACHE_DIR'])"
    folder = Path(run("--", sys.executable, "-c", show).stdout.strip())
    assert folder.parts[-2:] == ("paperbanana", "sandbox")


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_the_commands_status_is_passed_on(status: int) -> None:
    done = run("--", "sh", "-c", f"exit {status}")
    assert done.returncode == status


def test_a_command_ended_by_a_signal_says_so_in_its_status() -> None:
    done = run("--", "sh", "-c", "kill $$")
    assert done.returncode == 128 + 15


def test_a_command_that_is_not_there_is_said_plainly() -> None:
    done = run("--", "no-such-command")
    assert done.returncode != 0
    assert "cannot run no-such-command" in done.stderr


def test_alone_it_says_how_to_use_it_and_ends_when_told() -> None:
    serving = subprocess.Popen(
        [*PROGRAM, "--latency", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert serving.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        said += serving.stdout.readline()
    assert "export PAPERBANANA_BASE_URL=http://127.0.0.1:" in said
    assert "export PAPERBANANA_API_KEY=sk-team-sandbox" in said
    assert all(len(line) <= 80 for line in said.splitlines() if "CACHE_DIR" not in line), said
    address = said.partition("  drawn  ")[2].split()[0]
    assert b"PaperBanana sandbox" in urllib.request.urlopen(address).read()
    serving.send_signal(signal.SIGINT)
    _, summary = serving.communicate(timeout=120)
    assert summary.startswith("sandbox: 0 tasks made, 0 sandbox credits")
    assert serving.returncode == 0


def test_a_browser_sees_what_was_drawn_and_looking_counts_nowhere() -> None:
    with SandboxProcess(latency=0) as sandbox:
        page = sandbox.base_url.removesuffix("api/v1")
        asked = urllib.request.Request(
            f"{sandbox.base_url}/generate",
            json.dumps(standard("A <b>bold</b> pump")).encode(),
            {"Authorization": f"Bearer {sandbox.key}"},
        )
        urllib.request.urlopen(asked)
        text = urllib.request.urlopen(page).read().decode()
        assert "1 task so far" in text
        assert "A &lt;b&gt;bold&lt;/b&gt; pump" in text
        (source,) = re.findall(r'<img src="/([^"]+)"', text)
        with urllib.request.urlopen(page + source) as picture:
            assert Image.open(io.BytesIO(picture.read())).width == 1024
        assert [entry["endpoint"] for entry in sandbox.log()] == ["generate"]
        assert sandbox.tasks()[0]["images"][0]["downloads"] == 0


def test_task_ids_differ_from_run_to_run_unless_a_seed_is_given() -> None:
    """So two runs draw two pictures of one request, as the service would."""
    ask = (ASK % (standard(),)).replace('["success"]', '["data"]["task_id"]')

    def task(*options: str) -> str:
        return run(*options, "--", sys.executable, "-c", ask).stdout.split()[0]

    assert task() != task()
    assert task("--seed", "7") == task("--seed", "7")


def test_orders_can_stand_in_a_file(tmp_path: Path) -> None:
    orders = tmp_path / "faults.json"
    orders.write_text(json.dumps([{"endpoint": "generate", "fault": "failed"}]))
    with SandboxProcess(faults_file=orders) as sandbox:
        assert [order["order"]["fault"] for order in sandbox.faults()] == ["failed"]


def test_all_mistakes_of_a_file_of_orders_are_told_at_once_with_number_field_and_what_is_allowed(
    tmp_path: Path,
) -> None:
    orders = tmp_path / "faults.json"
    orders.write_text(
        '[{"endpoint": "generat", "fault": "failed"},\n'
        ' {"endpoint": "download", "fault": "mistyped", "as": "gif", "colour": 1, "calls": 0},\n'
        ' {"endpoint": "tasks", "fault": "shape", "prompt": "ship"}, 7]\n'
    )
    done = run("--faults", str(orders))
    calls = 'calls must be "all", "first", a number from 1, a list of them, "2-4" or "3-", not 0'
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            f"{orders}: order 1: endpoint must be one of generate, credits, tasks, task, download,"
            ' not "generat"',
            f"{orders}: order 2: {calls}",
            f'{orders}: order 2: as must be one of html, svg, webp, not "gif"',
            f"{orders}: order 2: colour is no field of mistyped, which takes as",
            f"{orders}: order 3: prompt selects calls of generate, task, download, not of tasks",
            f"{orders}: order 3: shape is missing: shape needs it",
            f"{orders}: order 4: an order must be an object",
            "Error: nothing was started: 7 to mend",
        ],
    )
    orders.write_text('[{"endpoint": "tasks"},\n{]')
    assert f"{orders}: line 2: no JSON: " in run("--faults", str(orders)).stderr


def test_the_published_schema_says_what_the_sandbox_checks() -> None:
    import jsonschema

    published = json.loads((ROOT / "docs/reference/faults.schema.json").read_text("utf-8"))
    schemas = {
        each["properties"]["fault"]["const"]: {**each, "$defs": published["$defs"]}
        for each in published["$defs"]["order"]["oneOf"]
    }
    assert schemas.keys() == FAULTS.keys()
    for name, fault in FAULTS.items():
        assert schemas[name]["description"] == fault.what
        valid = jsonschema.Draft202012Validator(schemas[name]).is_valid
        order = {"endpoint": fault.endpoints[0], "fault": name, "comment": "a bad day"}
        order |= {field: _first_that_fits(fault.parameters[field]) for field in fault.required}
        jsonschema.validate(order, published)
        for endpoint in (*ENDPOINTS, "all"):
            asked = order | {"endpoint": endpoint}
            assert valid(asked) == (not list(problems(asked))) == (endpoint in fault.endpoints)
        for field in (*fault.parameters, "calls", "prompt", "colour"):
            for value in PROBES:
                asked = order | {field: value}
                assert valid(asked) == (not list(problems(asked))), asked
        for field in fault.required:
            assert not valid({each: value for each, value in order.items() if each != field})


PROBES: tuple[Any, ...] = (
    *(0, 1, 99, 100, 599, 600, -1, 1.5, -0.5, True, None, "", "x", "2-4", "3-", "-3", "all"),
    *([], [1, 3], [0], ["x"], {}, {"a": 1}, "html", "gif", *SHAPES),
)


def _first_that_fits(kind: Kind) -> Any:
    return next(value for value in PROBES if kind.fits(value))


def test_the_log_can_be_a_file(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    ask = ASK % (standard("for the file"),)
    run("--log", str(log), "--", sys.executable, "-c", ask)
    (entry,) = (json.loads(line) for line in log.read_text().splitlines())
    assert (entry["endpoint"], entry["status"]) == ("generate", 200)
    assert entry["body"]["prompt"] == "for the file"
    assert "sk-team" not in log.read_text()


def test_a_port_that_is_taken_is_said_plainly() -> None:
    with SandboxProcess() as sandbox:
        done = run("--port", sandbox.base_url.split(":")[2].split("/")[0])
    assert done.returncode == 1
    assert "cannot listen" in done.stderr


def test_it_imports_nothing_of_the_client() -> None:
    program = (
        "import sys, pbfigure.sandbox.program, pbfigure.sandbox.drawing; "
        "print(sorted(m for m in sys.modules if m.startswith('pbfigure.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert all(
        name.startswith("'pbfigure.sandbox") for name in done.stdout.strip("[]\n").split(", ")
    )
