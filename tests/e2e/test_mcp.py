"""/mcp with the protocol's own client: the documented snippet, every tool, and who is refused."""

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from tests.server import ROOT, RunningServer, start_server

SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8"), re.S)
TOOLS = {"ocr", "get_document", "list_documents", "search", "chat"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


def talk(server: RunningServer, token: str, say: Callable[[Client], Awaitable[Any]]) -> Any:
    async def connect() -> Any:
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
        async with http, Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client:
            return await say(client)

    return asyncio.run(asyncio.wait_for(connect(), 200))


def call(server: RunningServer, token: str, name: str, /, **arguments: Any) -> Any:
    """What a tool answers; the text of an error."""
    answer = talk(server, token, lambda client: client.call_tool(name, arguments))
    if answer.is_error:
        return answer.content[0].text.removeprefix(f"Error executing tool {name}: ")
    return answer.structured_content


def encode(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def invoice(server: RunningServer, token: str, samples: Path) -> str:
    """The uuid of a document of the token's account."""
    read = call(server, token, "ocr", file_base64=encode(samples / "invoice.pdf"), file_name="invoice.pdf")
    assert read["status"] == "done", read
    assert "INVOICE" in read["markdown"].upper()
    uuid: str = read["uuid"]
    return uuid


def test_documented_snippet(server: RunningServer, token: str, samples: Path, tmp_path: Path) -> None:
    (script,) = SNIPPETS
    script = script.replace("http://localhost:7860", server.url).replace("YOUR_API_TOKEN", token)
    (tmp_path / "script.py").write_text(script.replace("invoice.pdf", str(samples / "invoice.pdf")), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("done")
    assert "'page': 1" in finished.stdout


def test_tools_say_what_they_do(server: RunningServer, token: str) -> None:
    tools = {tool.name: tool for tool in talk(server, token, lambda client: client.list_tools()).tools}
    assert set(tools) == TOOLS
    assert all(tool.description and tool.annotations for tool in tools.values())
    assert tools["ocr"].input_schema["required"] == ["file_base64"]


def test_a_document_is_found_searched_and_asked(server: RunningServer, token: str, invoice: str) -> None:
    assert invoice in {one["uuid"] for one in call(server, token, "list_documents")["documents"]}
    assert call(server, token, "get_document", uuid=invoice, pages="1")["markdown"]
    assert call(server, token, "get_document", uuid=invoice, pages="7-9")["markdown"] == ""
    for where in ([invoice], []):
        found = call(server, token, "search", query="total due", uuids=where)["passages"]
        assert invoice in {one["uuid"] for one in found}
        assert all(one["page"] >= 1 and one["text"] for one in found)
    said = call(server, token, "chat", uuid=invoice, message="What is the total due?")
    assert said["citations"][0]["page"] == 1
    refused = call(server, token, "chat", uuid=invoice, message="Who won the football championship of Brazil?")
    assert refused["refused"]


def test_somebody_elses_document_is_not_there(server: RunningServer, invoice: str) -> None:
    other = server.create_account("mcp-other@example.com")
    for tool, more in (("get_document", {}), ("chat", {"message": "What is the total?"})):
        assert call(server, other, tool, uuid=invoice, **more).startswith("job_not_found:")
    assert call(server, other, "search", query="total", uuids=[invoice]).startswith("job_not_found:")
    assert call(server, other, "list_documents") == {"documents": []}
    assert call(server, other, "search", query="total") == {"passages": []}


def test_errors_say_what_to_do(server: RunningServer, token: str, samples: Path) -> None:
    picture = encode(samples / "receipt.png")
    for code, arguments in (
        ("no_file", {"file_base64": "!"}),
        ("empty_file", {"file_base64": ""}),
        ("unsupported_type", {"file_base64": base64.b64encode(b"plain words").decode()}),
        ("unknown_tool", {"file_base64": picture, "tool": "sorcery"}),
        ("unknown_language", {"file_base64": picture, "language": "klingon"}),
        ("file_too_large", {"file_base64": "A" * 20_100_000}),
    ):
        assert call(server, token, "ocr", **arguments).startswith(f"{code}:"), code
    assert call(server, token, "get_document", uuid="nonsense").startswith("job_not_found:")


def test_only_a_valid_token_speaks(server: RunningServer) -> None:
    for headers, code in (({}, "missing_token"), ({"Authorization": "Bearer wrong"}, "invalid_token")):
        answer = requests.post(f"{server.url}/mcp", json=HELLO, headers=ACCEPT | headers, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert requests.get(f"{server.url}/gradio_api/mcp/", timeout=60).status_code == 404


def test_both_spellings_of_the_path(server: RunningServer, token: str) -> None:
    for path in ("/mcp", "/mcp/"):
        headers = ACCEPT | {"Authorization": f"Bearer {token}"}
        answer = requests.post(server.url + path, json=HELLO, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["serverInfo"]["name"] == "ocr-chat"


def test_limits_hold_here_too(tmp_path: Path, samples: Path) -> None:
    with start_server(tmp_path, FREE_PAGES_PER_MONTH="1", REQUESTS_PER_MINUTE="12") as server:
        token = server.create_account("mcp-limited@example.com")
        over = call(server, token, "ocr", file_base64=encode(samples / "report-3-pages.pdf"))
        assert over.startswith("quota_exceeded:")
        headers = ACCEPT | {"Authorization": f"Bearer {token}"}
        statuses = {
            requests.post(f"{server.url}/mcp", json=HELLO, headers=headers, timeout=60).status_code for _ in range(12)
        }
        assert statuses == {200, 429}
