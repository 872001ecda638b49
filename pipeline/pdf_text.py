"""The words that a PDF page carries as text, with their boxes, straight from PDFium.

PDFium gives characters in drawing order, which it has put into logical order for right-to-left scripts, with line
breaks and missing spaces guessed from positions. Asking for the box of every character costs up to 80 ms a page, so
boxes are asked for by word, 1-2 ms for a page of 700 words.
"""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from pipeline.pdf_file import PageContent, Rectangle, is_hidden_text

# PDFium's mark for a hyphen at the end of a line; the next line follows without a break.
_LINE_END_HYPHEN = "\x02"
_SOFT_HYPHEN = "\u00ad"
_TOKEN = re.compile(r"\r?\n|\r|[^\s\x02]*\x02|[^\s\x02]+")
_IGNORABLE = re.compile("[\x00-\x1f\x7f\u200b\u2060\ufeff\ufffe\uffff\u00ad]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_IN_PIECES = re.compile("[\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]")
# Forms that stand for the shape of a letter only: ligatures, Arabic and Hebrew presentation forms, radicals.
_SHAPES = re.compile("[\u2e80-\u2fdf\ufb00-\ufdcf\ufe70-\ufefc]")
_PRIVATE_BULLETS = str.maketrans({"\uf0b7": "•", "\uf0a7": "▪", "\uf076": "❖", "\uf0d8": "➢", "\uf0fc": "✓"})
_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class PdfWord:
    """A run without white space. ``quarter_turns`` (0..3) says how it is turned, clockwise, in PDF user space.

    ``is_cut`` is True for a word of a script whose letters come in pieces (Devanagari, Thai, ...) when the space before
    it is not in the file but was guessed by PDFium.
    """

    text: str
    area: Rectangle
    quarter_turns: int
    is_cut: bool = False

    @property
    def is_right_to_left(self) -> bool:
        return bool(_RIGHT_TO_LEFT.search(self.text))


@dataclass(frozen=True, slots=True)
class PdfText:
    """``lines`` hold the visible words in PDFium's order; the counts are of characters other than white space.

    ``bad_count`` are those that surely are not what the page shows: no mapping to Unicode, private use, controls.
    """

    lines: tuple[tuple[PdfWord, ...], ...]
    visible_count: int
    bad_count: int


def read_pdf_text(page: pdfium.PdfPage, content: PageContent) -> PdfText:
    """Read the visible words within the page's bounds. Raises pypdfium2.PdfiumError when the text can't be loaded."""
    text_page = page.get_textpage()
    try:
        return _read(text_page, content)
    finally:
        text_page.close()


def _read(text_page: pdfium.PdfTextPage, content: PageContent) -> PdfText:
    characters = _characters(text_page)
    words = _WordReader(text_page, content)
    lines: list[tuple[PdfWord, ...]] = []
    line: list[PdfWord] = []
    visible = bad = 0
    for token in _TOKEN.finditer(characters):
        raw = token.group()
        ends_line = raw in {"\n", "\r", "\r\n"} or raw.endswith(_LINE_END_HYPHEN)
        word = words.read(raw, token.start()) if raw.strip() else None
        if word is not None:
            visible += len(raw)
            bad += words.count_bad(raw, token.start())
            if word.text:
                line.append(word)
        if ends_line and line:
            lines.append(tuple(line))
            line = []
    if line:
        lines.append(tuple(line))
    return PdfText(tuple(lines), visible, bad)


def _characters(text_page: pdfium.PdfTextPage) -> str:
    """One code point for each of PDFium's character indexes, so that an index into it is an index into the page."""
    count = text_page.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    length = pdfium_c.FPDFText_GetText(text_page.raw, 0, count, buffer) - 1
    text = bytes(buffer)[: 2 * length].decode("utf-16-le", "replace").replace("\ufffe", _LINE_END_HYPHEN)
    if len(text) == count:
        return text
    # Characters without a Unicode value are missing in the text as a whole: ask for one after the other.
    codes = (pdfium_c.FPDFText_GetUnicode(text_page.raw, index) for index in range(count))
    return "".join("\ufffd" if not code or 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code) for code in codes)


class _WordReader:
    """Reads words of one text page. It keeps the ctypes buffers, which cost more to make than a call."""

    def __init__(self, text_page: pdfium.PdfTextPage, content: PageContent) -> None:
        self._raw = text_page.raw
        self._bounds = content.bounds
        self._may_hide = content.hidden_text_count > 0
        self._corners = [ctypes.c_double() for _ in range(4)]
        self._references = [ctypes.byref(corner) for corner in self._corners]

    def read(self, raw: str, start: int) -> PdfWord | None:
        """None for a word that nobody sees: invisible, fully transparent, off the page, without any extent.

        Its text is empty where all of its characters are meaningless.
        """
        if self._may_hide and self._is_hidden(start):
            return None
        area = self._find_area(start, len(raw))
        if area is None:
            return None
        if _RIGHT_TO_LEFT.search(raw):
            raw = self._restore_order(raw, start)
        quarter_turns = round(pdfium_c.FPDFText_GetCharAngle(self._raw, start) / (math.pi / 2))
        is_cut = (
            start > 0 and _IN_PIECES.match(raw) is not None and pdfium_c.FPDFText_IsGenerated(self._raw, start - 1) == 1
        )
        return PdfWord(normalise(raw), area, quarter_turns % 4, is_cut)

    def count_bad(self, raw: str, start: int) -> int:
        """Characters of the word that are surely wrong. Its first character's mapping stands for all of them."""
        if pdfium_c.FPDFText_HasUnicodeMapError(self._raw, start) == 1:
            return len(raw)
        return 0 if raw.isprintable() and "\ufffd" not in raw else sum(map(_is_garbage, raw))

    def _is_hidden(self, index: int) -> bool:
        handle = pdfium_c.FPDFText_GetTextObject(self._raw, index)
        return bool(handle) and is_hidden_text(handle)

    def _find_area(self, start: int, count: int) -> Rectangle | None:
        left, top, right, bottom = self._corners
        rectangles = []
        for index in range(pdfium_c.FPDFText_CountRects(self._raw, start, count)):
            pdfium_c.FPDFText_GetRect(self._raw, index, *self._references)
            rectangles.append((left.value, bottom.value, right.value, top.value))
        if not rectangles:
            return None
        if len(rectangles) > 1:
            lefts, bottoms, rights, tops = zip(*rectangles, strict=True)
            rectangles = [(min(lefts), min(bottoms), max(rights), max(tops))]
        whole, bounds = Rectangle(*rectangles[0]), self._bounds
        if (
            bounds.left <= whole.left < whole.right <= bounds.right
            and bounds.bottom <= whole.bottom < whole.top <= bounds.top
        ):
            return whole
        visible = whole.intersection(bounds)
        # A word cut by the page's edge counts when half of it shows.
        return visible if visible.area > 0 and visible.area >= whole.area / 2 else None

    def _restore_order(self, raw: str, start: int) -> str:
        """Put the letters of a right-to-left word into logical order.

        PDFium reverses right-to-left runs letter by letter. That is right for glyphs drawn from left to right, but
        turns around what one glyph stands for (as the ligature of lam, lam and heh), and words whose glyphs were drawn
        from right to left one by one, as browsers do.
        """
        restored: list[str] = []
        run: list[tuple[str, tuple[float, ...]]] = []
        for index, character in enumerate(raw, start):
            if _RIGHT_TO_LEFT.match(character) and (character.isalpha() or unicodedata.combining(character)):
                run.append((character, self._glyph_box(index)))
            else:
                restored += [*_order_letters(run), character]
                run.clear()
        return "".join([*restored, *_order_letters(run)])

    def _glyph_box(self, index: int) -> tuple[float, ...]:
        pdfium_c.FPDFText_GetCharBox(self._raw, index, *self._references)
        return tuple(corner.value for corner in self._corners)


def _order_letters(run: list[tuple[str, tuple[float, ...]]]) -> list[str]:
    """Letters and their boxes (left, right, ...), as PDFium gives them, to letters in logical order."""
    glyphs = [("".join(letter for letter, _ in group)[::-1], box) for box, group in groupby(run, lambda item: item[1])]
    centers = [box[0] + box[1] for letters, box in glyphs if not unicodedata.combining(letters[0])]
    to_the_right = sum(second > first for first, second in pairwise(centers))
    if 2 * to_the_right >= len(centers):
        glyphs.reverse()
    return [letters for letters, _ in glyphs]


def normalise(text: str) -> str:
    """Letters instead of their shapes, no soft hyphen but a hyphen where the line ends with one, no controls; NFC."""
    ends_with_hyphen = text.endswith((_LINE_END_HYPHEN, _SOFT_HYPHEN))
    if not text.isascii():
        text = text.translate(_PRIVATE_BULLETS)
        text = _SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
        text = unicodedata.normalize("NFC", _PRIVATE_USE.sub("", text))
    return _IGNORABLE.sub("", text) + ("-" if ends_with_hyphen else "")


def _is_garbage(character: str) -> bool:
    if character.isprintable() or character in {_LINE_END_HYPHEN, _SOFT_HYPHEN}:
        return character == "\ufffd"
    return unicodedata.category(character.translate(_PRIVATE_BULLETS)) in {"Cc", "Cn", "Co", "Cs"}


def iterate_words(text: PdfText) -> Iterator[PdfWord]:
    return (word for line in text.lines for word in line)
