"""A document in another language: the same pages and blocks, the same places, other words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from errors import OcrChatError
from pipeline.document import Block, BlockKind, Document, Line, Page, Table, Translation
from pipeline.languages import LANGUAGES
from pipeline.translators.base import Translator
from pipeline.vlm.raw_blocks import to_table_text

_DIVIDED = re.compile(r"([^\W\d_]{2,})[-\u00ad]\n([a-zà-öø-ÿа-яёα-ω])")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_FULL_SHARE = 0.6
_UNSPACED = ("zh", "ja", "th", "lo", "km", "my")


@dataclass(frozen=True, slots=True)
class TranslationOutcome:
    """``translation`` None: not one page could be translated. ``page_numbers`` are those that were."""

    translation: Translation | None
    page_numbers: tuple[int, ...]
    notices: tuple[str, ...]


class Catalogue(Protocol):
    """Finds the translator of a pair; :class:`pipeline.translators.catalogue.Translators` is one."""

    def require(self, source: str | None, target: str) -> Translator: ...


def translate_document(
    document: Document, translators: Catalogue, target: str, *, page_budget_s: float
) -> TranslationOutcome:
    """Translate each page by whichever translator knows its language; a page that fails keeps its own words.

    Never raises for a page: what went wrong is in the notices.
    """
    pages: list[Page] = []
    done: list[int] = []
    notices: list[str] = []
    names: set[str] = set()
    for page in document.pages:
        source = page.language or document.detected_language
        if source == target or not page.text.strip():
            pages.append(page)
            continue
        try:
            translator = translators.require(source, target)
            translated, doubts = translate_page(page, translator, source, target, budget_s=page_budget_s)
        except OcrChatError as error:
            pages.append(page)
            notices.append(f"Page {page.number} was not translated: {error.message}")
            continue
        pages.append(translated)
        done.append(page.number)
        names.add(translator.name)
        if doubts:
            notices.append(f"Page {page.number}: numbers differ between the text and its translation; compare them.")
    if done:
        notices.append(f"Machine translation into {LANGUAGES[target].name}, by {', '.join(sorted(names))}.")
    elif not notices:
        notices.append(f"There was nothing to translate: the document is in {LANGUAGES[target].name} already.")
    return TranslationOutcome(Translation(target, tuple(pages)) if done else None, tuple(done), tuple(notices))


def translate_page(
    page: Page, translator: Translator, source: str | None, target: str, *, budget_s: float
) -> tuple[Page, bool]:
    """The page with other words, and whether numbers were lost or changed. Raises as the translator does."""
    wanted = list(dict.fromkeys(text for block in page.blocks for text in _texts_of(block, source)))
    found = translator.translate(wanted, source, target, budget_s=budget_s) if wanted else []
    words = dict(zip(wanted, found, strict=True))
    doubts = any(sorted(_NUMBER.findall(before)) != sorted(_NUMBER.findall(after)) for before, after in words.items())
    blocks = tuple(_replace_words(block, source, words) for block in page.blocks)
    return replace(page, blocks=blocks, language=target, script=LANGUAGES[target].script), doubts


def _texts_of(block: Block, source: str | None) -> Iterator[str]:
    for text in _all_texts(block, source):
        if _LETTER.search(text):
            yield text


def _all_texts(block: Block, source: str | None) -> Sequence[str]:
    """Cells of a table, items of a list, one paragraph of anything else; nothing of a formula."""
    if block.kind is BlockKind.FORMULA:
        return ()
    if block.table is not None:
        return [_join(cell.text, source) for cell in block.table.cells]
    if block.kind is BlockKind.LIST or not _is_running_text(block):
        return [line.strip() for line in block.text.split("\n")]
    return [_join(block.text, source)]


def _is_running_text(block: Block) -> bool:
    """Whether the block's line breaks only come from its width, so that its lines make sentences.

    They do when most lines are full: the next line's first word would not have fitted. The lines of an address or of a
    list of labels all begin with a capital letter or a digit. A model that gives no lines means its line breaks.
    """
    lines = block.lines
    if len(lines) < 2 or len(lines) != block.text.count("\n") + 1:
        return False
    if all(line.text[:1].isupper() or line.text[:1].isdigit() for line in lines):
        return False
    widest = max(line.box.width for line in lines)
    full = [widest - line.box.width < _first_word_width(after) + line.box.height for line, after in pairwise(lines)]
    return sum(full) >= _FULL_SHARE * len(full)


def _first_word_width(line: Line) -> float:
    """Estimated by letters: not every engine gives words their boxes."""
    first = line.text.split(maxsplit=1)[:1]
    return line.box.width * len("".join(first)) / max(1, len(line.text))


def _join(text: str, source: str | None) -> str:
    """Lines to one line: translators need whole sentences."""
    whole = _DIVIDED.sub(r"\1\2", text)
    space = "" if (source or "").partition("-")[0] in _UNSPACED else " "
    return space.join(line.strip() for line in whole.split("\n") if line.strip())


def _replace_words(block: Block, source: str | None, words: dict[str, str]) -> Block:
    texts = [words.get(text, text) for text in _all_texts(block, source)]
    if block.kind is BlockKind.FORMULA:
        return block
    if block.table is not None:
        cells = zip(block.table.cells, texts, strict=True)
        table = replace(block.table, cells=tuple(replace(cell, text=text) for cell, text in cells))
        return _reworded(block, to_table_text(table), table)
    return _reworded(block, "\n".join(texts), None)


def _reworded(block: Block, text: str, table: Table | None) -> Block:
    # The lines and their confidences were about the words that stood there.
    return replace(block, text=text, table=table, lines=(), confidence=None)
