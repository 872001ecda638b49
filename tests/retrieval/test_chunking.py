"""Chunks quote the page letter by letter, whatever the page says."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Block, BlockKind, Box, Page
from retrieval.chunking import CHUNK_CHARS, OVERLAP_CHARS, iterate_chunks, split_document, split_page
from retrieval.sentences import MAX_UNIT_CHARS, looks_like_lines, split_items, split_units
from tests.retrieval.papers import LEASE, RECEIPT, make_document, make_page


def texts_of(text: str, **options: bool) -> list[str]:
    return [text[span.start : span.end] for span in split_units(text, **options)]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Smith paid approx. 3.50 USD to A. Jones. He left.",
            ["Dr. Smith paid approx. 3.50 USD to A. Jones.", "He left."],
        ),
        (
            "It was cut\nin two lines of about\nthe same length.",
            ["It was cut\nin two lines of about\nthe same length."],
        ),
        ("他来了。她走了！", ["他来了。", "她走了！"]),
        ("यह पहला वाक्य है। यह दूसरा है।", ["यह पहला वाक्य है।", "यह दूसरा है।"]),
        ("ما هذا؟ هذا كتاب.", ["ما هذا؟", "هذا كتاب."]),
        ("TOTAL\n4.50\nCASH 5.00 THANK YOU", ["TOTAL", "4.50", "CASH 5.00 THANK YOU"]),
        (
            "契約は二〇二四年三月三日に結ばれたものであり、家賃は\n月額十二万円。",
            ["契約は二〇二四年三月三日に結ばれたものであり、家賃は\n月額十二万円。"],
        ),
        ("領収書\n合計\n千円", ["領収書", "合計", "千円"]),
        ("First paragraph\n\nsecond one", ["First paragraph", "second one"]),
        ("  \n ", []),
    ],
)
def test_sentences_and_lines(text: str, units: list[str]) -> None:
    assert texts_of(text) == units


def test_thai_is_cut_at_spaces_once_enough_has_gathered() -> None:
    text = " ".join(["สัญญาเช่าฉบับนี้ทำขึ้นเมื่อวันที่สามมีนาคม"] * 6)
    units = texts_of(text)
    assert 1 < len(units) < 6
    assert all(len(unit) >= 60 for unit in units[:-1])


def test_lines_of_a_table_stay_lines() -> None:
    prose = "a line of text that is long enough\nto look like prose in a paragraph"
    assert len(texts_of(prose)) == 1
    assert len(texts_of(prose, keep_lines=True)) == 2


def test_wrapped_prose_and_receipts_are_told_apart() -> None:
    assert looks_like_lines(RECEIPT[0])
    wrapped = "This lease is made on 3 March 2024 between the\nlandlord and the tenant, who both sign it below\nin ink."
    assert not looks_like_lines(wrapped)


def test_short_blocks_of_a_receipt_are_judged_with_their_page() -> None:
    lines = RECEIPT[0].split("\n")
    parts = (
        "\n".join(lines[:2]),
        "\n".join(lines[2:9]),
        "GST @6% INCLUDED IN TOTAL 0.66 MYR\n17-04-16 14:02 SH01 B019 T3 R0000343",
    )
    blocks = tuple(
        Block(f"p1-b{number}", BlockKind.TEXT, text, Box(0, 0, 1, 1), None) for number, text in enumerate(parts, 1)
    )
    units = split_page(Page(1, 10, 10, 72, blocks, "test"))
    assert [unit.text for unit in units] == [line for part in parts for line in part.split("\n")]


TEXTS = st.lists(st.text(st.sampled_from("ab .!?\n。ก ก1,"), max_size=400), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_every_unit_and_chunk_is_a_piece_of_its_page(texts: list[str]) -> None:
    blocks = tuple(
        Block(f"p1-b{number}", BlockKind.TEXT, text, Box(0, 0, 1, 1), None) for number, text in enumerate(texts, 1)
    )
    page = Page(1, 10, 10, 72, blocks, "test")
    units = split_page(page)
    assert all(page.text[unit.start : unit.end] == unit.text == unit.text.strip() for unit in units)
    assert all(len(unit.text) <= MAX_UNIT_CHARS for unit in units)
    covered = {at for unit in units for at in range(unit.start, unit.end)}
    assert all(char.isspace() for at, char in enumerate(page.text) if at not in covered)
    for chunk in iterate_chunks("d", [page]):
        assert chunk.text == page.text[chunk.units[0].start : chunk.units[-1].end]
        assert len(chunk.text) <= CHUNK_CHARS or len(chunk.units) == 1
    assert {unit for chunk in iterate_chunks("d", [page]) for unit in chunk.units} == set(units)


def test_chunks_overlap_and_never_cross_a_page() -> None:
    sentence = "The quick clerk files one more paper in the grey cabinet. "
    document = make_document((sentence * 40, sentence * 3))
    chunks = split_document(document)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    first = [chunk for chunk in chunks if chunk.page_number == 1]
    assert len(first) > 2
    for left, right in pairwise(first):
        shared = left.units[-1].end - right.units[0].start
        assert 0 < shared <= OVERLAP_CHARS
    assert chunks[-1].page_number == 2
    assert {chunk.key for chunk in chunks} == {f"d1:{number}" for number in range(len(chunks))}


def test_chunks_know_their_blocks() -> None:
    blocks = tuple(
        Block(f"p1-b{number}", BlockKind.TEXT, text, Box(0, 0, 1, 1), None)
        for number, text in enumerate(("First block here.", "", "Third block here."), 1)
    )
    (chunk,) = iterate_chunks("d", [Page(1, 10, 10, 72, blocks, "test")])
    assert chunk.block_ids == ("p1-b1", "p1-b3")


def test_an_empty_page_has_no_chunks() -> None:
    assert list(iterate_chunks("d", [make_page(1, "")])) == []
    assert len(split_document(make_document(LEASE))) == 3


def test_an_item_of_a_list_may_run_over_several_lines() -> None:
    text = "1. Water. The pump is old and will be\nreplaced in May.\n2. Fees. They stay as they are."
    units = [text[span.start : span.end] for span in split_items(text)]
    assert units == ["1. Water.", "The pump is old and will be\nreplaced in May.", "2. Fees.", "They stay as they are."]
    plain = "milk\nbread"
    assert [plain[span.start : span.end] for span in split_items(plain)] == ["milk", "bread"]
