"""Short lines that mean something stay lines; paragraphs become running text. Letters are ten pixels wide."""

from dataclasses import replace

import pytest

from exports.line_joining import vocabulary
from exports.running_text import is_running_text, to_paragraphs
from pipeline.document import Block, Box, Word
from tests.documents import LETTER_PX, make_block, make_line, make_text_block

SEPARATE = {
    "labels": "Invoice number 2026-0317\nDate 17 March 2026\nDue 16 April 2026",
    "labels of one width": "Number 4711\nDate 1.3.26\nDue 1.4.26",
    "address": "Mr Anselm Ruiz\n8 Orchard Close\nNetherby",
    "address with mail": "3 Paper Mill Lane, Ashby Green\npost@marlow-finch.example",
    "goods": "Rye bread 750 g 3.80\nApples 1.240 kg 3.47\nOat milk 2 x 1.89 3.78\nDish soap 1.75",
    "sums": "Subtotal 4,737.00\nVAT 19 % 900.03",
    "signature": "Tobias Marlow\nMaster bookbinder",
    "capitals": "PLEASE COME AGAIN\nTHANK YOU VERY MUCH",
    "form": "Name: Ada Fenwick\nborn: 3 May 1931\nplace: Gull Rock",
    "list": "- bring gloves and\n- bring a bottle\n- come at ten",
    "Japanese address": "東京都千代田区\n一丁目二番三号",
    "Arabic labels": "رقم الفاتورة: ٤٧\nالتاريخ: ١٧ مارس\nالمبلغ: ٩٠",
}
RUNNING = {
    "book": "Nobody had lived on Gull Rock for nine years\nwhen Ada Fenwick rowed out to it with two\n"
    "crates, a kettle and a letter that made her\nkeeper of the light.",
    "narrow": "asked which of them\nare still alive. The\nanswer is simpler\nthan it looks.",
    "German": "Der alte Leuchtturm auf der Insel wurde im\nFrühjahr gestrichen, und die Laternen am\n"
    "Hafen leuchten seitdem bis in den Morgen.",
    "divided": "a special strength to the rais-\ning of children and of their pa-\nrents, too",
    "Japanese": "四月から図書館の開館時間が変わります。平日は午前九時から午\n後七時まで、土曜日は五時までです。",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में\nजन्मजात स्वतन्त्रता और समानता प्राप्त है",
}


@pytest.mark.parametrize("text", SEPARATE.values(), ids=SEPARATE)
def test_lines_that_mean_something_stay(text: str) -> None:
    assert to_paragraphs(block_of(text), frozenset()) == [text]


@pytest.mark.parametrize("text", RUNNING.values(), ids=RUNNING)
def test_paragraphs_are_joined(text: str) -> None:
    assert is_running_text(block_of(text))
    assert "\n" not in to_paragraphs(block_of(text), vocabulary(text))[0]


def test_right_to_left_paragraphs_are_joined() -> None:
    text = "افتتحت مكتبة الحي أبوابها صباح يوم السبت في شارع الزيتون\nوحضر عدد كبير من السكان مع أطفالهم"
    lines = [make_line(line, left=700, top=50 + 30 * n, leftwards=True) for n, line in enumerate(text.split("\n"))]
    assert to_paragraphs(make_block(*lines), frozenset()) == [text.replace("\n", " ")]


def test_an_early_end_inside_running_text_stays() -> None:
    text = (
        "Nobody had lived on Gull Rock for nine years\nwhen Ada Fenwick came.\n"
        "On the first shelf of the lamp room she\nfound a ledger bound in green cloth."
    )
    shown = to_paragraphs(block_of(text), frozenset())
    assert shown == [
        "Nobody had lived on Gull Rock for nine years when Ada Fenwick came.\n"
        "On the first shelf of the lamp room she found a ledger bound in green cloth."
    ]


def test_an_indented_first_line_is_full() -> None:
    lines = [make_line("when Ada Fenwick rowed out to it with", left=120, top=50)]
    lines.append(make_line("two crates and a kettle and a letter which", left=50, top=80))
    lines.append(make_line("made her keeper.", left=50, top=110))
    assert "\n" not in to_paragraphs(make_block(*lines), frozenset())[0]


def test_goods_with_prices_at_the_far_edge_stay() -> None:
    def priced(name: str, price: str, top: float) -> object:
        line = make_line(name, top=top)
        word = Word(price, Box(600 - LETTER_PX * len(price), top, 600, top + 20), 0.9)
        return replace(line, text=f"{name} {price}", box=line.box.union(word.box), words=(*line.words, word))

    lines = [priced("rye bread", "EUR", 50), priced("a pound of salted butter", "EUR", 80)]
    block = make_block(*lines)  # type: ignore[arg-type]
    assert to_paragraphs(block, frozenset()) == [block.text]


def test_without_boxes_of_lines_breaks_stay() -> None:
    block = make_text_block("one\ntwo\n\nthree", Box(0, 0, 300, 90))
    assert to_paragraphs(block, frozenset()) == ["one\ntwo", "three"]


def block_of(text: str) -> Block:
    """CJK letters are twice as wide."""
    lines = []
    for n, line in enumerate(text.split("\n")):
        made = make_line(line, top=50 + 30 * n)
        if ord(line[0]) > 0x2E00:
            made = replace(made, words=(), box=Box(50, 50 + 30 * n, 50 + 20 * len(line), 70 + 30 * n))
        lines.append(made)
    return make_block(*lines)
