"""Requests made from the OpenAPI document, right and wrong ones: no 5xx, and every answer is as the document says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, HookContext
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server import ROOT, RunningServer, start_server

EXAMPLES = 3
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Without a worker: what is sent stays in the queue."""
    folder = tmp_path_factory.mktemp("schemathesis")
    with start_server(folder, SIGN_UPS_PER_HOUR="0", MAX_INLINE_WAIT_S="1") as running:
        yield running


@pytest.fixture(scope="module")
def headers(open_server: RunningServer) -> dict[str, str]:
    token = open_server.create_account("fuzz@example.com", "--plan", "paid", "--credits", "100000")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def finished_job(open_server: RunningServer, headers: dict[str, str]) -> str:
    with Path(ROOT / "samples" / "receipt.png").open("rb") as content:
        answer = requests.post(open_server.ocr, headers=headers, files={"file": content}, timeout=100).json()
    job = requests.get(f"{open_server.ocr}{answer['uuid']}/?wait=60", headers=headers, timeout=100).json()
    assert job["status"] == "done"
    return str(job["uuid"])


@pytest.fixture(scope="module")
def api_document(open_server: RunningServer, finished_job: str) -> Any:
    """Half of the paths with an id name a job that is there, unless the call removes it."""
    document = schemathesis.openapi.from_url(f"{open_server.url}/api/v1/openapi.json")

    @document.hook
    def map_path_parameters(context: HookContext, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        is_removal = context.operation is not None and context.operation.method.upper() == "DELETE"
        if path_parameters and "uuid" in path_parameters and not is_removal and len(path_parameters["uuid"]) % 2:
            path_parameters["uuid"] = finished_job
        return path_parameters

    return document


def test_every_call(api_document: Any, headers: dict[str, str]) -> None:
    failures: dict[str, str] = {}
    operations = [found.ok() for found in api_document.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _try_out(operation.as_strategy(generation_mode=mode), headers)
            except Unsatisfiable:
                # There is nothing wrong to be said to a call without fields.
                continue
            except (Exception, FailureGroup) as error:  # noqa: BLE001 - all calls are tried before any is reported
                failures[f"{operation.label}, {mode.value}"] = str(error)
    assert not failures, "\n\n".join(f"{call}: {problem}" for call, problem in failures.items())


def _try_out(cases: SearchStrategy[Case], headers: dict[str, str]) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=100)

    run()
