import numpy as np
import pytest

from pipeline.document import Box
from pipeline.line_isolation import isolate_lines, unread_share
from pipeline.prepare import to_grey
from tests.pipeline.drawn_pages import DrawnPage


def grey_of(page):
    return to_grey(np.array(page.image))


def test_each_line_is_cut_out_alone_and_knows_its_place():
    page = DrawnPage(height_px=500)
    page.prose(100, 100, 800, 8, size=24)
    lines = list(isolate_lines(grey_of(page)))
    assert len(lines) == 8
    for isolated, drawn in zip(lines, page.lines, strict=True):
        assert isolated.left + 10 == pytest.approx(drawn.box.left, abs=3)
        assert isolated.top + 10 == pytest.approx(drawn.box.top, abs=3)
        assert isolated.pixels.shape[0] - 20 <= drawn.box.height + 4
        assert (isolated.pixels[:8] == 255).all()


def test_columns_are_not_joined():
    page = DrawnPage(height_px=500)
    page.prose(50, 100, 400, 6, size=20)
    page.prose(550, 107, 400, 6, size=20)
    lines = list(isolate_lines(grey_of(page)))
    assert len(lines) == 12
    assert max(line.pixels.shape[1] for line in lines) < 440


def test_touching_marks_of_the_next_line_stay_out():
    page = DrawnPage(height_px=300)
    for index in range(4):
        page.text(100, 100 + 26 * index, "Évidemment, jusqu'à l'île où naît Ève, j'y songeais.", size=30)
    lines = list(isolate_lines(grey_of(page)))
    assert len(lines) == 4
    boxes = [line.box for line in page.lines]
    assert boxes[0].bottom > boxes[1].top


def test_only_unread_lines_are_asked_for():
    page = DrawnPage(height_px=500)
    page.prose(100, 100, 800, 8, size=24)
    boxes = [line.box for index, line in enumerate(page.lines) if index != 3]
    (lost,) = isolate_lines(grey_of(page), read_already=boxes)
    assert lost.top + 10 == pytest.approx(page.lines[3].box.top, abs=3)
    assert 0.05 < unread_share(grey_of(page), boxes) < 0.3
    assert unread_share(grey_of(page), [line.box for line in page.lines]) < 0.01


def test_blank_paper_has_no_lines():
    paper = np.full((400, 300), 255, np.uint8)
    assert list(isolate_lines(paper)) == []
    assert unread_share(paper, [Box(0, 0, 10, 10)]) == 0.0
