"""A document as it reads after somebody corrected words of it."""

from dataclasses import replace

import pytest

from pipeline.corrections import Correction, correct, list_cell_pieces, list_pieces, replace_in_order
from pipeline.document import Box, Document
from tests.documents import (
    make_block,
    make_document,
    make_line,
    make_page,
    make_table,
    make_table_block,
    make_text_block,
)


def correct_one(document: Document, piece: int, text: str, block: str = "p1-b1") -> Document:
    return correct(document, [Correction(block, piece, text)])


def test_a_word_is_corrected_in_its_line_its_block_and_its_page() -> None:
    document = make_document(make_page(make_block(make_line("to be 0r"), make_line("not to be", top=80))))
    corrected = correct_one(document, 2, "or")
    block = corrected.pages[0].blocks[0]
    assert corrected.text == block.text == "to be or\nnot to be"
    assert [word.text for word in block.words] == ["to", "be", "or", "not", "to", "be"]
    assert [word.confidence for word in block.words][2] is None
    assert list(block.words)[2].box == list(document.pages[0].blocks[0].words)[2].box
    assert corrected.notices == ("One word was corrected by hand.",)
    assert document.text == "to be 0r\nnot to be", "the document read stays"


def test_only_the_word_meant_changes() -> None:
    document = make_document(make_page(make_block(make_line("be to be to be"))))
    assert correct_one(document, 2, "bee").text == "be to bee to be"


def test_a_word_can_be_taken_out() -> None:
    document = make_document(make_page(make_block(make_line("| one | two |"))))
    gone = correct(document, [Correction("p1-b1", index, "") for index in (0, 2, 4)])
    assert gone.text == "one two"
    assert [word.text for word in gone.pages[0].blocks[0].words] == ["one", "two"]
    assert gone.notices == ("3 words were corrected by hand.",)


def test_a_paragraph_joined_in_another_way_is_put_together_from_its_lines() -> None:
    block = replace(make_block(make_line("one tw0"), make_line("three", top=80)), text="something else")
    assert correct_one(make_document(make_page(block)), 1, "two").text == "one two\nthree"


def test_a_line_without_words_is_one_piece() -> None:
    line = replace(make_line("whole line"), words=())
    assert correct_one(make_document(make_page(make_block(line))), 0, "Whole line").text == "Whole line"


def test_a_block_without_lines_is_one_piece() -> None:
    block = make_text_block("E = mc2", Box(0, 0, 10, 10))
    assert list_pieces(block) == (block,)
    assert correct_one(make_document(make_page(block)), 0, "E = mc^2").text == "E = mc^2"


def test_words_of_a_table_are_corrected_in_their_cell() -> None:
    table = make_table([["Item", "Price"], ["Green tea", "l2"]])
    lines = (make_line("Item", 50), make_line("Price", 155), make_line("Green tea", 50, 82), make_line("l2", 155, 82))
    block = replace(make_table_block(table), lines=lines)
    assert list_cell_pieces(block) == ((0,), (1,), (2, 3), (4,))
    corrected = correct(make_document(make_page(block)), [Correction("p1-b1", 4, "12"), Correction("p1-b1", 3, "Tea")])
    shown = corrected.pages[0].blocks[0]
    assert shown.table is not None
    assert shown.table.to_rows() == [["Item", "Price"], ["Green Tea", "12"]]
    assert shown.text == "Item\tPrice\nGreen Tea\t12"
    assert [line.text for line in shown.lines] == ["Item", "Price", "Green Tea", "12"]


def test_a_table_without_lines_is_corrected_cell_by_cell() -> None:
    block = make_table_block(make_table([["a", "b"], ["c", "d"]]))
    assert correct_one(make_document(make_page(block)), 3, "D").text == "a\tb\nc\tD"


def test_only_a_table_has_cells() -> None:
    with pytest.raises(ValueError, match="not a table"):
        list_cell_pieces(make_block(make_line("a")))


def test_what_is_not_there_changes_nothing() -> None:
    document = make_document(make_page(make_block(make_line("one"))))
    assert correct(document, []) is document
    assert correct_one(document, 7, "two").text == correct_one(document, 0, "two", block="p9-b9").text == "one"


def test_text_without_spaces() -> None:
    assert replace_in_order("東京郡は", ["東京", "郡", "は"], ["東京", "都", "は"]) == "東京都は"
    assert replace_in_order("abc", ["x"], ["y"]) is None
    assert replace_in_order("abc", ["x", "b"], ["x", "B"]) == "aBc"
