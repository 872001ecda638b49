"""Fields that somebody asks for, and what is shown of those that were found."""

import html
import json
import re
from dataclasses import replace

import pytest

from pipeline.document import Box, Document, ExtractedValue
from service.job_record import JobState
from tests.ui.views import make_view
from ui.field_values import draw_fields, to_label
from ui.results import Shown, to_result_updates
from ui.texts import get_texts, list_languages
from ui.wanted_fields import to_schema

PLACE = Box(10.0, 20.0, 30.04, 40.0)
FIELDS = (
    ExtractedValue(("items", 1, "unit_price"), "<1.35>", 2, PLACE, 0.71),
    ExtractedValue(("total",), 5637.03, 1, PLACE, 0.98),
    ExtractedValue(("number",), "17", 1, PLACE),
    ExtractedValue(("tax_id",), None),
    ExtractedValue(("paid",), False),
)


def make_document(*fields: ExtractedValue) -> Document:
    document = make_view(JobState.DONE, text="Some text").document
    assert document is not None
    return replace(document, fields=fields)


def test_each_value_stands_with_its_place_and_how_sure_it_is() -> None:
    drawn = draw_fields(make_document(*FIELDS), get_texts("en"))
    rows = re.findall("<tr><th.*?</tr>", drawn)[1:]
    assert len(rows) == len(FIELDS)
    assert "items 2 unit price" in rows[0]
    assert "&lt;1.35&gt;" in rows[0]
    place = re.search('data-place="(.*?)"', rows[0])
    assert place is not None
    assert json.loads(html.unescape(place[1])) == {"page": 2, "boxes": [[10.0, 20.0, 30.0, 40.0]]}
    assert '<span class="fv-doubtful" dir="ltr">71 %</span>' in rows[0]
    assert '<span dir="ltr">98 %</span>' in rows[1]
    assert "–" in rows[2], "nothing was guessed"
    assert "not in the document" in rows[3]
    assert "data-place" not in rows[3]
    assert "no <span" in rows[4]
    assert "judgement" in rows[4]


@pytest.mark.parametrize("language", list_languages())
def test_every_language_draws_them(language: str) -> None:
    texts = get_texts(language)
    drawn = draw_fields(make_document(*FIELDS), texts)
    assert html.escape(texts("result.fields.missing")) in drawn
    assert draw_fields(make_document(), texts) == ""


def test_fields_that_were_asked_for_stand_in_front() -> None:
    view = make_view(JobState.DONE, text="Some text", tool="extract-tables")
    updates = to_result_updates(Shown(replace(view, document=make_document(*FIELDS)), 1), get_texts("en"), "")
    assert updates[1]["selected"] == "fields"


def test_labels_count_from_one() -> None:
    assert to_label(FIELDS[0]) == "items 2 unit price"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("total", ["total"]),
        (" invoice number, total ,,total,\ndue date", ["invoice number", "total", "due date"]),
        ("المجموع، التاريخ", ["المجموع", "التاريخ"]),
        ("合計、支払期限,番号", ["合計", "支払期限", "番号"]),
    ],
)
def test_names_become_a_schema(said: str, names: list[str]) -> None:
    schema = json.loads(to_schema(said) or "")
    assert schema == {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def test_a_schema_stays_and_nothing_is_nothing() -> None:
    assert to_schema(' {"type": "object"}') == ' {"type": "object"}'
    assert to_schema("  ,\n") is None
