"""Born-digital PDF pages: the text they carry themselves, where it can be trusted.

The checks follow what the field has found out about bad text layers: characters without a Unicode mapping, glyph names
and CID numbers in place of text, shuffled encodings, the invisible output of another OCR program over a scan. Where a
page has good text *and* pictures, the text is kept and the pictures are named, so that only they need OCR.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium

from errors import ReadingError
from pipeline.document import Box, Line
from pipeline.page_size import PageSize
from pipeline.pdf_file import PageContent, Rectangle
from pipeline.pdf_lines import ToBox, to_lines
from pipeline.pdf_text import PdfText, iterate_words, read_pdf_text
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
_DETAIL_WIDTH_PX = 400
_DETAIL_STEP = 28
_MIN_DETAIL_SHARE = 0.004

_GLYPH_NAMES = re.compile(r"GLYPH<|\(cid:\d+\)|(?:/g\d{1,5}){2,}|(?:/G[0-9A-F]{2}){3,}", re.IGNORECASE)
# A Thai consonant with its marks: some writers map a mark's glyph to the whole cluster, which then comes twice.
_DOUBLED_THAI = re.compile("([ก-ฮ][ัิ-ฺ็-๎]+)[^ ]{0,2}\\1")
_THAI = re.compile("[ก-ฮ]")
_MAX_ASTRAY_SHARE = 0.1
_MAX_DOUBLED_SHARE = 0.02
_LEADERS = re.compile(r"([.·•…_\-–—=*])\1{2,}")
_LATIN_WORD = re.compile(r"[a-zà-öø-ÿœæ]{4,}")
_MISPLACED_MARKS = "accents and vowel marks of the page's text are out of place"
_DOUBLED_LETTERS = "letters of the page's text come twice"
_ORDER_FAULTS = frozenset({_MISPLACED_MARKS, _DOUBLED_LETTERS})
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
    """Either a layer, or None and the reason why the page must be read by OCR (a short clause in English).

    ``is_distrusted``: the page has text of its own, and it is not used. What is known even then, where there is enough
    of it: ``rotation``, how the page must be turned (as in :class:`TextLayer`), for letters stand upright whatever they
    say; and ``letters``, the text itself where only the order of its characters is in doubt: it tells the language.
    """

    layer: TextLayer | None
    reason: str = ""
    is_distrusted: bool = False
    rotation: int | None = None
    letters: str = ""


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
    has_text = bool(content.visible_text_count or content.hidden_text_count)
    reason = _find_scan(content)
    if reason:
        return TextLayerFinding(None, reason, is_distrusted=has_text)
    try:
        text = read_pdf_text(page, content)
    except pdfium.PdfiumError as error:
        raise ReadingError(f"The text of page {number} can't be loaded.") from error
    page_turns = page.get_rotation() // 90
    reason = _find_fault(text, content)
    if reason:
        is_much = text.visible_count >= _JUDGEABLE_CHARACTERS
        rotation = _find_rotation(text, page_turns) if is_much else None
        letters = " ".join(word.text for word in iterate_words(text)) if is_much and reason in _ORDER_FAULTS else ""
        return TextLayerFinding(None, reason, is_distrusted=has_text, rotation=rotation, letters=letters)
    to_box = _pixel_mapping(page, content.bounds, size)
    lines = to_lines(text, to_box, page_turns)
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
    return (
        _find_misplaced_marks(words, joined)
        or _find_missing_text(joined, content)
        or _find_shuffled_letters(words, joined)
    )


def _find_misplaced_marks(words: Sequence[str], joined: str) -> str:
    marked = [word for word in words if not word.isascii() and any(map(unicodedata.combining, word))]
    astray = sum(unicodedata.combining(word[0]) > 0 for word in marked)
    if astray > _MAX_ASTRAY_SHARE * len(marked):
        return _MISPLACED_MARKS
    if len(_DOUBLED_THAI.findall(joined)) > _MAX_DOUBLED_SHARE * len(_THAI.findall(joined)):
        return _DOUBLED_LETTERS
    return ""


def _find_missing_text(joined: str, content: PageContent) -> str:
    letters = sum(count for character, count in Counter(joined).items() if character.isalnum())
    if letters < _FEW_LETTERS and content.path_count > _MANY_PATHS:
        return "the page is drawn, with hardly any text"
    return ""


def _find_shuffled_letters(words: Sequence[str], joined: str) -> str:
    counts = {character: count for character, count in Counter(joined).items() if not character.isspace()}
    total = sum(counts.values())
    # Vowel signs of Indic scripts and Thai are no letters to Python, nor are they punctuation.
    letters = sum(count for character, count in counts.items() if character.isalnum() or not character.isascii())
    if total >= _JUDGEABLE_CHARACTERS and letters < _MIN_LETTER_SHARE * total:
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


def _pixel_mapping(page: pdfium.PdfPage, bounds: Rectangle, size: PageSize) -> ToBox:
    """PDF user space (points, y up, before ``/Rotate``) to page pixels (y down, upright)."""
    rotation = page.get_rotation()
    upright = rotation % 180 == 0
    scale_x = size.width_px / (bounds.width if upright else bounds.height)
    scale_y = size.height_px / (bounds.height if upright else bounds.width)
    width_px, height_px, left_pt, top_pt = size.width_px, size.height_px, bounds.left, bounds.top

    def to_upright_box(area: Rectangle) -> Box:
        """The usual case by itself, for pages have a thousand words."""
        return Box(
            (area.left - left_pt) * scale_x,
            (top_pt - area.top) * scale_y,
            (area.right - left_pt) * scale_x,
            (top_pt - area.bottom) * scale_y,
        ).clipped(width_px, height_px)

    def to_box(area: Rectangle) -> Box:
        from_left, to_left = area.left - bounds.left, area.right - bounds.left
        from_top, to_top = bounds.top - area.top, bounds.top - area.bottom
        if rotation == 90:
            x, y = (area.bottom - bounds.bottom, area.top - bounds.bottom), (from_left, to_left)
        elif rotation == 180:
            x = bounds.right - area.right, bounds.right - area.left
            y = area.bottom - bounds.bottom, area.top - bounds.bottom
        else:
            x, y = (from_top, to_top), (bounds.right - area.right, bounds.right - area.left)
        box = Box(x[0] * scale_x, y[0] * scale_y, x[1] * scale_x, y[1] * scale_y)
        return box.clipped(width_px, height_px)

    return to_box if rotation else to_upright_box


def _find_image_regions(
    opened: OpenedSource,
    number: int,
    content: PageContent,
    lines: Sequence[Line],
    to_box: ToBox,
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
