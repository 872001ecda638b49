import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Box
from pipeline.reading_order import Direction, Traits, find_columns, reading_order

HEIGHT = 20
STEP = 28


def column(left, right, top, count, *, ragged=0):
    return [
        Box(left, top + i * STEP, right - (ragged if i % 3 == 1 else 0), top + i * STEP + HEIGHT) for i in range(count)
    ]


def in_order(boxes, direction=Direction.LEFT_TO_RIGHT):
    return [boxes[i] for i in reading_order(boxes, direction)]


def shuffled(boxes):
    """Sorted as a detector gives them: by height, across columns."""
    return sorted(boxes, key=lambda box: (box.top, box.left))


def test_no_boxes():
    assert reading_order([]) == []


def test_one_column_is_read_down():
    boxes = column(100, 900, 100, 12, ragged=200)
    assert in_order(boxes[::-1]) == boxes


def test_two_columns_on_one_grid():
    boxes = column(100, 480, 100, 20, ragged=90) + column(510, 900, 100, 18, ragged=60)
    assert in_order(shuffled(boxes)) == boxes


def test_narrow_gutter():
    boxes = column(100, 485, 100, 20) + column(500, 900, 100, 20)
    assert in_order(shuffled(boxes)) == boxes


def test_three_columns_of_unequal_length():
    boxes = column(100, 340, 100, 20) + column(380, 620, 114, 9) + column(660, 900, 100, 15)
    assert in_order(shuffled(boxes)) == boxes


def test_title_table_and_footnote_across_two_columns():
    title = Box(100, 40, 900, 80)
    upper = [*column(100, 480, 120, 8), *column(520, 900, 120, 8)]
    table = Box(100, 370, 900, 600)
    lower = [*column(100, 480, 620, 8), *column(520, 900, 620, 8)]
    footnote = Box(100, 870, 800, 888)
    boxes = [title, *upper, table, *lower, footnote]
    assert in_order(shuffled(boxes)) == boxes


def test_title_over_the_left_two_of_three_columns():
    title = Box(100, 100, 620, 140)
    boxes = [title, *column(100, 340, 180, 12), *column(380, 620, 180, 12), *column(660, 900, 100, 15)]
    assert in_order(shuffled(boxes)) == boxes


def test_box_drawn_too_long_does_not_close_the_gutter():
    left, right = column(100, 480, 100, 20), column(510, 900, 100, 20)
    left[9] = Box(100, left[9].top, 490, left[9].bottom)
    assert in_order(shuffled(left + right)) == left + right


def test_specks_in_the_gutter_do_not_close_it():
    boxes = column(100, 480, 100, 20) + column(520, 900, 100, 20)
    specks = [Box(498, 150, 503, 155), Box(500, 500, 504, 503)]
    order = [box for box in in_order(shuffled([*boxes, *specks])) if box not in specks]
    assert order == boxes


def test_slightly_slanted_rows_hold_together():
    rows = [
        [Box(100 + 200 * c, 100 + 60 * r + 5 * c, 200 + 200 * c, 120 + 60 * r + 5 * c) for c in range(3)]
        for r in range(3)
    ]
    assert in_order([box for row in rows for box in row][::-1]) == [box for row in rows for box in row]


def test_prices_stay_with_their_items():
    items = [Box(100, 100 + i * STEP, 300, 120 + i * STEP) for i in range(6)]
    prices = [Box(700, 100 + i * STEP, 760, 120 + i * STEP) for i in range(6)]
    traits = [Traits()] * 6 + [Traits(is_number=True)] * 6
    columns = find_columns([*items, *prices], Direction.LEFT_TO_RIGHT, traits)
    assert [row for c in columns for row in c.rows] == [(i, i + 6) for i in range(6)]


def test_labels_stay_with_their_values():
    labels = [Box(100, 100 + i * STEP, 220, 120 + i * STEP) for i in range(5)]
    values = [Box(400, 100 + i * STEP, 720, 120 + i * STEP) for i in range(5)]
    traits = [Traits(is_label=True)] * 5 + [Traits()] * 5
    columns = find_columns([*labels, *values], Direction.LEFT_TO_RIGHT, traits)
    assert [row for c in columns for row in c.rows] == [(i, i + 5) for i in range(5)]


def test_side_note_in_small_type_is_read_apart():
    note = [Box(60, 250 + i * 17, 60 + (110, 95, 120, 60)[i], 263 + i * 17) for i in range(4)]
    text = column(220, 900, 100, 20)
    order = in_order(shuffled([*note, *text]))
    assert [box for box in order if box in text] == text
    positions = [order.index(box) for box in note]
    assert positions == list(range(positions[0], positions[0] + 4))


def test_drop_cap_comes_before_its_line():
    cap = Box(100, 100, 150, 172)
    text = [Box(160, 100 + i * STEP, 900, 120 + i * STEP) for i in range(2)] + column(100, 900, 156 + STEP, 6)
    assert in_order([*text, cap]) == [cap, *text]


def test_right_to_left_page_begins_with_the_right_column():
    right, left = column(520, 900, 100, 15), column(100, 480, 100, 15)
    assert in_order(shuffled(left + right), Direction.RIGHT_TO_LEFT) == right + left


def test_right_to_left_row_begins_at_the_right():
    boxes = [Box(600, 100, 700, 120), Box(300, 101, 400, 121)]
    assert in_order(boxes[::-1], Direction.RIGHT_TO_LEFT) == boxes


def test_vertical_lines_run_from_the_right():
    lines = [Box(800 - i * 40, 100, 825 - i * 40, 900) for i in range(8)]
    assert in_order(lines[::-1], Direction.VERTICAL) == lines


def test_vertical_page_in_two_tiers():
    upper = [Box(800 - i * 40, 100, 825 - i * 40, 480) for i in range(10)]
    lower = [Box(800 - i * 40, 520, 825 - i * 40, 900) for i in range(10)]
    assert in_order(sorted(upper + lower, key=lambda b: b.left), Direction.VERTICAL) == upper + lower


@st.composite
def layouts(draw):
    """Any scatter of boxes, on a coarse grid so that overlaps and equal edges are common."""
    count = draw(st.integers(1, 40))
    boxes = []
    for _ in range(count):
        left, top = draw(st.integers(0, 45)) * 20, draw(st.integers(0, 60)) * 14
        width, height = draw(st.integers(1, 30)) * 15, draw(st.sampled_from([3, 14, 18, 20, 60, 300]))
        boxes.append(Box(left, top, left + width, top + height))
    return boxes


@given(layouts(), st.randoms(use_true_random=False), st.sampled_from(Direction))
@settings(max_examples=60, deadline=None)
def test_order_does_not_depend_on_the_input(boxes, random, direction):
    mixed = boxes.copy()
    random.shuffle(mixed)
    assert in_order(mixed, direction) == in_order(boxes, direction)


@given(layouts(), st.sampled_from(Direction))
@settings(max_examples=60, deadline=None)
def test_every_box_exactly_once(boxes, direction):
    assert sorted(reading_order(boxes, direction)) == list(range(len(boxes)))


@given(layouts())
@settings(max_examples=40, deadline=None)
def test_mirrored_page_is_read_alike(boxes):
    mirrored = [Box(2000 - box.right, box.top, 2000 - box.left, box.bottom) for box in boxes]
    expected = [mirrored[i] for i in reading_order(boxes)]
    assert in_order(mirrored, Direction.RIGHT_TO_LEFT) == expected


@pytest.mark.parametrize("scale", [0.3, 1, 4.5])
def test_order_does_not_depend_on_the_resolution(scale):
    boxes = [Box(100, 40, 900, 80), *column(100, 480, 120, 18), *column(520, 900, 120, 15)]
    scaled = [Box(b.left * scale, b.top * scale, b.right * scale, b.bottom * scale) for b in boxes]
    assert in_order(shuffled(scaled)) == scaled


def test_the_head_of_a_letter_is_read_before_what_stands_below_it():
    left = [(100, 100 + 34 * i, 300, 126 + 34 * i) for i in range(3)]  # sender
    right = [(600, 100 + 34 * i, 800, 126 + 34 * i) for i in range(3)]  # telephone, fax, page
    address = [(100, 250 + 34 * i, 280, 276 + 34 * i) for i in range(3)]
    date = [(640, 400, 800, 426)]
    subject = [(100, 460, 330, 486)]
    body = [(100, 530 + 34 * i, 800, 556 + 34 * i) for i in range(4)]
    boxes = [Box(*place) for place in (*left, *right, *address, *date, *subject, *body)]
    assert reading_order(boxes) == list(range(len(boxes)))


def test_narrow_justified_columns_come_in_pieces_and_are_columns_all_the_same():
    boxes = []
    for column in range(3):
        for row in range(14):
            x, y = 100 + 310 * column, 100 + 36 * row
            w = 25 * (row * 7 % 4)  # the spaces of justified lines don't stand below each other
            boxes += [Box(x, y, x + 50 + w, y + 26), Box(x + 82 + w, y, x + 130 + w, y + 26)]
            boxes.append(Box(x + 160 + w, y, x + 280, y + 26))
    assert reading_order(boxes) == list(range(len(boxes)))
