"""The commands of the API reference, run against the sandbox unchanged but for key and URL."""

from __future__ import annotations

import json
import subprocess

import pytest
from sandbox_process import SandboxProcess

# ruff: noqa: E501

CURLS = {
    "credits": r"""
curl -H "Authorization: Bearer sk-team-your-api-key" \
  https://open.paper-banana.org/api/v1/credits
""",
    "standard text-to-image": r"""
curl -X POST https://open.paper-banana.org/api/v1/generate \
  -H "Authorization: Bearer sk-team-your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "standard",
    "scene": "text-to-image",
    "prompt": "A futuristic city skyline at sunset",
    "model": "nano-banana-pro",
    "options": {
      "resolution": "2K",
      "output_format": "png"
    }
  }'
""",
    "standard image-to-image": r"""
curl -X POST https://open.paper-banana.org/api/v1/generate \
  -H "Authorization: Bearer sk-team-your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "standard",
    "scene": "image-to-image",
    "prompt": "Make this more professional",
    "model": "nano-banana-2",
    "options": {
      "image_input": ["https://example.com/source.png"],
      "resolution": "1K"
    }
  }'
""",
    "pipeline text-to-image": r"""
curl -X POST https://open.paper-banana.org/api/v1/generate \
  -H "Authorization: Bearer sk-team-your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "pipeline",
    "scene": "text-to-image",
    "prompt": "Architecture diagram for transformer model",
    "options": {
      "content": "This paper presents a novel transformer architecture with multi-head attention...",
      "task_name": "diagram",
      "resolution": "2K"
    }
  }'
""",
    "pipeline image-to-image": r"""
curl -X POST https://open.paper-banana.org/api/v1/generate \
  -H "Authorization: Bearer sk-team-your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "pipeline",
    "scene": "image-to-image",
    "options": {
      "content": "This paper presents a novel transformer architecture...",
      "image_input": ["https://example.com/my-diagram.png"],
      "resolution": "2K"
    }
  }'
""",
    "list": r"""
# List all tasks (page 1)
curl -H "Authorization: Bearer sk-team-your-api-key" \
  "https://open.paper-banana.org/api/v1/tasks"
""",
    "list by status": r"""
# Filter by status with pagination
curl -H "Authorization: Bearer sk-team-your-api-key" \
  "https://open.paper-banana.org/api/v1/tasks?status=success&page=2&limit=10"
""",
}
COSTS = {
    "standard text-to-image": 20,
    "standard image-to-image": 5,
    "pipeline text-to-image": 12,
    "pipeline image-to-image": 12,
}
QUICK_START = r"""
API_KEY="sk-team-your-api-key"
BASE_URL="https://open.paper-banana.org/api/v1"

# 1. Check your credits
curl -s -H "Authorization: Bearer $API_KEY" "$BASE_URL/credits"

# 2. Create a generation task
RESPONSE=$(curl -s -X POST "$BASE_URL/generate" \
  -H "Authorization: Bearer $API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "standard",
    "scene": "text-to-image",
    "prompt": "A red apple on a white background",
    "model": "nano-banana-pro"
  }')

echo "$RESPONSE"
TASK_ID=$(echo "$RESPONSE" | python3 -c "import sys,json; print(json.load(sys.stdin)['data']['task_id'])")

# 3. Poll until complete
while true; do
  RESULT=$(curl -s -H "Authorization: Bearer $API_KEY" "$BASE_URL/task/$TASK_ID")
  STATUS=$(echo "$RESULT" | python3 -c "import sys,json; print(json.load(sys.stdin)['data']['status'])")
  echo "Status: $STATUS"
  if [ "$STATUS" = "success" ] || [ "$STATUS" = "failed" ] || [ "$STATUS" = "canceled" ]; then
    echo "$RESULT" | python3 -m json.tool
    break
  fi
  sleep 5
done
"""


def run(sandbox: SandboxProcess, script: str) -> str:
    script = script.replace("https://open.paper-banana.org/api/v1", sandbox.base_url)
    script = script.replace("sk-team-your-api-key", sandbox.key)
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("name", CURLS)
def test_a_curl_command_of_the_reference_is_answered_as_documented(
    sandbox: SandboxProcess, name: str
) -> None:
    payload = json.loads(run(sandbox, CURLS[name]))
    assert payload["success"] is True
    data = payload["data"]
    if name == "credits":
        assert data == {"remaining_credits": 12_000}
    elif name in COSTS:
        assert set(data) == {"task_id", "status", "cost_credits"}
        assert (data["status"], data["cost_credits"]) == ("pending", COSTS[name])
    else:
        limit, page = (10, 2) if "status" in name else (20, 1)
        pagination = {"total": 0, "page": page, "limit": limit, "total_pages": 0}
        assert data == {"tasks": [], "pagination": pagination}


def test_the_quick_start_script_makes_a_picture_and_sees_it_through(
    sandbox: SandboxProcess,
) -> None:
    said = run(sandbox, QUICK_START)
    assert "Status: success" in said
    done = json.loads(said[said.index("Status: success") + len("Status: success") :])
    images = done["data"]["output"]["images"]
    assert [image["type"] for image in images] == ["image/png"]
    assert images[0]["url"].startswith(sandbox.storage_url + "/uploads/")
    assert sandbox.ledger()["charged"] == 10
