"""Days are the same however they are written."""

import pytest

from retrieval.dates import find_days


@pytest.mark.parametrize(
    "text",
    [
        "7 June 2024",
        "June 7, 2024",
        "07/06/24",
        "06/07/2024",
        "2024-06-07",
        "FRI 07JUN24 08:10",
        "7. Juni 2024",
        "2024年6月7日",
    ],
)
def test_one_day(text: str) -> None:
    assert (2024, 6, 7) in find_days(text)


@pytest.mark.parametrize("text", ["", "tel 03-8945 7712", "31/31/2024", "total 12.40"])
def test_no_day(text: str) -> None:
    assert find_days(text) == frozenset()
