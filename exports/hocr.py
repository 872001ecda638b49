"""Document -> hOCR 1.2: XHTML whose classes and titles carry the layout, for archives and correction tools."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from exports.legal_text import to_legal_text
from exports.line_estimate import lines_of
from exports.line_placement import find_spaces, is_right_to_left, match_words
from pipeline.document import Block, BlockKind, Box, Document, Line, Page

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"{language}>
<head>
<title>{title}</title>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8" />
<meta name="ocr-system" content="ocr-chat" />
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line \
ocr_photo ocr_table ocr_header ocr_footer ocrx_word ocrp_lang ocrp_dir ocrp_wconf" />
<meta name="ocr-number-of-pages" content="{count}" />
<meta name="ocr-langs" content="{languages}" />
<meta name="ocr-scripts" content="{scripts}" />
</head>
<body>
"""
_AREA_CLASSES = {BlockKind.TABLE: "ocr_table", BlockKind.HEADER: "ocr_header", BlockKind.FOOTER: "ocr_footer"}


def write(document: Document, target: BinaryIO) -> None:
    """Write UTF-8 page by page. A line of an engine that gives no words is one ``ocrx_word``."""
    code = document.detected_language
    language = f" xml:lang={quoteattr(code)} lang={quoteattr(code)}" if code else ""
    title = escape(to_legal_text(document.source_name))
    head = _HEAD.format(
        language=language,
        title=title,
        count=len(document.pages),
        languages=_listed(page.language for page in document.pages),
        scripts=_listed(page.script for page in document.pages),
    )
    target.write(head.encode("utf-8"))
    for page in document.pages:
        target.write("".join(_page(page, document.source_name)).encode("utf-8"))
    target.write(b"</body>\n</html>\n")


def _listed(codes: Iterable[str | None]) -> str:
    return escape(" ".join(sorted({code for code in codes if code})) or "unknown")


def _page(page: Page, source_name: str) -> Iterator[str]:
    image = to_legal_text(PurePath(source_name).name).replace('"', "'").replace("\\", "/")
    resolution = round(page.dpi)
    title = (
        f'image "{image}"; bbox 0 0 {page.width_px} {page.height_px}; '
        f"ppageno {page.number - 1}; scan_res {resolution} {resolution}"
    )
    language = f" lang={quoteattr(page.language)}" if page.language else ""
    yield f'<div class="ocr_page" id="page_{page.number}"{language} title={quoteattr(title)}>\n'
    for index, block in enumerate(page.blocks, start=1):
        yield from _area(block, f"{page.number}_{index}")
    yield "</div>\n"


def _area(block: Block, suffix: str) -> Iterator[str]:
    place = quoteattr(_bbox(block.box))
    lines = lines_of(block)
    if block.kind is BlockKind.FIGURE and not lines:
        yield f'<div class="ocr_photo" id="photo_{suffix}" title={place}></div>\n'
        return
    direction = ' dir="rtl"' if is_right_to_left(block.text) else ""
    area = _AREA_CLASSES.get(block.kind, "ocr_carea")
    yield f'<div class="{area}" id="block_{suffix}" title={place}>\n'
    yield f'<p class="ocr_par" id="par_{suffix}"{direction} title={place}>\n'
    for index, line in enumerate(lines, start=1):
        yield from _line(line, f"{suffix}_{index}")
    yield "</p>\n</div>\n"


def _line(line: Line, suffix: str) -> Iterator[str]:
    yield f'<span class="ocr_line" id="line_{suffix}" title={quoteattr(_bbox(line.box))}>'
    words = match_words(line)
    for index, (word, is_spaced) in enumerate(zip(words, find_spaces(line.text, words), strict=True), start=1):
        title = _bbox(word.box)
        if word.confidence is not None:
            title += f"; x_wconf {round(100 * word.confidence)}"
        text = escape(to_legal_text(word.text))
        yield f'<span class="ocrx_word" id="word_{suffix}_{index}" title={quoteattr(title)}>{text}</span>'
        if is_spaced:
            yield " "
    yield "</span>\n"


def _bbox(box: Box) -> str:
    return f"bbox {round(box.left)} {round(box.top)} {round(box.right)} {round(box.bottom)}"
