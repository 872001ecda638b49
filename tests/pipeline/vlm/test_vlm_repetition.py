"""Loops are noticed, repetitions that pages really have are not."""

from pipeline.vlm.repetition import LoopDetector, cut_loop, find_loop

PROSE = "The quick brown fox jumps over the lazy dog, number {}, and nobody has ever asked it why. "


def feed(text: str, size: int = 5) -> int | None:
    """After how many characters the detector called; None when it never did."""
    detector = LoopDetector()
    for start in range(0, len(text), size):
        if detector.feed(text[start : start + size]):
            return start + size
    return None


def test_a_phrase_without_end_is_a_loop():
    called_at = feed("Invoice\n" + "and so on " * 500)
    assert called_at is not None
    assert called_at < 600


def test_counting_up_is_a_loop_too():
    assert feed("".join(f"![text](10,{row},20,{row + 5}) word\n" for row in range(100, 900))) is not None


def test_prose_and_rules_and_empty_cells_are_none():
    assert feed("".join(PROSE[index:] + PROSE[:index] + chr(0x4E00 + index) for index in range(80))) is None
    assert feed("Contents " + "." * 120 + " 7\n" + "_" * 90) is None
    assert feed("<tr><td>Name</td>" + "<td></td>" * 20 + "</tr>") is None


def test_the_loop_is_cut_to_one_round():
    text = "Dear Sir,\n" + "yours truly, " * 100
    assert find_loop(text) is not None
    assert cut_loop(text).count("yours") == 1
    assert cut_loop("nothing repeats here") == "nothing repeats here"
