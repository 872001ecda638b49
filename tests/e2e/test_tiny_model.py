"""From an uploaded picture to a job whose text a vision-language model of this program's own process read."""

from collections.abc import Iterator

import pytest

from tests.server import RunningServer, start_server
from tests.tiny_pictures import CHECKPOINT, upload_pictures

pytestmark = [pytest.mark.e2e]


@pytest.fixture(scope="module")
def server_with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with start_server(tmp_path_factory.mktemp("tiny"), VLM_MODEL=str(CHECKPOINT), VLM_DEVICE="cpu") as running:
        yield running


def test_pictures_become_text(server_with_model: RunningServer) -> None:
    token = server_with_model.create_account("tiny@example.com", "--plan", "paid", "--credits", "100")
    for job in upload_pictures(server_with_model, "vlm", token):
        page = job["pages"][0]
        assert page["engine"] == "tiny-lightonocr-3", job["notices"]
        assert 0.3 < page["blocks"][0]["confidence"] <= 1
        assert job["usage"]["cost"] == 3
