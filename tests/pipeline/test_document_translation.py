"""What a translated document keeps: pages, blocks, tables, boxes, numbers, formulas."""

from datetime import UTC, datetime

from errors import EngineFailedError, TranslationUnavailableError
from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Table, TableCell
from pipeline.document_json import from_json, to_json
from pipeline.translators.document_translation import translate_document

BOX = Box(0, 0, 100, 20)


class Upper:
    """Translates into capitals; ``lost`` is a word that it forgets."""

    name = "Upper"

    def __init__(self, lost: str = "") -> None:
        self.lost = lost
        self.seen: list[str] = []

    def can_translate(self, source, target) -> bool:
        return source != "ja"

    def translate(self, texts, source, target, *, budget_s):
        if "FAIL" in texts:
            raise EngineFailedError("It failed.")
        self.seen += texts
        return [text.replace(self.lost, "").upper() if self.lost else text.upper() for text in texts]

    def close(self) -> None: ...


class One:
    """A catalogue of one translator."""

    def __init__(self, translator) -> None:
        self.translator = translator

    def require(self, source, target):
        if not self.translator.can_translate(source, target):
            raise TranslationUnavailableError("No such pair.")
        return self.translator


def block(kind, text, *, table=None, level=0, page=1, index=1) -> Block:
    boxes = (Box(0, 0, 6 * len(line), 10) for line in text.split("\n"))
    lines = () if table else tuple(Line(*each, 0.9) for each in zip(text.split("\n"), boxes, strict=True))
    return Block(f"p{page}-b{index}", kind, text, BOX, 0.9, lines, table, level)


def document(*pages) -> Document:
    made = tuple(
        Page(number, 100, 100, 72.0, tuple(blocks), "tesseract", language=language, script="Latn")
        for number, (language, blocks) in enumerate(pages, start=1)
    )
    return Document("d", "a.pdf", made, len(made), datetime.now(UTC))


def translate(read, translator=None, target="es"):
    return translate_document(read, One(translator or Upper()), target, page_budget_s=10)


TABLE = Table(1, 2, (TableCell(0, 0, 1, 1, "Total", BOX), TableCell(0, 1, 1, 1, "42.00", BOX)))


def test_blocks_keep_their_places_kinds_and_ids() -> None:
    translator = Upper()
    read = document(
        (
            "en",
            [
                block(BlockKind.TITLE, "Lease", level=1, index=1),
                block(BlockKind.TEXT, "a long sen-\ntence over\ntwo lines", index=2),
                block(BlockKind.LIST, "- one\n- two", level=1, index=3),
                block(BlockKind.TABLE, "Total\t42.00", table=TABLE, index=4),
                block(BlockKind.FORMULA, "E = mc^2", index=5),
                block(BlockKind.TEXT, "1234", index=6),
            ],
        )
    )
    outcome = translate(read, translator)
    page = outcome.translation.pages[0]
    assert [b.text for b in page.blocks] == [
        "LEASE",
        "A LONG SENTENCE OVER TWO LINES",
        "- ONE\n- TWO",
        "TOTAL\t42.00",
        "E = mc^2",
        "1234",
    ]
    assert page.blocks[3].table.to_rows() == [["TOTAL", "42.00"]]
    before = read.pages[0]
    assert [(b.id, b.kind, b.box, b.level) for b in page.blocks] == [
        (b.id, b.kind, b.box, b.level) for b in before.blocks
    ]
    # Nothing was said about how sure the translation is.
    assert [b.confidence for b in page.blocks[:4]] == [None] * 4
    assert (page.language, outcome.page_numbers) == ("es", (1,))
    assert "42.00" not in translator.seen
    assert any("by Upper" in notice for notice in outcome.notices)


def test_only_running_text_loses_its_line_breaks() -> None:
    texts = [
        "Mr A. Ruiz\n8 Orchard Close\nNetherby",
        "from\na much longer line\nto",
        "ends of lines\nare no ends\nof it",
    ]
    read = document(("en", [block(BlockKind.TEXT, text, index=index) for index, text in enumerate(texts)]))
    found = [each.text for each in translate(read).translation.pages[0].blocks]
    assert found == [texts[0].upper(), texts[1].upper(), "ENDS OF LINES ARE NO ENDS OF IT"]


def test_a_page_that_fails_keeps_its_words_and_the_others_are_translated() -> None:
    read = document(("en", [block(BlockKind.TEXT, "FAIL")]), ("en", [block(BlockKind.TEXT, "fine")]))
    outcome = translate(read)
    assert [page.text for page in outcome.translation.pages] == ["FAIL", "FINE"]
    assert outcome.page_numbers == (2,)
    assert "Page 1 was not translated: It failed." in outcome.notices


def test_a_language_without_translator_and_one_that_is_the_target() -> None:
    read = document(("ja", [block(BlockKind.TEXT, "x")]), ("es", [block(BlockKind.TEXT, "hola")]))
    outcome = translate(read)
    assert outcome.translation is None
    assert outcome.notices == ("Page 1 was not translated: No such pair.",)
    already = translate(document(("es", [block(BlockKind.TEXT, "hola")])))
    assert (already.translation, already.page_numbers) == (None, ())
    assert "Spanish already" in already.notices[0]


def test_a_number_that_changed_is_told() -> None:
    read = document(("en", [block(BlockKind.TEXT, "pay 42 euros")]))
    assert any("numbers differ" in notice for notice in translate(read, Upper(lost="42")).notices)
    assert not any("numbers differ" in notice for notice in translate(read).notices)


def test_a_translated_document_is_stored_and_read_again() -> None:
    read = document(("en", [block(BlockKind.TABLE, "Total\t42.00", table=TABLE)]))
    outcome = translate(read)
    whole = from_json(to_json(read))
    assert whole == read
    assert outcome.translation.pages[0].blocks[0].table.cells[0].box == BOX
