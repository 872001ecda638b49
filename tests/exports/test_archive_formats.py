"""hOCR, ALTO and JSON: read back with lxml and json; ALTO against the rules of the schema alto-4-4.xsd."""

import json
import re
from dataclasses import replace
from io import BytesIO

import pytest
from lxml import etree

from exports import alto, hocr, structured_json
from pipeline.document import BlockKind, Box, PageError, Translation
from tests.documents import (
    make_block,
    make_document,
    make_line,
    make_page,
    make_table,
    make_table_block,
    make_text_block,
)

A = f"{{{alto.NAMESPACE}}}"
X = "{http://www.w3.org/1999/xhtml}"


def sample():
    figure = make_text_block("", Box(10, 400, 90, 480), index=3, kind=BlockKind.FIGURE)
    first = make_page(
        make_block(make_line("Große Überschrift"), kind=BlockKind.TITLE, level=1),
        make_table_block(make_table([["a", "b & <c>"], ["1", '"2"']]), index=2),
        figure,
        language="de",
        script="Latn",
    )
    second = make_page(
        make_block(make_line("كل إنسان", left=700, leftwards=True), number=2), number=2, language="ar", rotation=90
    )
    return make_document(
        first,
        second,
        page_count=3,
        source_name='sc"an & <1>.pdf',
        notices=("Careful.",),
        page_errors=(PageError(3, "page_timeout", "Too slow."),),
    )


def xml_of(write, document):
    target = BytesIO()
    write(document, target)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(target.getvalue(), parser)


def test_hocr_carries_words_boxes_and_confidences():
    root = xml_of(hocr.write, sample())
    assert root.tag == f"{X}html"
    names = {meta.get("name") for meta in root.iter(f"{X}meta")}
    assert {"ocr-system", "ocr-capabilities"} <= names
    pages = root.xpath("//*[@class='ocr_page']")
    assert [re.findall(r"bbox 0 0 800 600; ppageno (\d)", page.get("title")) for page in pages] == [["0"], ["1"]]
    words = root.xpath("//*[@class='ocr_line']/*[@class='ocrx_word']")
    assert [word.text for word in words][:2] == ["Große", "Überschrift"]
    assert words[0].get("title") == "bbox 50 50 100 70; x_wconf 90"
    assert root.xpath("//*[@dir='rtl']")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    capabilities = next(m.get("content") for m in root.iter(f"{X}meta") if m.get("name") == "ocr-capabilities")
    used = {element.get("class") for element in root.iter() if element.get("class")}
    assert used <= set(capabilities.split())


def children(element):
    return [etree.QName(child).localname for child in element]


ALLOWED = {
    "alto": {"SCHEMAVERSION"},
    "Page": {"ID", "PROCESSINGREFS", "HEIGHT", "WIDTH", "PHYSICAL_IMG_NR", "ROTATION", "LANG"},
    "PrintSpace": {"HEIGHT", "WIDTH", "HPOS", "VPOS"},
    "ComposedBlock": {"ID", "TAGREFS", "HEIGHT", "WIDTH", "HPOS", "VPOS", "TYPE"},
    "TextBlock": {"ID", "TAGREFS", "HEIGHT", "WIDTH", "HPOS", "VPOS"},
    "Illustration": {"ID", "TAGREFS", "HEIGHT", "WIDTH", "HPOS", "VPOS"},
    "TextLine": {"HEIGHT", "WIDTH", "HPOS", "VPOS", "BASEDIRECTION"},
    "String": {"HEIGHT", "WIDTH", "HPOS", "VPOS", "CONTENT", "WC"},
    "SP": set(),
    "LayoutTag": {"ID", "LABEL"},
    "Processing": {"ID"},
}
REQUIRED = {
    "Page": {"ID", "PHYSICAL_IMG_NR"},
    "TextBlock": {"ID"},
    "ComposedBlock": {"ID"},
    "Illustration": {"ID"},
    "String": {"CONTENT"},
    "LayoutTag": {"ID", "LABEL"},
    "Processing": {"ID"},
}
INSIDE = {
    "Layout": {"Page"},
    "Page": {"PrintSpace"},
    "PrintSpace": {"TextBlock", "Illustration", "ComposedBlock"},
    "ComposedBlock": {"TextBlock"},
    "TextBlock": {"TextLine"},
    "TextLine": {"String", "SP"},
}


@pytest.mark.parametrize("document", [sample(), make_document()], ids=["full", "empty"])
def test_alto_keeps_the_rules_of_its_schema(document):
    root = xml_of(alto.write, document)
    assert children(root) == ["Description", "Tags", "Layout"]
    assert children(root[0]) == ["MeasurementUnit", "sourceImageInformation", "Processing"]
    assert root[0][0].text == "pixel"
    steps = ["processingCategory", "processingDateTime", "processingStepSettings", "processingSoftware"]
    assert children(root[0][2]) == steps
    assert children(root.find(f"{A}Layout")), "Layout needs a Page"
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", identifier) for identifier in ids), "xsd:ID"
    for element in root.iter():
        name = etree.QName(element).localname
        attributes = {key for key in element.attrib if not key.startswith("{")}
        assert attributes <= ALLOWED.get(name, set()), name
        assert attributes >= REQUIRED.get(name, set()), name
        assert set(children(element)) <= INSIDE.get(name, set(children(element))), name
        for reference in f"{element.get('TAGREFS', '')} {element.get('PROCESSINGREFS', '')}".split():
            assert reference in ids
        for number in ("HEIGHT", "WIDTH", "HPOS", "VPOS", "ROTATION"):
            float(element.get(number, "0"))
        assert 0 <= float(element.get("WC", "0")) <= 1


def test_alto_carries_the_text():
    root = xml_of(alto.write, sample())
    words = [string.get("CONTENT") for string in root.iter(f"{A}String")]
    assert words == ["Große", "Überschrift", "a", "b", "&", "<c>", "1", '"2"', "كل", "إنسان"] or "b & <c>" in words
    lines = root.findall(f".//{A}TextLine[@BASEDIRECTION='rtl']")
    assert len(lines) == 1
    assert children(lines[0]) == ["String", "SP", "String"]
    assert root.find(f".//{A}fileName").text == 'sc"an & <1>.pdf'


def test_unspaced_words_have_no_space_between_them():
    line = replace(make_line("人人 生而"), text="人人生而")
    document = make_document(make_page(make_block(line)))
    assert children(xml_of(alto.write, document).find(f".//{A}TextLine")) == ["String", "String"]
    shown = xml_of(hocr.write, document).xpath("//*[@class='ocr_line']")[0]
    assert "".join(shown.itertext()) == "人人生而"


def json_of(document):
    target = BytesIO()
    structured_json.write(document, target)
    return json.loads(target.getvalue())


def test_json_is_complete():
    shown = json_of(sample())
    assert shown["schema_version"] == structured_json.SCHEMA_VERSION
    assert shown["page_count"] == 3
    assert shown["detected_language"] == "de"
    assert shown["notices"] == ["Careful."]
    assert shown["page_errors"] == [{"index": 2, "code": "page_timeout", "message": "Too slow."}]
    title, table, figure = shown["pages"][0]["blocks"]
    assert title["lines"][0]["words"][0] == {"text": "Große", "bbox": [50, 50, 100, 70], "confidence": 0.9}
    assert (title["kind"], title["level"]) == ("title", 1)
    assert table["table"]["cells"][1]["text"] == "b & <c>"
    assert figure["confidence"] is None
    assert [page["index"] for page in shown["pages"]] == [0, 1]
    assert "translation" not in shown


def test_json_of_an_empty_and_of_a_translated_document():
    assert json_of(make_document())["pages"] == []
    document = replace(sample(), translation=Translation("fr", sample().pages[:1]))
    shown = json_of(document)
    assert shown["translation"]["language"] == "fr"
    assert len(shown["translation"]["pages"]) == 1
