"""How many pages are handed out before a process is free."""

from service.page_pace import MAX_PAGES_AHEAD, PagePace


def test_nothing_is_handed_out_ahead_before_pages_are_known_to_be_quick() -> None:
    assert PagePace().pages_ahead == 0


def test_quick_pages_are_handed_out_ahead_and_slow_ones_are_not() -> None:
    pace = PagePace()
    for _ in range(30):
        pace.add(0.001)
    assert pace.pages_ahead == MAX_PAGES_AHEAD
    pace.add(2.0)
    assert pace.pages_ahead == 0
