import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calibration import CURVES, calibrate, calibrate_lines
from pipeline.document import Box, Line, Word

BOX = Box(0, 0, 10, 10)


@pytest.mark.parametrize("engine", CURVES)
def test_curve_rises_and_stays_a_probability(engine):
    curve = CURVES[engine]
    assert curve[0][0] == 0.0
    assert curve[-1][0] == 1.0
    for (number, probability), (next_number, next_probability) in itertools.pairwise(curve):
        assert number < next_number
        assert 0.0 <= probability <= next_probability <= 1.0


@given(first=st.floats(0, 1), second=st.floats(0, 1), engine=st.sampled_from(sorted(CURVES)))
def test_order_is_kept(first, second, engine):
    low, high = sorted((first, second))
    assert calibrate(low, engine) <= calibrate(high, engine)


def test_no_confidence_is_invented():
    assert calibrate(None, "tesseract") is None
    assert calibrate(0.42, "an engine without a curve") == 0.42


def test_a_line_gets_the_mean_of_its_words_by_letters():
    words = (Word("long-word", BOX, 1.0), Word("x", BOX, 0.0))
    (line,) = calibrate_lines([Line("long-word x", BOX, 0.7, words)], "tesseract")
    top, bottom = calibrate(1.0, "tesseract"), calibrate(0.0, "tesseract")
    assert line.confidence == pytest.approx((9 * top + bottom) / 10, abs=1e-3)
    (bare,) = calibrate_lines([Line("x", BOX, 1.0)], "tesseract")
    assert bare.confidence == top
