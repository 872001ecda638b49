"""hOCR, ALTO and JSON: read back with lxml and json, the first two against the rules of their specifications."""

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree

from exports import alto, hocr, structured_json
from pipeline.document import BlockKind, Box, ExtractedValue, Line, PageError, Translation, Word
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


SCHEMA = etree.XMLSchema(file=str(Path(__file__).with_name("alto_subset.xsd")))


def hostile():
    texts = ["\x00\x01", "\ud800", "<b>&amp;]]>", "", "  ", "=1+1", "\u202eabc", "x" * 5000]
    lines = [Line(text, Box(1, 2, 30, 40.5), 1.0000001, (Word(text, Box(1, 2, 30, 40.5), None),)) for text in texts]
    blocks = [make_block(line, index=n) for n, line in enumerate(lines, 1)]
    blocks.append(make_table_block(make_table([texts]), index=20))
    return make_document(make_page(*blocks, language="zh-Hans", rotation=270), source_name="\x00<&\ud800")


@pytest.mark.parametrize("document", [sample(), make_document(), hostile()], ids=["full", "empty", "hostile"])
def test_alto_keeps_the_rules_of_its_schema(document):
    root = xml_of(alto.write, document)
    # Not an attribute of ALTO's, but of XML Schema's own.
    del root.attrib["{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"]
    SCHEMA.assertValid(root)


WORDS = r"(?:bbox \d+ \d+ \d+ \d+|x_wconf (?:100|\d{1,2}))"
PROPERTIES = {
    "ocr_page": r'image "[^"]*"; bbox 0 0 \d+ \d+; ppageno \d+; scan_res \d+ \d+',
    "ocrx_word": rf"{WORDS}(?:; {WORDS})*",
}
# hOCR 1.2, 4 and 5: where an element may stand.
WITHIN = {
    "ocr_carea": "ocr_page",
    "ocr_table": "ocr_page",
    "ocr_header": "ocr_page",
    "ocr_footer": "ocr_page",
    "ocr_photo": "ocr_page",
    "ocr_par": "ocr_page",
    "ocr_line": "ocr_par",
    "ocrx_word": "ocr_line",
}


@pytest.mark.parametrize("document", [sample(), make_document(), hostile()], ids=["full", "empty", "hostile"])
def test_hocr_keeps_the_rules_of_its_specification(document):
    root = xml_of(hocr.write, document)
    metadata = {meta.get("name"): meta.get("content") for meta in root.iter(f"{X}meta")}
    required = {"ocr-system", "ocr-capabilities", "ocr-number-of-pages", "ocr-langs", "ocr-scripts"}
    assert required <= metadata.keys()
    assert int(metadata["ocr-number-of-pages"]) == len(root.xpath("//*[@class='ocr_page']"))
    capabilities = metadata["ocr-capabilities"].split()
    body = [element for element in root.find(f"{X}body").iter() if element.get("class")]
    for element in body:
        name, title = element.get("class"), element.get("title")
        assert name in capabilities
        assert re.fullmatch(PROPERTIES.get(name, r"bbox \d+ \d+ \d+ \d+"), title), title
        within = {ancestor.get("class") for ancestor in element.iterancestors()}
        assert WITHIN.get(name) in within or name == "ocr_page"
        left, top, right, bottom = map(int, re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", title).groups())
        assert left <= right
        assert top <= bottom
        for attribute, capability in (("lang", "ocrp_lang"), ("dir", "ocrp_dir")):
            assert element.get(attribute) is None or capability in capabilities
        assert "x_wconf" not in title or "ocrp_wconf" in capabilities
    ids = [element.get("id") for element in body]
    assert len(ids) == len(set(ids))


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


def test_json_of_extracted_values():
    field = ExtractedValue(("items", 0, "price"), 3.8, 1, Box(1, 2, 3, 4), 0.9)
    shown = json_of(replace(sample(), fields=(field, ExtractedValue(("paid",), True))))
    assert shown["fields"] == [
        {"path": ["items", 0, "price"], "value": 3.8, "page": 1, "bbox": [1, 2, 3, 4], "confidence": 0.9},
        {"path": ["paid"], "value": True, "page": None, "bbox": None, "confidence": None},
    ]
