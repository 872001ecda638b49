"""A font without ink: what an invisible text layer is written in.

The font is a small TrueType of blank glyphs, used as a Type0 font with Identity-H. Each code point of the text gets
CIDs of its own, one for each width it is needed in, and ``ToUnicode`` names them: every script works without any font
of that script, and a line whose letters have to stand in given places is still one string.

Three facts about readers shape it:

- The glyph has a contour, without area: PDFium drops a one-letter word whose glyph has no contour at all.
- The contour runs from the baseline to the full ascent, so that what a reader marks for a hit is the word's box.
- The space is a glyph too: MuPDF and PDFium then need not guess where a word ends.
"""

import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

UNITS_PER_EM = 1000
WIDTH_STEP = 40
"""Glyphs come in widths that are multiples of this, in 1/1000 of the font size."""

MAX_STEPS = 1000
"""The widest glyph, in steps: forty times the font size, for the space between a label and its price."""

_DEFAULT_WIDTH = 480
_REPLACEMENT = "\ufffd"
_MAX_CID = 0xFFFF
_FONT_NAME = "OCRCHT+Blank"
_EPOCH = 3_850_000_000  # seconds since 1904, any fixed day: the same text gives the same bytes
_MAP_SECTION = 100  # entries of a bfchar section, the most the CMap format allows


class BlankFont:
    """Hands out CIDs while pages are written; :meth:`fill` makes the font once all are known.

    One instance serves one PDF file. It remembers the code points it has seen and nothing else. The glyphs of a font
    with a ``rise`` (1/1000 of the font size) stand that much above the baseline, below it where that is negative.
    """

    def __init__(self, rise: int = 0) -> None:
        self._cids: dict[tuple[str, int], int] = {}
        self._rise = rise
        self._name = _FONT_NAME if not rise else f"{_FONT_NAME}{'Low' if rise < 0 else 'High'}{abs(rise)}"

    def glyph(self, character: str, steps: int) -> str:
        """Four hexadecimal digits of a PDF string that show ``character`` (one code point) ``steps`` wide.

        A font has room for 65,535 pairs of character and width; the pairs after that show U+FFFD, which no real
        document reaches.
        """
        steps = min(max(steps, 1), MAX_STEPS)
        cid = self._cids.get((character, steps))
        if cid is None:
            pair = (character, steps) if len(self._cids) < _MAX_CID - 2 * MAX_STEPS else (_REPLACEMENT, steps)
            cid = self._cids.setdefault(pair, len(self._cids) + 1)
        return f"{cid:04X}"

    def fill(self, pdf: pikepdf.Pdf, font: pikepdf.Object) -> None:
        """Fill ``font``, an indirect dictionary of ``pdf`` that pages already refer to."""
        for key, value in self._type0(pdf).items():
            font[key] = value

    def _type0(self, pdf: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
        widths = tuple(sorted({steps * WIDTH_STEP for _, steps in self._cids}))
        program = make_font_program(widths, self._rise)
        descriptor = pdf.make_indirect(
            Dictionary(
                Type=Name.FontDescriptor,
                FontName=Name("/" + self._name),
                Flags=4,
                FontBBox=Array([0, self._rise, max(widths, default=_DEFAULT_WIDTH), UNITS_PER_EM + self._rise]),
                ItalicAngle=0,
                Ascent=UNITS_PER_EM + self._rise,
                # Programs take a positive one for a mistake.
                Descent=min(self._rise, 0),
                CapHeight=UNITS_PER_EM,
                StemV=80,
                FontFile2=_stream(pdf, program, Length1=len(program)),
            )
        )
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name("/" + self._name),
            CIDSystemInfo=Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            DW=_DEFAULT_WIDTH,
            W=Array([1, Array([steps * WIDTH_STEP for _, steps in self._cids])]),
            FontDescriptor=descriptor,
            CIDToGIDMap=_stream(pdf, self._glyph_map(widths)),
        )
        return {
            "/Type": Name.Font,
            "/Subtype": Name.Type0,
            "/BaseFont": Name("/" + self._name),
            "/Encoding": Name("/Identity-H"),
            "/DescendantFonts": Array([pdf.make_indirect(descendant)]),
            "/ToUnicode": _stream(pdf, self._to_unicode()),
        }

    def _glyph_map(self, widths: Sequence[int]) -> bytes:
        """CIDToGIDMap: two bytes for each CID from 0. Glyph 0 is .notdef, then come the widths in order."""
        glyphs = {width: index for index, width in enumerate(widths, start=1)}
        return b"\0\0" + b"".join(glyphs[steps * WIDTH_STEP].to_bytes(2, "big") for _, steps in self._cids)

    def _to_unicode(self) -> bytes:
        entries = [
            f"<{cid:04X}> <{character.encode('utf-16-be').hex().upper()}>" for (character, _), cid in self._cids.items()
        ]
        sections = [entries[start : start + _MAP_SECTION] for start in range(0, len(entries), _MAP_SECTION)]
        body = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


class BlankFonts:
    """The blank fonts of one PDF file, each made when it is first asked for."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._fonts: dict[int, tuple[BlankFont, pikepdf.Object]] = {}

    def get(self, rise: int = 0) -> BlankFont:
        if rise not in self._fonts:
            self._fonts[rise] = BlankFont(rise), self._pdf.make_indirect(Dictionary())
        return self._fonts[rise][0]

    def object_of(self, rise: int) -> pikepdf.Object:
        """The font's dictionary, empty until :meth:`finish`."""
        return self._fonts[rise][1]

    def finish(self) -> None:
        for font, entry in self._fonts.values():
            font.fill(self._pdf, entry)


def _stream(pdf: pikepdf.Pdf, data: bytes, **entries: object) -> Stream:
    # Compressed here: PDFs are saved with their streams as they are, so that big originals are not recompressed.
    return pdf.make_stream(zlib.compress(data), Filter=Name.FlateDecode, **entries)


def make_font_program(widths: Sequence[int], rise: int = 0) -> bytes:
    """The TrueType file: .notdef, then a blank glyph for each width (in font units). Same values, same bytes."""
    from fontTools.fontBuilder import FontBuilder

    glyphs = {".notdef": 0} | {f"blank{width}": width for width in widths}
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupGlyf({name: _outline(width, rise) for name, width in glyphs.items()})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in glyphs.items()})
    builder.setupHorizontalHeader(ascent=UNITS_PER_EM + rise, descent=rise)
    builder.setupHead(unitsPerEm=UNITS_PER_EM, created=_EPOCH, modified=_EPOCH)
    builder.font.recalcTimestamp = False
    target = BytesIO()
    builder.save(target)
    return target.getvalue()


def _outline(width: int, rise: int) -> Any:
    """A line there and back: a contour, so that readers give the glyph a box, without any area to paint."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    if width:
        pen.moveTo((0, rise))
        pen.lineTo((width, UNITS_PER_EM + rise))
        pen.closePath()
    return pen.glyph()
