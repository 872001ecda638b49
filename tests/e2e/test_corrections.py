"""Correcting words over REST: the documented calls, and that the job itself stays what was read."""

from pathlib import Path

import pytest
import requests

from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


def test_correct_download_take_back(server: RunningServer, token: str, samples: Path) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    with (samples / "receipt.png").open("rb") as file:
        job = requests.post(server.ocr, headers=headers, files={"file": file}, timeout=200).json()
    block = next(block for page in job["pages"] for block in page["blocks"] if block["words"])
    word = block["words"][0]["text"]
    place, download = f"{server.ocr}{job['uuid']}/corrections/", f"{server.ocr}{job['uuid']}/download/"
    wanted = {"block": block["id"], "word": 0, "text": "Zauberwort", "original": word}
    answer = requests.patch(place, headers=headers, json={"corrections": [wanted]}, timeout=60)
    assert answer.status_code == 200, answer.text
    expected = {"corrections": [{"index": 0, "block": block["id"], "word": 0, "original": word, "text": "Zauberwort"}]}
    assert answer.json() == requests.get(place, headers=headers, timeout=60).json() == expected
    for name in ("txt", "md", "json", "hocr", "alto"):
        texts = {
            version: requests.get(
                download, headers=headers, params={"format": name, "version": version}, timeout=120
            ).text
            for version in ("original", "corrected")
        }
        assert "Zauberwort" in texts["corrected"], name
        assert "Zauberwort" not in texts["original"], name
    again = requests.get(f"{server.ocr}{job['uuid']}/", headers=headers, timeout=60).json()
    assert again["text"] == job["text"]
    assert requests.get(place, timeout=60).status_code == 404
    assert requests.patch(place, json={"corrections": [wanted]}, timeout=60).status_code == 404
    refused = requests.patch(place, headers=headers, json={"corrections": [wanted | {"word": 9999}]}, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    wrong = requests.get(download, headers=headers, params={"version": "better"}, timeout=60)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_field")
    assert requests.delete(place, headers=headers, timeout=60).status_code == 204
    assert requests.get(place, headers=headers, timeout=60).json() == {"corrections": []}
