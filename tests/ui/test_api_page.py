"""The API page against the published clients and against the API itself."""

import html
import re
from pathlib import Path

from api.errors import STATUSES as STATUSES_OF_ERRORS
from api.uploads import FORM_SCHEMA
from ui import api_samples
from ui.api_page import FIELDS, STATUSES, draw_api
from ui.texts import get_texts, list_languages

PUBLISHED = Path(__file__).resolve().parent.parent / "e2e" / "published"
THEIRS = {"host": "https://ocr.chat", "token": "YOUR_API_TOKEN"}


def published(name: str) -> str:
    return (PUBLISHED / name).read_text(encoding="utf-8").strip().replace('"vlm"', '"cpu"')


def test_samples_are_the_published_ones() -> None:
    assert api_samples.PYTHON.format(**THEIRS) == published("client.py.txt")
    assert api_samples.NODE.format(**THEIRS) == published("client.mjs.txt")


def test_every_field_and_every_status_is_there() -> None:
    schema = FORM_SCHEMA["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(FIELDS) == set(schema["properties"])
    assert set(STATUSES) == {int(status) for status in STATUSES_OF_ERRORS.values()}


def test_host_and_token_stand_in_every_sample() -> None:
    for code in list_languages():
        page = draw_api(get_texts(code), host="https://ocr.example.com", token="oc_mine", root="../")
        samples = [html.unescape(sample) for sample in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.S)]
        calls = [sample for sample in samples if "/api/v1/" in sample or "Client(" in sample]
        assert len(calls) >= 8
        for sample in calls:
            assert "https://ocr.example.com" in sample
            assert "oc_mine" in sample
        assert "YOUR_API_TOKEN" not in page


def test_what_a_request_says_is_escaped() -> None:
    page = draw_api(get_texts("en"), host="http://<b>", token=None, root="")
    assert "<b>" not in page
    assert "YOUR_API_TOKEN" in page
