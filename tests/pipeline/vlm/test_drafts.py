"""The text of a page while a model writes it."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from pipeline.page_image import PageImage
from pipeline.vlm.drafts import DraftText
from pipeline.vlm.profiles import PROFILES

IMAGE = PageImage(1, np.full((100, 200, 3), 255, np.uint8), 72)
ANSWERS = {
    "lightonocr": "![title](0,0,500,500) Bill\n![table](0,500,1000,1000) <table><tr><td>S</td><td>5</td></tr></table>",
    "surya": '<div data-label="Text" data-bbox="1 1 900 200">Read <b>by</b> me</div><div data-label="Text">Twice</div>',
    "granite-docling": "<doctag><text><loc_1><loc_2><loc_3><loc_4>Hello</text><text><loc_1>there</text></doctag>",
    "instruct": '<div data-label="Text" data-bbox="100 100 900 200">If a < b, then b > a.</div>',
}
TEXTS = {
    "lightonocr": "Bill\n\nS\t5",
    "surya": "Read by me\n\nTwice",
    "granite-docling": "Hello\n\nthere",
    "instruct": "If a < b, then b > a.",
}


def drafts_of(profile: str, answer: str) -> list[str]:
    """What is there after each character."""
    seen: list[str] = []
    draft = DraftText(PROFILES[profile], IMAGE, lambda make_text: seen.append(make_text()))
    for piece in answer:
        draft.add(piece)
    return seen


@pytest.mark.parametrize("profile", ANSWERS)
def test_the_text_grows_and_no_markup_is_seen(profile: str) -> None:
    seen = drafts_of(profile, ANSWERS[profile])
    final = TEXTS[profile]
    assert seen[-1] == final
    assert all(len(one) <= len(two) for one, two in pairwise(seen))
    letters = [text.replace("\n", "").replace("\t", "").replace(" ", "") for text in seen]
    whole = letters[-1]
    assert [text for text in letters if not whole.startswith(text)] == []
    assert len(set(seen)) > 5


def test_whoever_is_told_decides_when_a_text_is_made() -> None:
    told: list[Callable[[], str]] = []
    draft = DraftText(PROFILES["lightonocr"], IMAGE, told.append)
    for piece in ("![text](0,0,9,9) ", "Hello"):
        draft.add(piece)
    assert [make_text() for make_text in told] == ["Hello", "Hello"], "each makes what there is now"
