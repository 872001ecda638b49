"""A page's text as invisible PDF operators."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from exports.blank_font import MAX_STEPS, UNITS_PER_EM, WIDTH_STEP, BlankFont, BlankFonts
from exports.line_estimate import lines_of
from exports.line_placement import Run, place_line
from exports.tilted_lines import find_shift, goes_right, second_width
from pipeline.document import Page

FONT_NAME = "OcrChatBlank"
"""The beginning of the name of each of the layer's fonts in a page's resources; the font's rise follows."""

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f) of PDF: x' = a x + c y + e, y' = b x + d y + f."""


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Content operators, empty without text, and the rises of the fonts that they name."""

    operators: bytes
    rises: tuple[int, ...]


def make_text_layer(page: Page, to_user_space: Matrix, fonts: BlankFonts) -> TextLayer:
    """Content operators that lay the page's lines, invisible, over what is already there.

    ``to_user_space`` maps page pixels to the PDF page's user space. The operators leave the graphics state as it was.
    """
    runs = (run for block in page.blocks for line in lines_of(block, page.rotation) for run in place_line(line, page))
    shown: list[str] = []
    set_font, rises = "", set()
    for piece in (piece for run in runs for piece in _pieces(run, fonts)):
        size, matrix = _size_and_matrix(piece.run, to_user_space)
        font = f"/{font_name(piece.rise)} {size} Tf"
        shown += [font] if font != set_font else []
        shown.append(f"{matrix} Tm {piece.strings}")
        set_font = font
        rises.add(piece.rise)
    operators = b"q\nBT\n3 Tr\n" + "\n".join(shown).encode("ascii") + b"\nET\nQ\n" if shown else b""
    return TextLayer(operators, tuple(sorted(rises)))


def font_name(rise: int) -> str:
    return f"{FONT_NAME}{rise}".replace("-", "m")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Strings shown from where ``run`` begins, with the font of this rise."""

    run: Run
    strings: str
    rise: int = 0


def _pieces(run: Run, fonts: BlankFonts) -> Iterator[_Piece]:
    """The run as one piece, or its first letter and the rest where the line needs it (:mod:`exports.tilted_lines`)."""
    shift = find_shift(run)
    glyphs = _glyphs(run, fonts.get(), shift)
    if not shift:
        yield _Piece(run, _strings(glyphs, run))
        return
    rise = round(shift * UNITS_PER_EM)
    first = fonts.get(rise).glyph(run.pieces[0].text[0], 1)
    down, along = shift * run.height, run.height * WIDTH_STEP / UNITS_PER_EM
    yield _Piece(_moved(run, -math.sin(run.angle) * down, math.cos(run.angle) * down), f"<{first}> Tj", rise)
    yield _Piece(_moved(run, math.cos(run.angle) * along, math.sin(run.angle) * along), _strings(glyphs[1:], run))


def _moved(run: Run, x: float, y: float) -> Run:
    return replace(run, x=run.x + x, y=run.y + y)


def _strings(glyphs: list[str], run: Run) -> str:
    """Operators that show the glyphs, the last letter of left-to-right text as a string of its own.

    PDFium starts no new line where a string begins within the height of the string before it, as happens with tilted
    or tight lines, unless that one has a single letter. It sorts strings from left to right, so this is for them only.
    """
    if len(glyphs) < 2 or not goes_right(run):
        return f"<{''.join(glyphs)}> Tj"
    return f"<{''.join(glyphs[:-1])}> Tj <{glyphs[-1]}> Tj"


def _glyphs(run: Run, font: BlankFont, shift: float) -> list[str]:
    """The run's glyphs, each as wide as brings the pen nearest to where the letter ends on the page."""
    shown: list[str] = []
    pen = 0
    for character, end in _letter_ends(run, shift):
        steps = max(1, min(MAX_STEPS, end - pen))
        pen += steps
        shown.append(font.glyph(character, steps))
    return shown


def _letter_ends(run: Run, shift: float) -> Iterator[tuple[str, int]]:
    """Each letter and where it ends, in steps from the run's start; a word's letters share its length evenly.

    The outermost letters of left-to-right runs are as narrow as can be and leave their room to their neighbours: how
    far apart in height two strings must be for PDFium not to sort them into one line depends on how wide the letters
    are that meet there. After a first letter that is shifted, the second one is wide enough to be joined to it.
    """
    steps_per_pixel = UNITS_PER_EM / (WIDTH_STEP * run.height)
    begin = 0.0
    for index, piece in enumerate(run.pieces):
        letters = len(piece.text)
        ends = [round((begin + (piece.end - begin) * n / letters) * steps_per_pixel) for n in range(1, letters + 1)]
        if not run.mirrored and index == len(run.pieces) - 1 and letters > 1:
            ends[-2] = ends[-1] - 1
        if not run.mirrored and index == 0 and (letters > 2 or shift):
            ends[0] = 1
        if index == 0 and shift:
            least = 1 + math.ceil(second_width(shift) * UNITS_PER_EM / WIDTH_STEP)
            ends[1:-1] = [max(end, min(least, ends[-1] - letters + n)) for n, end in enumerate(ends[1:-1], start=2)]
        yield from zip(piece.text, ends, strict=True)
        begin = piece.end


def _size_and_matrix(run: Run, to_user_space: Matrix) -> tuple[str, str]:
    """Font size and text matrix of a run.

    The size is the real one, not 1 with a large matrix: PDFium compares distances in text space with 1.
    """
    a, b, c, d, e, f = to_user_space
    cosine, sine = math.cos(run.angle) * run.height, math.sin(run.angle) * run.height
    up_x, up_y = a * sine - c * cosine, b * sine - d * cosine
    size = max(round(math.hypot(up_x, up_y), 2), 0.01)
    along = (-1 if run.mirrored else 1) / size
    numbers = (
        (a * cosine + c * sine) * along,
        (b * cosine + d * sine) * along,
        up_x / size,
        up_y / size,
        a * run.x + c * run.y + e,
        b * run.x + d * run.y + f,
    )
    return _number(size), " ".join(map(_number, numbers))


def _number(value: float) -> str:
    """PDF numbers have no exponent. Four digits keep the end of a line that is 2000 points wide in its place."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.00005 else "0"
