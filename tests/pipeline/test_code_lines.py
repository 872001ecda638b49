"""Rows and indents of program text, from words with boxes."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from exports.formats import write_export
from pipeline.code_lines import to_code_block
from pipeline.document import Box, Line, Word
from pipeline.options import OcrOptions
from pipeline.recognise import Reader, recognise

CODE = """def read(path):
    for line in path:
        print(line, end="")

    return {
        "a":    1,
        "bcd":  2,
    }"""
COLUMN, PITCH = 12.0, 30.0


def to_lines(code: str, *, column: float = COLUMN) -> list[Line]:
    """A line a row, its words where type of one width puts them, a little off as boxes are."""
    lines = []
    for row, text in enumerate(code.split("\n")):
        words, start = [], 0
        for part in text.split():
            at = text.index(part, start)
            start = at + len(part)
            left = 40 + at * column + (1.5 if part[0] in "({:" else 0.5)
            words.append(Word(part, Box(left, row * PITCH, 40 + start * column - 1, row * PITCH + 20), 0.9))
        if words:
            lines.append(Line(text.strip(), Box.around(word.box for word in words), 0.9, tuple(words)))
    return lines


@pytest.mark.parametrize("column", [7.3, 12.0, 19.9])
def test_rows_indents_and_what_was_lined_up(column):
    (block,) = to_code_block(to_lines(CODE, column=column), page_number=3)
    assert block.text == CODE
    assert (block.id, len(block.lines)) == ("p3-b1", 7)
    assert block.confidence == pytest.approx(0.9)


def test_lines_may_come_in_any_order_and_cut_in_any_way():
    words = [Line(word.text, word.box, 0.9) for line in to_lines(CODE) for word in line.words]
    assert to_code_block(words[::-1], page_number=1)[0].text == CODE


def test_a_word_that_an_engine_cut_in_two_is_one_again():
    lines = to_lines("first = second + third\npages.append(line.strip())")
    *_, last = lines
    (word,) = last.words
    cut = 40 + 19 * COLUMN
    parts = (
        Word("pages.append(line.s", Box(word.box.left, 30, cut - 2, 50), 0.9),
        Word("trip())", Box(cut + 1, 30, word.box.right, 50), 0.9),
    )
    cut_up = [lines[0], Line("pages.append(line.s trip())", word.box, 0.9, parts)]
    assert to_code_block(cut_up, page_number=1)[0].text.endswith("\npages.append(line.strip())")


def test_quotes_are_those_of_programs():
    (block,) = to_code_block(to_lines("say(“yes”, ‘no’)"), page_number=1)
    assert block.text == "say(\"yes\", 'no')"


def test_nothing_to_read():
    assert to_code_block([], page_number=1) == ()
    assert to_code_block([Line("  ", Box(0, 0, 5, 5), None)], page_number=1) == ()


def test_one_word_without_confidence():
    (block,) = to_code_block([Line("exit", Box(10, 10, 50, 20), None)], page_number=1)
    assert (block.text, block.confidence) == ("exit", None)


def test_the_tool_for_code_keeps_indents_up_to_the_text_file():
    image = Image.new("RGB", (900, 260), (24, 26, 32))
    draw = ImageDraw.Draw(image)
    for row, (left, text) in enumerate(
        [(40, "while pages are left:"), (110, "read the next page"), (40, "close the file")]
    ):
        draw.text((left, 40 + 60 * row), text, (225, 225, 215), ImageFont.load_default(30))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    reader = Reader()
    document = recognise(stream.getvalue(), OcrOptions(tool="code-screenshot", language="en"), reader=reader)
    reader.close()
    written = io.BytesIO()
    write_export("txt", document, written, source=None)
    for text in (document.text, written.getvalue().decode()):
        first, second, third = text.strip("\ufeff\n").split("\n")[:3]
        assert [len(row) - len(row.lstrip()) for row in (first, third)] == [0, 0]
        # Seventy pixels of a type whose letters and spaces are some twelve wide.
        assert 4 <= len(second) - len(second.lstrip()) <= 8
