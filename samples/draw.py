"""Draw the sample documents and write what stands on them: ``python -m samples.draw [FOLDER]``.

The same fonts and library versions give the same files.
"""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from PIL import Image

from samples import texts
from samples.drawing import (
    CJK,
    CJK_BOLD,
    INK,
    MONO,
    NASKH,
    NASKH_BOLD,
    SANS,
    SANS_BOLD,
    SERIF,
    SERIF_BOLD,
    SERIF_ITALIC,
    Paper,
    age,
    load_font,
    photograph,
    wrap,
)

_DRAWN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_LETTER_150_DPI = (1240, 1754)
_SCAN_200_DPI = (1654, 2339)


def draw_receipt() -> tuple[bytes, list[str]]:
    paper = Paper(560, 1020, shade=250)
    y = 80.0
    paper.write(280, y, texts.RECEIPT_HEAD[0], SANS_BOLD, 38, anchor="ms")
    for line in texts.RECEIPT_HEAD[1:]:
        y += 36
        paper.write(280, y, line, MONO, 23, anchor="ms")
    y = _receipt_rows(paper, y + 58, [texts.RECEIPT_META])
    paper.rule(36, y - 18, 524)
    y = _receipt_rows(paper, y + 22, texts.RECEIPT_ITEMS)
    paper.rule(36, y - 18, 524)
    paper.mark(36, y + 28, texts.RECEIPT_TOTALS[0][0], SANS_BOLD, 34)
    paper.mark(524, y + 28, texts.RECEIPT_TOTALS[0][1], SANS_BOLD, 34, anchor="rs")
    paper.written.append(" ".join(texts.RECEIPT_TOTALS[0]))
    y = _receipt_rows(paper, y + 76, texts.RECEIPT_TOTALS[1:])
    y = _receipt_rows(paper, y + 14, texts.RECEIPT_TAX)
    for line in texts.RECEIPT_FOOT:
        y += 34
        paper.write(280, y, line, MONO, 23, anchor="ms")
    for index in range(74):
        if (index * index * 7 + index * 3) % 5 < 3:
            paper.pen.rectangle((95 + index * 5, y + 34, 97 + index * 5 + index % 2, y + 96), INK)
    return _png(age(paper.picture, seed=1, noise=5)), [paper.text]


def _receipt_rows(paper: Paper, y: float, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> float:
    for name, amount in rows:
        paper.mark(36, y, name, MONO, 23)
        paper.mark(524, y, amount, MONO, 23, anchor="rs")
        paper.written.append(f"{name} {amount}")
        y += 37
    return y


def draw_letter() -> tuple[bytes, list[str]]:
    paper = Paper(*_LETTER_150_DPI, shade=253)
    paper.write(140, 150, texts.LETTER_SENDER[0], SERIF_BOLD, 38)
    paper.write(140, 192, texts.LETTER_SENDER[1], SERIF, 22)
    paper.write(140, 224, texts.LETTER_SENDER[2], SERIF, 22)
    paper.rule(140, 250, 1100, 3)
    y = 350.0
    for line in texts.LETTER_ADDRESS:
        paper.write(140, y, line, SERIF, 26)
        y += 38
    paper.write(1100, y + 40, texts.LETTER_DATE, SERIF, 26, anchor="rs")
    paper.write(140, y + 110, texts.LETTER_SUBJECT, SERIF_BOLD, 28)
    y += 180
    for paragraph in texts.LETTER_PARAGRAPHS:
        y = paper.write_paragraph((140, y, 1100), paragraph, SERIF, 26) + 20
    y += 70
    paper.pen.arc((150, y - 90, 300, y - 10), 160, 350, INK, 3)
    paper.pen.arc((240, y - 80, 330, y - 20), 180, 90, INK, 3)
    paper.pen.line((170, y - 35, 380, y - 52), INK, 3)
    for line in texts.LETTER_SIGNATURE:
        y += 36
        paper.write(140, y, line, SERIF, 26)
    return _png(age(paper.picture, seed=2, noise=0)), [paper.text]


def draw_table() -> tuple[bytes, list[str]]:
    paper = Paper(1240, 900)
    paper.write(620, 100, texts.TABLE_TITLE, SANS_BOLD, 36, anchor="ms")
    edges, top, row_px = (90, 330, 530, 730, 930, 1150), 150, 60
    rows = (texts.TABLE_HEAD, *texts.TABLE_ROWS)
    bottom = top + row_px * len(rows)
    paper.pen.rectangle((edges[0], top, edges[-1], top + row_px), 225)
    for index, row in enumerate(rows):
        font = SANS_BOLD if index in {0, len(rows) - 1} else SANS
        baseline = top + row_px * index + 41
        paper.mark(edges[0] + 18, baseline, row[0], font, 27)
        for column, value in enumerate(row[1:], start=1):
            paper.mark(edges[column + 1] - 18, baseline, value, font, 27, anchor="rs")
        paper.written.append(" ".join(row))
        paper.rule(edges[0], top + row_px * index, edges[-1])
    paper.rule(edges[0], bottom, edges[-1])
    for x in edges:
        paper.pen.line((x, top, x, bottom), INK, 2)
    paper.write(90, bottom + 56, texts.TABLE_NOTE, SANS, 23)
    return _png(age(paper.picture, seed=3, noise=0, blur_px=0.4)), [paper.text]


def draw_two_columns() -> tuple[bytes, list[str]]:
    paper = Paper(1240, 1160, shade=252)
    paper.write(620, 140, texts.COLUMNS_TITLE, SERIF_BOLD, 68, anchor="ms")
    paper.write(620, 196, texts.COLUMNS_DATE, SERIF_ITALIC, 26, anchor="ms")
    paper.rule(90, 226, 1150, 3)
    for left, right, column in ((90, 590, texts.COLUMNS_LEFT), (650, 1150, texts.COLUMNS_RIGHT)):
        y = 300.0
        for heading, paragraph in column:
            if heading:
                paper.write(left, y, heading, SERIF_BOLD, 34)
                y += 56
            if paragraph:
                y = paper.write_paragraph((left, y, right), paragraph, SERIF, 26) + 22
    paper.pen.line((620, 260, 620, 1090), 150, 2)
    return _png(age(paper.picture, seed=4, noise=0)), [paper.text]


def draw_arabic() -> tuple[bytes, list[str]]:
    paper = Paper(1240, 780, shade=253)
    paper.write(620, 140, texts.ARABIC_TITLE, NASKH_BOLD, 64, anchor="ms")
    paper.rule(420, 190, 820, 3)
    y = 290.0
    for paragraph in texts.ARABIC_PARAGRAPHS:
        y = paper.write_paragraph((120, y, 1120), paragraph, NASKH, 38, spacing=1.8) + 30
    return _png(age(paper.picture, seed=5, noise=0)), [paper.text]


def draw_japanese() -> tuple[bytes, list[str]]:
    paper = Paper(1240, 800, shade=253)
    paper.write(620, 140, texts.JAPANESE_TITLE, CJK_BOLD, 56, anchor="ms")
    paper.rule(330, 180, 910, 3)
    y = 280.0
    for paragraph in texts.JAPANESE_PARAGRAPHS:
        y = paper.write_paragraph((120, y, 1120), paragraph, CJK, 34, spacing=1.8) + 30
    return _png(age(paper.picture, seed=6, noise=0)), [paper.text]


def draw_tilted_photo() -> tuple[bytes, list[str]]:
    paper = Paper(1240, 1020, shade=244)
    paper.write(620, 170, texts.PHOTO_TITLE, SANS_BOLD, 76, anchor="ms")
    paper.rule(120, 220, 1120, 4)
    y = 330.0
    for line in texts.PHOTO_LINES:
        paper.write(120, y, line, SANS, 38)
        y += 88
    paper.write(1120, y + 30, texts.PHOTO_FOOT, SERIF_ITALIC, 32, anchor="rs")
    target = io.BytesIO()
    photograph(paper.picture, seed=7).save(target, "JPEG", quality=72)
    return target.getvalue(), [paper.text]


def draw_report() -> tuple[bytes, list[str]]:
    """Pages as a scanner in black-and-white mode gives them, slightly askew, without any text."""
    pdf = _new_pdf(width_pt=595.44, height_pt=842.04)
    truth = []
    for number, (title, paragraphs) in enumerate(texts.REPORT_PAGES, start=1):
        paper = Paper(*_SCAN_200_DPI)
        paper.write(190, 300, title, SERIF_BOLD, 54)
        paper.rule(190, 330, 1464, 3)
        y = 430.0
        for paragraph in paragraphs:
            y = paper.write_paragraph((190, y, 1464), paragraph, SERIF, 36, spacing=1.55) + 34
        paper.write(827, 2200, f"- {number} -", SERIF, 32, anchor="ms")
        askew = paper.picture.rotate((0.4, -0.3, 0.2)[number - 1], Image.Resampling.BICUBIC, fillcolor=255)
        pdf.add_page()
        pdf.image(age(askew, seed=number, noise=6).point(lambda value: 255 * (value > 140)).convert("1"), 0, 0, pdf.w)
        truth.append(paper.text)
    return bytes(pdf.output()), truth


def draw_invoice() -> tuple[bytes, list[str]]:
    pdf = _new_pdf()
    pdf.add_page()
    pen = _PdfPen(pdf)
    pdf.set_fill_color(32, 74, 135)
    pdf.rect(56, 50, 34, 34, style="F")
    pdf.set_fill_color(255, 255, 255)
    pdf.polygon([(60, 72), (73, 56), (86, 72)], style="F")
    pen.write(100, 70, "Holm & Daughters Roofing", "sans-bold", 16)
    pen.write(100, 84, "22 Quarry Road, Netherby · holm@roofing.example", "sans", 9)
    pen.write(56, 140, "INVOICE", "sans-bold", 24)
    pen.write_row(((56, "Invoice number", "l"), (180, "2026-0317", "l")))
    pen.write_row(((56, "Date", "l"), (180, "17 March 2026", "l")))
    pen.write_row(((56, "Due", "l"), (180, "16 April 2026", "l")))
    pen.y += 14
    for line in ("Bill to", "Mr Anselm Ruiz", "8 Orchard Close", "Netherby"):
        pen.write(56, pen.y, line, "sans-bold" if line == "Bill to" else "sans", 10)
        pen.y += 16
    pen.y += 18
    pdf.set_fill_color(228, 234, 243)
    pdf.rect(56, pen.y - 14, 483, 21, style="F")
    columns = ((64, "l"), (340, "r"), (430, "r"), (531, "r"))
    header = ("Description", "Quantity", "Unit price", "Amount")
    for row in (header, *texts.INVOICE_ITEMS):
        cells = tuple((x, text, side) for (x, side), text in zip(columns, row, strict=True))
        pen.write_row(cells, "sans-bold" if row is header else "sans", step=21)
        pdf.line(56, pen.y - 14, 539, pen.y - 14)
    pen.y += 6
    for name, amount in texts.INVOICE_TOTALS:
        font = "sans-bold" if name.startswith("Total") else "sans"
        pen.write_row(((430, name, "r"), (531, amount, "r")), font, step=18)
    pen.y += 30
    pen.write(56, pen.y, "Please pay within 30 days to account NB00 1234 5678 9000.", "sans", 10)
    pen.write(56, pen.y + 18, "Thank you for your trust. The work is guaranteed for ten years.", "sans", 10)
    return bytes(pdf.output()), ["\n".join(pen.written)]


def draw_book() -> tuple[bytes, list[str]]:
    pdf = _new_pdf(width_pt=360, height_pt=540)
    truth = []
    for number, chapter in enumerate(texts.BOOK_CHAPTERS, start=1):
        pdf.add_page()
        pen = _PdfPen(pdf)
        pen.write(180, 40, texts.BOOK_TITLE, "serif", 9, side="c")
        pen.write(50, 100, f"{number}", "serif-bold", 22)
        pen.y = 140
        for line in wrap(chapter, load_font(SERIF, 48), 260 * 4):
            pen.write(50, pen.y, line, "serif", 12)
            pen.y += 19
        pen.write(180, 510, f"{number}", "serif", 9, side="c")
        truth.append("\n".join(pen.written))
    return bytes(pdf.output()), truth


class _PdfPen:
    """Writes lines on the current page of a PDF and remembers them; ``y`` is the next baseline in points."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        self.y = 170.0
        self.written: list[str] = []

    def write(self, x: float, y: float, text: str, font: str, size_pt: float, *, side: str = "l") -> None:
        self._place(x, y, text, font, size_pt, side)
        self.written.append(text)

    def write_row(self, cells: tuple[tuple[float, str, str], ...], font: str = "sans", *, step: float = 16) -> None:
        for x, text, side in cells:
            self._place(x, self.y, text, font, 10, side)
        self.written.append(" ".join(text for _, text, _ in cells))
        self.y += step

    def _place(self, x: float, y: float, text: str, font: str, size_pt: float, side: str) -> None:
        self._pdf.set_font(font, size=size_pt)
        shift = {"l": 0.0, "c": 0.5, "r": 1.0}[side]
        self._pdf.text(x - shift * self._pdf.get_string_width(text), y, text)


def _new_pdf(*, width_pt: float = 595.28, height_pt: float = 841.89) -> FPDF:
    pdf = FPDF(unit="pt", format=(width_pt, height_pt))
    pdf.set_creation_date(_DRAWN_AT)
    pdf.set_auto_page_break(False)
    pdf.set_draw_color(150)
    for name, path in {"sans": SANS, "sans-bold": SANS_BOLD, "serif": SERIF, "serif-bold": SERIF_BOLD}.items():
        pdf.add_font(name, fname=path)
    return pdf


def _png(picture: Image.Image) -> bytes:
    """16 shades of grey as a palette of 4 bits, at 150 dpi."""
    target = io.BytesIO()
    picture.quantize(16, dither=Image.Dither.NONE).save(target, "PNG", optimize=True, bits=4, dpi=(150, 150))
    return target.getvalue()


SAMPLES: dict[str, tuple[str, Callable[[], tuple[bytes, list[str]]]]] = {
    "receipt.png": ("en", draw_receipt),
    "letter.png": ("en", draw_letter),
    "invoice.pdf": ("en", draw_invoice),
    "table.png": ("en", draw_table),
    "two-columns.png": ("en", draw_two_columns),
    "arabic.png": ("ar", draw_arabic),
    "japanese.png": ("ja", draw_japanese),
    "tilted-photo.jpg": ("en", draw_tilted_photo),
    "report-3-pages.pdf": ("en", draw_report),
    "book-12-pages.pdf": ("en", draw_book),
}


def main(folder: Path) -> None:
    truth = {}
    for name, (language, draw) in SAMPLES.items():
        data, pages = draw()
        (folder / name).write_bytes(data)
        truth[name] = {"language": language, "pages": pages}
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
