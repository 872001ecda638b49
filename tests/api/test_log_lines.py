"""What the log says of a request and its job."""

import structlog
from structlog.testing import capture_logs

from tests.api.conftest import OpenDoor
from tests.service.running_services import make_pdf


def test_a_job_can_be_found_by_its_request(open_door: OpenDoor) -> None:
    door = open_door(worker_in_server=False, inline_max_pages=0)
    files = {"file": ("a name of a file.pdf", make_pdf(3), "application/pdf")}

    def headers(request_id: str) -> dict[str, str]:
        return door.headers() | {"X-Request-ID": request_id}

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        job = door.client.post("/api/v1/ocr/", files=files, headers=headers("submitting")).json()["uuid"]
        door.client.post(f"/api/v1/ocr/{job}/cancel/", headers=headers("cancelling"))
        door.client.post(f"/api/v1/ocr/{job}/cancel/", headers=headers("cancelling-again"))
        door.client.delete(f"/api/v1/ocr/{job}/", headers=headers("deleting"))
    said = [(line["event"], line["request_id"]) for line in lines if line.get("job_id") == job]
    assert said == [("job_accepted", "submitting"), ("job_cancelled", "cancelling"), ("job_deleted", "deleting")]
    assert "a name" not in str(lines)
