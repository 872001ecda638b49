import numpy as np

from pipeline.careful_reading import FirstReading, choose_lines, read_again
from pipeline.document import Box, Line, Word
from pipeline.page_image import PageImage
from pipeline.prepare import prepare
from pipeline.routing import RAPIDOCR, TESSERACT, Route


def line(text, confidence, *, left=0, top=0, right=200):
    box = Box(left, top, right, top + 20)
    return Line(text, box, confidence, (Word(text, box, confidence),))


def texts(lines):
    return [line.text for line in lines]


def test_what_most_readings_agree_on_wins():
    readings = [[line("Tota1 28.5O", 0.8)], [line("Total 28.50", 0.8)], [line("Total 28.50", 0.8, left=2)]]
    assert texts(choose_lines(readings)) == ["Total 28.50"]


def test_two_poor_readings_do_not_outvote_a_good_one():
    readings = [[line("Rechnung", 0.97)], [line("l3echnunq", 0.2)], [line("Bechmmg", 0.2)]]
    assert texts(choose_lines(readings)) == ["Rechnung"]


def test_the_first_reading_stays_where_nothing_is_clearly_better():
    assert texts(choose_lines([[line("café", 0.9)], [line("cafe", 0.91)]])) == ["café"]
    assert texts(choose_lines([[line("alone", 0.3)]])) == ["alone"]
    assert choose_lines([[], []]) == ()


def test_lines_that_the_first_reading_missed_must_be_believable():
    first = [line("above", 0.9)]
    assert texts(choose_lines([first, [line("below", 0.9, top=100)]])) == ["above", "below"]
    assert texts(choose_lines([first, [line("stain", 0.4, top=100)]])) == ["above"]


def test_a_line_in_two_parts_is_taken_or_left_as_a_whole():
    whole = line("Sum 12.00", 0.4, right=300)
    parts = [line("Sum", 0.95, right=80), line("12.00", 0.95, left=220, right=300)]
    better = [line("Sum", 0.9, left=1, right=81), line("12.00", 0.9, left=221, right=299)]
    assert texts(choose_lines([[whole], parts, better])) in (["Sum", "12.00"], ["Sum 12.00"])
    assert len(choose_lines([parts, [whole], better])) == 2


def first_reading(engine, route, language):
    page = prepare(PageImage(1, np.full((300, 400, 3), 255, np.uint8), 150), scale=1.0)
    return FirstReading(page, (line("x", 0.5),), engine, route, language)


def means_of(first):
    """(engine, packs, width) of every further reading that is asked for."""
    asked = []

    def read(engine, route, prepared):
        asked.append((engine, route.packs, prepared.grey.shape[1]))
        return (line("yes", 0.9, right=200 * prepared.grey.shape[1] / 400),)

    return asked, read_again(first, read)


def test_a_page_is_read_larger_with_its_languages_data_and_by_the_other_engine():
    asked, lines = means_of(first_reading(TESSERACT, Route(TESSERACT, ("Latin",), RAPIDOCR), "pl"))
    assert asked == [(TESSERACT, ("Latin",), 560), (TESSERACT, ("pol",), 400), (RAPIDOCR, ("Latin",), 400)]
    assert texts(lines) == ["yes"]


def test_boxes_of_the_larger_page_come_back_to_size():
    _, lines = means_of(first_reading(TESSERACT, Route(TESSERACT, ("rus",)), None))
    assert lines[0].box.right in (200, 200.0)


def test_what_the_other_engine_cannot_read_is_not_shown_to_it():
    asked, _ = means_of(first_reading(TESSERACT, Route(TESSERACT, ("Arabic",)), "fa"))
    assert {engine for engine, _, _ in asked} == {TESSERACT}
    asked, _ = means_of(first_reading(RAPIDOCR, Route(RAPIDOCR, ("Japanese",), TESSERACT), "ja"))
    assert [engine for engine, _, _ in asked] == [RAPIDOCR, TESSERACT]
