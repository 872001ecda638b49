"""File names come from strangers and go into a header."""

from hypothesis import given
from hypothesis import strategies as st

from service.file_names import to_attachment


def test_plain_name() -> None:
    assert to_attachment("invoice.md") == "attachment; filename=\"invoice.md\"; filename*=UTF-8''invoice.md"


def test_other_scripts_keep_their_name_and_have_an_ascii_one() -> None:
    header = to_attachment("請求書.pdf")
    assert 'filename="result.pdf"' in header
    assert header.endswith("filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf")


@given(st.text(max_size=300))
def test_no_name_breaks_the_header(name: str) -> None:
    header = to_attachment(name)
    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
    assert "/" not in header
    assert "\\" not in header
    header.encode("latin-1")
