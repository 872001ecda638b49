"""A document in another language: the same pages and blocks, the same places, other words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from errors import OcrChatError
from pipeline.document import Block, BlockKind, Document, Page, Table, Translation
from pipeline.languages import LANGUAGES
from pipeline.translators.base import Translator
from pipeline.vlm.raw_blocks import to_table_text

_DIVIDED = re.compile(r"([^\W\d_]{2,})[-\u00ad]\n([a-zà-öø-ÿа-яёα-ω])")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
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
        notices.append(f"Translated into {LANGUAGES[target].name} by {', '.join(sorted(names))}, by a machine.")
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
    if block.kind is BlockKind.LIST:
        return [line.strip() for line in block.text.split("\n")]
    return [_join(part, source) for part in block.text.split("\n\n")]


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
    return _reworded(block, ("\n" if block.kind is BlockKind.LIST else "\n\n").join(texts), None)


def _reworded(block: Block, text: str, table: Table | None) -> Block:
    # The lines and their confidences were about the words that stood there.
    return replace(block, text=text, table=table, lines=(), confidence=None)
