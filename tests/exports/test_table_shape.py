import pytest

from exports.table_shape import share_out
from tests.documents import make_table


def test_room_that_is_left_goes_to_all_columns():
    assert share_out(200, 1, make_table([["abcd", "abcdefghijkl"]])) == [60, 140]


def test_words_stay_whole_where_lines_do_not_fit():
    table = make_table([["Source of it", "Tokens", "Docs"], ["a long line of words", "3.71T", "2.95B"]])
    widths = share_out(35, 1, table)
    assert sum(widths) == pytest.approx(35)
    assert widths[1] == pytest.approx(8)
    assert widths[2] == pytest.approx(7)


def test_words_too_long_for_all_share_what_there_is():
    widths = share_out(30, 1, make_table([["x" * 28, "y" * 28, "z"]]))
    assert sum(widths) == pytest.approx(30)
    assert widths[0] == widths[1] > widths[2]


def test_ideographs_take_two_letters_and_may_be_parted():
    wide, narrow = share_out(100, 1, make_table([["都道府県の人口", "abcdefg"]]))
    assert wide / narrow == pytest.approx(16 / 9)
    narrow_page = share_out(16, 1, make_table([["都道府県の人口", "abcdefg"]]))
    assert narrow_page[1] == pytest.approx(9)


def test_an_empty_column_has_a_little_room():
    assert min(share_out(100, 1, make_table([["", "text"]]))) > 0
