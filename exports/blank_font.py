"""A font without ink: what an invisible text layer is written in.

The font is a TrueType of some 600 bytes with two blank glyphs, used as a Type0 font with Identity-H. Each code point
of the text gets a CID of its own, and ``ToUnicode`` names it, so every script works without any font of that script.

Three facts about readers shape it:

- The glyph has a contour, without area: PDFium drops a one-letter word whose glyph has no contour at all.
- The contour runs from the baseline to the full ascent, so that what a reader marks for a hit is the word's box.
- The space is a glyph of its own: MuPDF and PDFium then need not guess where a word ends.
"""

import zlib
from functools import lru_cache
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

UNITS_PER_EM = 1000
ADVANCE = 500
"""Width of every glyph in 1/1000 of the font size."""

_SPACE = " "
_GLYPH_BLANK = 1
_GLYPH_SPACE = 2
_MAX_CID = 0xFFFF
_FONT_NAME = "OCRCHT+Blank"
_EPOCH = 3_850_000_000  # seconds since 1904, any fixed day: the same text gives the same bytes
_MAP_SECTION = 100  # entries of a bfchar section, the most the CMap format allows


class BlankFont:
    """Hands out CIDs while pages are written; :meth:`fill` makes the font once all are known.

    One instance serves one PDF file. It remembers the code points it has seen and nothing else.
    """

    def __init__(self) -> None:
        self._cids: dict[str, int] = {_SPACE: 1}

    def encode(self, text: str) -> str:
        """``text`` as the hexadecimal digits of a PDF string, four for each code point.

        A PDF may use 65,535 CIDs; the code points after that become U+FFFD, which no real document reaches.
        """
        return "".join(f"{self._cid(character):04X}" for character in text)

    def _cid(self, character: str) -> int:
        cid = self._cids.get(character)
        if cid is None:
            if len(self._cids) >= _MAX_CID - 1:
                character = "\ufffd"
            cid = self._cids.setdefault(character, len(self._cids) + 1)
        return cid

    def fill(self, pdf: pikepdf.Pdf, font: pikepdf.Object) -> None:
        """Fill ``font``, an indirect dictionary of ``pdf`` that pages already refer to."""
        for key, value in self._type0(pdf).items():
            font[key] = value

    def _type0(self, pdf: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
        program = make_font_program()
        descriptor = pdf.make_indirect(
            Dictionary(
                Type=Name.FontDescriptor,
                FontName=Name("/" + _FONT_NAME),
                Flags=4,
                FontBBox=Array([0, 0, ADVANCE, UNITS_PER_EM]),
                ItalicAngle=0,
                Ascent=UNITS_PER_EM,
                Descent=0,
                CapHeight=UNITS_PER_EM,
                StemV=80,
                FontFile2=_stream(pdf, program, Length1=len(program)),
            )
        )
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name("/" + _FONT_NAME),
            CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
            DW=ADVANCE,
            FontDescriptor=descriptor,
            CIDToGIDMap=_stream(pdf, self._glyph_map()),
        )
        return {
            "/Type": Name.Font,
            "/Subtype": Name.Type0,
            "/BaseFont": Name("/" + _FONT_NAME),
            "/Encoding": Name("/Identity-H"),
            "/DescendantFonts": Array([pdf.make_indirect(descendant)]),
            "/ToUnicode": _stream(pdf, self._to_unicode()),
        }

    def _glyph_map(self) -> bytes:
        """CIDToGIDMap: CID 0 is .notdef, CID 1 the space, all others the blank glyph."""
        return b"\0\0" + _GLYPH_SPACE.to_bytes(2, "big") + _GLYPH_BLANK.to_bytes(2, "big") * (len(self._cids) - 1)

    def _to_unicode(self) -> bytes:
        entries = [f"<{cid:04X}> <{character.encode('utf-16-be').hex().upper()}>" for character, cid in self._cids.items()]
        sections = [entries[start : start + _MAP_SECTION] for start in range(0, len(entries), _MAP_SECTION)]
        body = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


def _stream(pdf: pikepdf.Pdf, data: bytes, **entries: object) -> Stream:
    # Compressed here: PDFs are saved with their streams as they are, so that big originals are not recompressed.
    return pdf.make_stream(zlib.compress(data), Filter=Name.FlateDecode, **entries)


@lru_cache(maxsize=1)
def make_font_program() -> bytes:
    """The TrueType file: .notdef, a blank glyph with a contour of no area, a space. Same bytes every time."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((ADVANCE, UNITS_PER_EM))
    pen.lineTo((0, 0))
    pen.closePath()
    empty = TTGlyphPen(None).glyph()
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank", "space"])
    builder.setupGlyf({".notdef": empty, "blank": pen.glyph(), "space": empty})
    builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0), "blank": (ADVANCE, 0), "space": (ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=UNITS_PER_EM, descent=0)
    builder.setupHead(unitsPerEm=UNITS_PER_EM, created=_EPOCH, modified=_EPOCH)
    builder.font.recalcTimestamp = False
    builder.font["maxp"].recalc(builder.font)
    target = BytesIO()
    builder.save(target)
    return target.getvalue()
