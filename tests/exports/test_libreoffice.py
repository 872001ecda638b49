"""DOCX, XLSX and CSV opened by LibreOffice: what it shows is what was read."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pypdfium2
import pytest

from exports.formats import write_export
from pipeline.document import BlockKind, Document, Table, TableCell
from tests.documents import make_block, make_document, make_line, make_page, make_table, make_table_block

DEADLINE_S = 180
# Comma, quotation mark, UTF-8: what the dialog of LibreOffice suggests for a file with a byte order mark.
CSV_FILTER = "CSV:44,34,76"
TEXTS = {
    "latin": "Grüße aus Łódź, naïve façade",
    "arabic": "افتتحت مكتبة الحي أبوابها",
    "hindi": "सभी मनुष्यों को गौरव और अधिकारों",
    "japanese": "四月から図書館の開館時間が変わります。",
}
ROWS = [["Item", "Größe", "Preis"], ["Äpfel; grün", "=1+1", "215.00"], ["日本", "كتاب", "-3"]]


def document(text: str) -> Document:
    title = make_block(make_line(text), kind=BlockKind.TITLE, level=1)
    merged = Table(2, 2, tuple(TableCell(r, c, 1, s, t, title.box) for r, c, s, t in MERGED), 1)
    return make_document(
        make_page(title, make_block(make_line(text + " .", top=200), index=2)),
        make_page(make_table_block(make_table(ROWS), number=2), make_table_block(merged, number=2, index=2), number=2),
    )


MERGED = [(0, 0, 2, "over both"), (1, 0, 1, "left"), (1, 1, 1, "right")]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """The pages of each file as LibreOffice prints them, as text without white space."""
    folder = tmp_path_factory.mktemp("office")
    for name, text in TEXTS.items():
        for format in ("docx", "xlsx", "csv"):
            with (folder / f"{name}-{format}.{format}").open("w+b") as target:
                write_export(format, document(text), target, source=None)
    convert(folder, sorted(folder.glob("*.docx")) + sorted(folder.glob("*.xlsx")))
    convert(folder, sorted(folder.glob("*.csv")), f"--infilter={CSV_FILTER}")
    return {path.stem: pages_of(path) for path in folder.glob("*.pdf")}


def convert(folder: Path, paths: list[Path], *options: str) -> None:
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", *options]
    command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, capture_output=True, check=True, timeout=DEADLINE_S)


def pages_of(path: Path) -> list[str]:
    pdf = pypdfium2.PdfDocument(path)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in pdf]
    finally:
        pdf.close()


@pytest.mark.parametrize("name", TEXTS)
def test_word_shows_titles_paragraphs_and_tables_on_their_pages(shown: Mapping[str, list[str]], name: str) -> None:
    pages = shown[f"{name}-docx"]
    assert len(pages) == 2
    if name not in ("arabic", "hindi"):  # whose letters are shaped, and come back from a PDF in another order
        assert pages[0].count("".join(TEXTS[name].split())) == 2
    for text in ("Äpfel;grün", "=1+1", "215.00", "日本", "overboth", "left"):
        assert text in pages[1]


def test_a_spreadsheet_runs_nothing_and_has_a_sheet_for_each_table(shown: Mapping[str, list[str]]) -> None:
    pages = shown["latin-xlsx"]
    assert len(pages) == 2
    for text in ("Größe", "Äpfel;grün", "=1+1", "215.00", "日本"):
        assert text in pages[0]
    assert "overboth" in pages[1]


def test_comma_separated_values_run_nothing(shown: Mapping[str, list[str]]) -> None:
    page = "".join(shown["latin-csv"])
    for text in ("ItemGrößePreis", "Äpfel;grün", "'=1+1", "日本", "-3", "overboth"):
        assert text in page
    assert "\ufeff" not in page
