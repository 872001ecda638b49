import csv
import zipfile
from io import BytesIO, StringIO

import pandas
import pytest

from exports import tables_csv
from pipeline.document import Box
from tests.documents import (
    make_block,
    make_document,
    make_line,
    make_page,
    make_table,
    make_table_block,
    make_text_block,
)


def written(document, write=tables_csv.write):
    target = BytesIO()
    write(document, target)
    return target.getvalue()


def rows_of(data):
    return list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_table_reads_back_in_pandas():
    table = make_table([["Item", "Price"], ["Tea, green", "4.60"], ['He said "no"', "-3"], ["二行\n目", "ünï"]])
    data = written(make_document(make_page(make_table_block(table))))
    assert data.startswith(b"\xef\xbb\xbf")
    frame = pandas.read_csv(BytesIO(data), dtype=str)
    assert list(frame.columns) == ["Item", "Price"]
    assert frame["Item"].tolist() == ["Tea, green", 'He said "no"', "二行\n目"]
    assert frame["Price"].tolist() == ["4.60", "-3", "ünï"]


def test_several_tables_are_parted_by_an_empty_line():
    blocks = [make_table_block(make_table([["a"], [name]]), index=i) for i, name in enumerate("xy", 1)]
    assert rows_of(written(make_document(make_page(*blocks)))) == [["a"], ["x"], [], ["a"], ["y"]]


def test_several_tables_as_files():
    pages = [
        make_page(make_table_block(make_table([[f"t{n}"]])), make_table_block(make_table([[f"u{n}"]])), number=n)
        for n in (1, 2)
    ]
    with zipfile.ZipFile(BytesIO(written(make_document(*pages), tables_csv.write_zip))) as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name).decode("utf-8-sig").strip() for name in archive.namelist()}
    assert contents == {
        "page-1-table-1.csv": "t1",
        "page-1-table-2.csv": "u1",
        "page-2-table-1.csv": "t2",
        "page-2-table-2.csv": "u2",
    }


def test_without_tables_one_row_a_block():
    page = make_page(
        make_block(make_line("first", confidence=0.5)), make_text_block("no score", Box(0, 0, 9, 9), index=2)
    )
    assert rows_of(written(make_document(page))) == [
        ["page", "kind", "text", "confidence"],
        ["1", "text", "first", "0.500"],
        ["1", "text", "no score", ""],
    ]
    with zipfile.ZipFile(BytesIO(written(make_document(page), tables_csv.write_zip))) as archive:
        assert archive.namelist() == ["blocks.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1+2",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "＋1",
        "－1+1",
        "＠a",
        "-",
        "+49 30 12",
    ],
)
def test_formulas_are_never_run(text):
    table = make_table([[text]])
    cell = rows_of(written(make_document(make_page(make_table_block(table)))))[0][0]
    assert cell == "'" + text


@pytest.mark.parametrize("text", ["-3", "+1.5", "-1,234.50", "-12%", "0", "-.5", "a=b", "5-3"])
def test_numbers_and_harmless_text_stay(text):
    assert tables_csv.to_safe_cell(text) == text


def test_text_that_another_country_would_split_is_quoted():
    table = make_table([["a;=1+1", "b"]])
    assert b'"a;=1+1",b' in written(make_document(make_page(make_table_block(table))))
