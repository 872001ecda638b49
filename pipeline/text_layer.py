"""Born-digital PDF pages: the text they carry themselves, where it can be trusted.

The checks follow what the field has found out about bad text layers: characters without a Unicode mapping, glyph names
and CID numbers in place of text, shuffled encodings, the invisible output of another OCR program over a scan. Where a
page has good text *and* pictures, the text is kept and the pictures are named, so that only they need OCR.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pypdfium2 as pdfium

from errors import ReadingError
from pipeline.document import Box, Line, Word
from pipeline.page_size import PageSize
from pipeline.pdf_file import PageContent, Rectangle
from pipeline.pdf_text import PdfText, PdfWord, iterate_words, read_pdf_text
from pipeline.rasterize import OpenedSource

_FULL_PAGE_COVER = 0.85
_MAX_BAD_SHARE = 0.02
_MIN_LETTER_SHARE = 0.3
_JUDGEABLE_CHARACTERS = 40
_JUDGEABLE_WORDS = 20
_MAX_VOWELLESS_SHARE = 0.35
_MAX_SINGLE_LETTER_SHARE = 0.6
_FEW_LETTERS = 40
_MANY_PATHS = 200
_MIN_IMAGE_SHARE = 0.02
_MIN_IMAGE_SIDE_PT = 18.0
# Wider gaps than this many line heights separate columns and table cells; stretched lines stay below.
_GAP_IN_HEIGHTS = 1.5
_DETAIL_WIDTH_PX = 400
_DETAIL_STEP = 28
_MIN_DETAIL_SHARE = 0.004

_GLYPH_NAMES = re.compile(r"GLYPH<|\(cid:\d+\)|(?:/g\d{1,5}){2,}|(?:/G[0-9A-F]{2}){3,}", re.IGNORECASE)
_LEADERS = re.compile(r"([.·•…_\-–—=*])\1{2,}")
_LATIN_WORD = re.compile(r"[a-zà-öø-ÿœæ]{4,}")
_VOWEL = re.compile("[aeiouyà-æè-ïò-öøù-üýÿœ]")


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The trusted text of a page, in pixels of the page image of ``size``.

    ``lines`` stand in the order in which the file draws them; a visual line with wide gaps (columns, table cells) is
    several lines here. Confidences are None. ``image_regions`` are pictures whose text, if any, only OCR can see; for
    a page with a picture behind all of its text that is the whole page. ``rotation`` (0, 90, 180, 270) is how many
    degrees clockwise the page must be turned for most of its text to stand upright; boxes are in the page before that.
    """

    lines: tuple[Line, ...]
    size: PageSize
    image_regions: tuple[Box, ...] = ()
    rotation: int = 0


@dataclass(frozen=True, slots=True)
class TextLayerFinding:
    """Either a layer, or None and the reason why the page must be read by OCR (a short clause in English)."""

    layer: TextLayer | None
    reason: str = ""


def read_text_layer(opened: OpenedSource, number: int, *, dpi: float | None = None) -> TextLayer | None:
    """The page's own text where it can be trusted, else None. See :func:`examine_text_layer`."""
    return examine_text_layer(opened, number, dpi=dpi).layer


def examine_text_layer(opened: OpenedSource, number: int, *, dpi: float | None = None) -> TextLayerFinding:
    """Read and judge the text of page ``number`` (from 1). Boxes fit ``opened.render(number, dpi=dpi)``.

    Raises PageNotFoundError, or ReadingError when the page can't be opened.
    """
    page, content = opened.pdf_page(number), opened.pdf_content(number)
    if page is None or content is None:
        return TextLayerFinding(None, "the file is a picture")
    size = opened.page_size(number, dpi=dpi)
    if content.is_empty:
        return TextLayerFinding(TextLayer((), size))
    reason = _find_scan(content)
    if reason:
        return TextLayerFinding(None, reason)
    try:
        text = read_pdf_text(page, content)
    except pdfium.PdfiumError as error:
        raise ReadingError(f"The text of page {number} can't be loaded.") from error
    reason = _find_fault(text, content)
    if reason:
        return TextLayerFinding(None, reason)
    to_box = _pixel_mapping(page, content.bounds, size)
    page_turns = page.get_rotation() // 90
    lines = tuple(line for words in text.lines for line in _to_lines(words, to_box, page_turns))
    regions = _find_image_regions(opened, number, content, lines, to_box, size)
    return TextLayerFinding(TextLayer(lines, size, regions, _find_rotation(text, page_turns)))


def _find_rotation(text: PdfText, page_turns: int) -> int:
    """Degrees clockwise that make the most characters upright."""
    weights = Counter[int]()
    for word in iterate_words(text):
        weights[(word.quarter_turns + page_turns) % 4] += len(word.text)
    turns = weights.most_common(1)[0][0] if weights else 0
    return -turns % 4 * 90


def _find_scan(content: PageContent) -> str:
    """A reason where the page's text can't be what one sees, before looking at the text itself."""
    if not content.visible_text_count and not content.hidden_text_count:
        return "the page has no text of its own"
    if content.image_cover < _FULL_PAGE_COVER:
        return ""
    if not content.visible_text_count:
        return "the page is a scan with invisible text from another OCR program"
    covering = max(content.images, key=lambda image: image.area.area)
    is_single = covering.area.area >= _FULL_PAGE_COVER * content.bounds.area
    if is_single and content.last_text_order is not None and content.last_text_order < covering.order:
        return "a picture lies over the page's text"
    return ""


def _find_fault(text: PdfText, content: PageContent) -> str:
    """A reason to distrust the characters, or an empty string. Every rule is a share, so long pages get no bonus."""
    if not text.visible_count:
        return "the page has no visible text of its own"
    if text.bad_count > _MAX_BAD_SHARE * text.visible_count:
        return "characters of the page's text have no meaning (broken fonts)"
    words = [word.text for word in iterate_words(text)]
    joined = _LEADERS.sub("", " ".join(words))
    if _GLYPH_NAMES.search(joined):
        return "the page's text holds glyph names instead of letters"
    letters = sum(character.isalnum() for character in joined)
    if letters < _FEW_LETTERS and content.path_count > _MANY_PATHS:
        return "the page is drawn, with hardly any text"
    return _find_shuffled_letters(words, joined, letters)


def _find_shuffled_letters(words: Sequence[str], joined: str, letters: int) -> str:
    characters = [character for character in joined if not character.isspace()]
    marks = sum(not character.isascii() and not character.isalnum() for character in characters)
    # Vowel signs of Indic scripts and Thai are no letters to Python, nor are they punctuation.
    if len(characters) >= _JUDGEABLE_CHARACTERS and letters + marks < _MIN_LETTER_SHARE * len(characters):
        return "the page's text is mostly punctuation (shuffled encoding)"
    latin = [match for word in words for match in _LATIN_WORD.findall(word)]
    vowelless = sum(not _VOWEL.search(word) for word in latin)
    if len(latin) >= _JUDGEABLE_WORDS and vowelless > _MAX_VOWELLESS_SHARE * len(latin):
        return "the words of the page's text can't be pronounced (shuffled encoding)"
    lower_case = [word for word in words if word.isascii() and word.isalpha()]
    singles = sum(len(word) == 1 for word in lower_case)
    if len(lower_case) >= _JUDGEABLE_CHARACTERS and singles > _MAX_SINGLE_LETTER_SHARE * len(lower_case):
        return "the page's text falls apart into single letters"
    return ""


_ToBox = Callable[[Rectangle], Box]


def _pixel_mapping(page: pdfium.PdfPage, bounds: Rectangle, size: PageSize) -> _ToBox:
    """PDF user space (points, y up, before ``/Rotate``) to page pixels (y down, upright)."""
    rotation = page.get_rotation()
    upright = rotation % 180 == 0
    scale_x = size.width_px / (bounds.width if upright else bounds.height)
    scale_y = size.height_px / (bounds.height if upright else bounds.width)

    def to_box(area: Rectangle) -> Box:
        from_left, to_left = area.left - bounds.left, area.right - bounds.left
        from_top, to_top = bounds.top - area.top, bounds.top - area.bottom
        if rotation == 90:
            x, y = (area.bottom - bounds.bottom, area.top - bounds.bottom), (from_left, to_left)
        elif rotation == 180:
            x = bounds.right - area.right, bounds.right - area.left
            y = area.bottom - bounds.bottom, area.top - bounds.bottom
        elif rotation == 270:
            x, y = (from_top, to_top), (bounds.right - area.right, bounds.right - area.left)
        else:
            x, y = (from_left, to_left), (from_top, to_top)
        box = Box(x[0] * scale_x, y[0] * scale_y, x[1] * scale_x, y[1] * scale_y)
        return box.clipped(size.width_px, size.height_px)

    return to_box


def _to_lines(words: Sequence[PdfWord], to_box: _ToBox, page_turns: int) -> list[Line]:
    """Split a line of PDFium's at wide gaps and where its direction changes; words keep their (logical) order."""
    lines: list[Line] = []
    for turns, group in groupby(words, key=lambda word: (word.quarter_turns + page_turns) % 4):
        run = list(group)
        if turns == 0 and any(word.is_right_to_left for word in run):
            run = _restore_latin_runs(run, page_turns)
        placed = [Word(word.text, to_box(word.area), None) for word in run]
        lines += [_join(part) for part in _split_at_gaps(placed, runs_across=turns % 2 == 0)]
    return lines


def _restore_latin_runs(words: Sequence[PdfWord], page_turns: int) -> list[PdfWord]:
    """PDFium gives the words of a Latin run inside a right-to-left line in reverse; put them from left to right.

    Numbers that follow each other without any letters beside them do run from right to left there, and stay.
    """
    if page_turns:
        return list(words)
    restored: list[PdfWord] = []
    for is_right_to_left, group in groupby(words, key=lambda word: word.is_right_to_left):
        run = list(group)
        if not is_right_to_left and any(character.isalpha() for word in run for character in word.text):
            run.sort(key=lambda word: word.area.left)
        restored += run
    return restored


def _split_at_gaps(words: Sequence[Word], *, runs_across: bool) -> list[list[Word]]:
    """Gaps are looked for from left to right (top to bottom), for a line may mix writing directions."""

    def extent(word: Word) -> tuple[float, float]:
        return (word.box.left, word.box.right) if runs_across else (word.box.top, word.box.bottom)

    heights = sorted(word.box.height if runs_across else word.box.width for word in words)
    widest_gap = max(heights[-1], heights[len(heights) // 2]) * _GAP_IN_HEIGHTS
    part_of: dict[int, int] = {}
    part, reach = 0, None
    for index in sorted(range(len(words)), key=lambda i: extent(words[i])):
        low, high = extent(words[index])
        if reach is not None and low - reach > widest_gap:
            part += 1
        reach = high if reach is None else max(reach, high)
        part_of[index] = part
    parts: dict[int, list[Word]] = {}
    for index, word in enumerate(words):
        parts.setdefault(part_of[index], []).append(word)
    return list(parts.values())


def _join(words: Sequence[Word]) -> Line:
    return Line(" ".join(word.text for word in words), Box.around(word.box for word in words), None, tuple(words))


def _find_image_regions(
    opened: OpenedSource,
    number: int,
    content: PageContent,
    lines: Sequence[Line],
    to_box: _ToBox,
    size: PageSize,
) -> tuple[Box, ...]:
    """Pictures large enough to hold text, and with some detail beside the text that is already known."""
    boxes = _merge_touching(
        [
            to_box(image.area)
            for image in content.images
            if image.area.area >= _MIN_IMAGE_SHARE * content.bounds.area
            and min(image.area.width, image.area.height) >= _MIN_IMAGE_SIDE_PT
        ]
    )
    if not boxes:
        return ()
    preview = opened.render_preview(number, _DETAIL_WIDTH_PX)
    scale = preview.width_px / size.width_px
    grey = preview.pixels.mean(axis=2)
    steps = np.zeros(grey.shape, bool)
    steps[:, 1:] |= np.abs(np.diff(grey, axis=1)) > _DETAIL_STEP
    steps[1:, :] |= np.abs(np.diff(grey, axis=0)) > _DETAIL_STEP
    for line in lines:
        steps[_pixel_slices(line.box, scale, margin=2)] = False
    return tuple(box for box in boxes if _share(steps[_pixel_slices(box, scale, margin=-2)]) >= _MIN_DETAIL_SHARE)


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if flags.size else 0.0


def _pixel_slices(box: Box, scale: float, *, margin: int) -> tuple[slice, slice]:
    return (
        slice(max(0, int(box.top * scale) - margin), max(0, int(box.bottom * scale) + 1 + margin)),
        slice(max(0, int(box.left * scale) - margin), max(0, int(box.right * scale) + 1 + margin)),
    )


def _merge_touching(boxes: Sequence[Box]) -> list[Box]:
    """Unite boxes that touch or overlap: strips and tiles of one picture."""
    merged: list[Box] = []
    for box in boxes:
        united, apart = box, []
        for other in merged:
            grown = Box(other.left - 2, other.top - 2, other.right + 2, other.bottom + 2)
            if united.intersection(grown) > 0:
                united = united.union(other)
            else:
                apart.append(other)
        merged = [*apart, united]
    return merged
