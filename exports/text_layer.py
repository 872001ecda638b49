"""A page's text as invisible PDF operators."""

import math
from collections.abc import Iterator

from exports.blank_font import ADVANCE, UNITS_PER_EM, BlankFont
from exports.legal_text import to_legal_text
from exports.line_estimate import lines_of
from exports.line_placement import Run, place_line
from pipeline.document import Page

FONT_NAME = "OcrChatBlank"
"""The layer's font in a page's resources."""

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f) of PDF: x' = a x + c y + e, y' = b x + d y + f."""

_EM_ADVANCE = ADVANCE / UNITS_PER_EM


def make_text_layer(page: Page, to_user_space: Matrix, font: BlankFont) -> bytes:
    """Content operators that lay the page's lines, invisible, over what is already there; empty without text.

    ``to_user_space`` maps page pixels to the PDF page's user space. The operators leave the graphics state as it was.
    """
    shown = list(_show_lines(page, to_user_space, font))
    if not shown:
        return b""
    return b"q\nBT\n3 Tr\n" + "\n".join(shown).encode("ascii") + b"\nET\nQ\n"


def _show_lines(page: Page, to_user_space: Matrix, font: BlankFont) -> Iterator[str]:
    shown_size = ""
    for block in page.blocks:
        for line in lines_of(block):
            for run in place_line(line, page):
                text = to_legal_text(run.text)
                if not text:
                    continue
                size, matrix = _size_and_matrix(run, len(text), to_user_space)
                if size != shown_size:
                    yield f"/{FONT_NAME} {size} Tf"
                    shown_size = size
                yield f"{matrix} Tm <{font.encode(text)}> Tj"


def _size_and_matrix(run: Run, characters: int, to_user_space: Matrix) -> tuple[str, str]:
    """Font size and text matrix that make ``characters`` blank glyphs fill the run.

    The size is the real one, not 1 with a large matrix: PDFium compares distances in text space with 1.
    """
    a, b, c, d, e, f = to_user_space
    cosine, sine = math.cos(run.angle), math.sin(run.angle)
    up_x, up_y = run.height * sine, -run.height * cosine
    up = a * up_x + c * up_y, b * up_x + d * up_y
    size = max(round(math.hypot(*up), 2), 0.01)
    along = run.length / (characters * _EM_ADVANCE) * (-1 if run.mirrored else 1)
    advance_x, advance_y = along * cosine, along * sine
    numbers = (
        (a * advance_x + c * advance_y) / size,
        (b * advance_x + d * advance_y) / size,
        up[0] / size,
        up[1] / size,
        a * run.x + c * run.y + e,
        b * run.x + d * run.y + f,
    )
    return _number(size), " ".join(map(_number, numbers))


def _number(value: float) -> str:
    """PDF numbers have no exponent. Four digits keep the end of a line that is 2000 points wide in its place."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.00005 else "0"
