import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from exports.markdown import to_markdown
from pipeline.document import BlockKind, Box, Line, Word
from pipeline.dot_leaders import erase_leaders, find_leaders, join_over_leaders, shorten_typed
from pipeline.ink import find_ink, find_pieces
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise
from samples.drawing import MONO, SANS, SERIF, load_font

ENTRIES = [
    ("1 Introduction", 4),
    ("2 Materials and methods", 11),
    ("2.1 Sampling", 15),
    ("2.2 Measurements", 23),
    ("3 Results", 38),
    ("4 Discussion", 52),
    ("References", 67),
]


def contents(font, *, size=30, blur=0.0, dots=True):
    picture = Image.new("L", (1200, 720), 250)
    draw = ImageDraw.Draw(picture)
    face = load_font(font, size)
    draw.text((100, 50), "Contents", font=load_font(font, 46), fill=25)
    for row, (name, page) in enumerate(ENTRIES):
        y = 150 + 70 * row
        draw.text((100, y), name, font=face, fill=25)
        draw.text((1080, y), str(page), font=face, fill=25, anchor="ra")
        first, last = 100 + face.getlength(name) + size / 2, 1080 - face.getlength(str(page)) - size / 2
        count = int((last - first) / face.getlength("."))
        draw.text((first, y), "." * count if dots else "", font=face, fill=25)
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def stats_of(picture):
    return find_pieces(find_ink(np.asarray(picture))).stats[1:]


@pytest.mark.parametrize("font", [SERIF, SANS, MONO])
@pytest.mark.parametrize("blur", [0.0, 1.2])
def test_each_row_of_dots_is_found_and_taken_out(font, blur):
    picture = contents(font, blur=blur)
    leaders = find_leaders(stats_of(picture))
    assert len(leaders) == len(ENTRIES)
    erased = erase_leaders(np.asarray(picture), leaders)
    without = np.asarray(contents(font, blur=blur, dots=False))
    assert (np.abs(erased.astype(int) - without) > 60).mean() < 0.0005


def test_rows_that_rise_are_found_too():
    assert len(find_leaders(stats_of(contents(SERIF).rotate(2.5, fillcolor=250)))) == len(ENTRIES)


def test_a_page_on_its_side_has_its_rows_upright():
    picture = contents(SANS).rotate(90, expand=True)
    assert find_leaders(stats_of(picture)) == []
    leaders = find_leaders(stats_of(picture), is_lying=True)
    assert len(leaders) == len(ENTRIES)
    assert all(np.ptp(leader.dots[:, 1]) > np.ptp(leader.dots[:, 0]) for leader in leaders)


def test_text_has_no_leaders():
    assert find_leaders(stats_of(contents(SANS, dots=False))) == []
    picture = Image.new("L", (1200, 300), 250)
    for row in range(4):
        ImageDraw.Draw(picture).text((50, 30 + 60 * row), "illicit initiative... i.i.i.i. o o o o o o o o o " * 2, 25)
    assert find_leaders(stats_of(picture)) == []


@pytest.mark.parametrize("size", [14, 22, 34])
@pytest.mark.parametrize("blur", [0.0, 1.2])
def test_the_letters_of_a_typewriter_are_no_dots(size, blur):
    picture = Image.new("L", (1200, 900), 250)
    rows = ["nous avons un amour sans souci aussi rare", "voix sourire aurore sucre couronne saison", "a.e.o.u.n.c.s.r"]
    for row in range(18):
        place = (60, 20 + 48 * row)
        ImageDraw.Draw(picture).text(place, rows[row % 3], font=load_font(MONO, size), fill=25)
    assert find_leaders(stats_of(picture.filter(ImageFilter.GaussianBlur(blur)))) == []


def word(text, left, right, top=0.0):
    return Word(text, Box(left, top, right, top + 20), 0.8)


def line(*words):
    return Line(" ".join(w.text for w in words), Box.around(w.box for w in words), 0.8, words)


def test_an_entry_and_its_figure_become_one_line():
    name, page, other = line(word("Results", 0, 80)), line(word("38", 480, 500)), line(word("Next", 0, 60, 40))
    (joined, last) = join_over_leaders([name, page, other], [Box(90, 15, 470, 19)])
    assert joined.text == "Results ... 38"
    assert [w.text for w in joined.words] == ["Results", "...", "38"]
    assert joined.box == Box(0, 0, 500, 20)
    assert last is other


def test_on_a_right_to_left_page_the_entry_stands_right():
    (joined,) = join_over_leaders([line(word("١٢", 0, 20)), line(word("مقدمة", 400, 500))], [Box(30, 15, 390, 19)])
    assert joined.text == "مقدمة ... ١٢"


def test_a_row_of_dots_without_a_text_before_it_adds_nothing():
    lines = (line(word("Results", 0, 80)),)
    assert join_over_leaders(lines, [Box(0, 300, 470, 304)]) == lines


@pytest.mark.parametrize(
    ("typed", "short"),
    [
        ("Results ........ 38", "Results ... 38"),
        ("Results . . . . . . 38", "Results ... 38"),
        ("Results·······38", "Results ... 38"),
        ("and so on... 38", "and so on... 38"),
    ],
)
def test_dots_that_were_spelled_out_become_three(typed, short):
    words = tuple(word(part, 40 * i, 40 * i + 30) for i, part in enumerate(typed.split()))
    shortened = shorten_typed(Line(typed, Box(0, 0, 400, 20), 0.8, words))
    assert shortened.text == short
    assert " ".join(w.text for w in shortened.words) == short


@pytest.fixture(scope="module")
def reader():
    opened = Reader()
    yield opened
    opened.close()


@pytest.mark.parametrize(("font", "blur"), [(SERIF, 0.0), (SANS, 1.2), (MONO, 0.0)])
def test_contents_are_read_line_by_line(font, blur, reader):
    data = io.BytesIO()
    contents(font, blur=blur).save(data, "png")
    document = recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader)
    expected = [f"{name} ... {page}" for name, page in ENTRIES]
    read = document.text.split("\n")
    assert sum(entry in read for entry in expected) >= len(ENTRIES) - 1
    assert BlockKind.TABLE not in {block.kind for block in document.pages[0].blocks}
    assert sum(entry in to_markdown(document) for entry in expected) >= len(ENTRIES) - 1
