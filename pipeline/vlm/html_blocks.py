"""Answers in HTML: blocks in ``<div data-label data-bbox>`` (Surya, instruct models), or bare headings and tables."""

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from pipeline.document import BlockKind, Table
from pipeline.vlm import mixed_markdown
from pipeline.vlm.grids import SpannedCell, to_table
from pipeline.vlm.list_blocks import strip_of, to_list_blocks
from pipeline.vlm.markup_text import blank, to_latex, without_fence, without_thoughts
from pipeline.vlm.raw_blocks import RawBlock, to_table_text

_SCALE = 1000
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# The standard parser raises on some of these, and none of them is anything that a page says.
_DECLARATION = re.compile(r"<[!?]")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?")
_LABELS = {
    "title": BlockKind.TITLE,
    "sectionheader": BlockKind.TITLE,
    "section": BlockKind.TITLE,
    "heading": BlockKind.TITLE,
    "listgroup": BlockKind.LIST,
    "list": BlockKind.LIST,
    "listitem": BlockKind.LIST,
    "tableofcontents": BlockKind.LIST,
    "table": BlockKind.TABLE,
    "form": BlockKind.TEXT,
    "equationblock": BlockKind.FORMULA,
    "equation": BlockKind.FORMULA,
    "formula": BlockKind.FORMULA,
    "chemicalblock": BlockKind.FORMULA,
    "pageheader": BlockKind.HEADER,
    "header": BlockKind.HEADER,
    "pagefooter": BlockKind.FOOTER,
    "footer": BlockKind.FOOTER,
    "pagenumber": BlockKind.FOOTER,
    "image": BlockKind.FIGURE,
    "figure": BlockKind.FIGURE,
    "picture": BlockKind.FIGURE,
    "diagram": BlockKind.FIGURE,
    "complexblock": BlockKind.FIGURE,
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKING = {"p", "div", "ul", "ol", "li", "pre", "table", "hr", "caption", "section", "blockquote", *_HEADINGS}
_BULLET = "- "

Corners = tuple[float, float, float, float]


def parse(text: str) -> list[RawBlock]:
    """Blocks of an HTML answer; an answer without any tag is read as Markdown."""
    inner, offset = without_fence(without_thoughts(text))
    if "<" not in inner:
        return mixed_markdown.parse(text)
    reader = _Reader(inner)
    return [_moved(block, offset) for block in reader.read()]


def parse_html_table(text: str) -> Table | None:
    """The first table in a piece of HTML; None when there is none."""
    return next((block.table for block in _Reader(text).read() if block.table), None)


def _moved(block: RawBlock, offset: int) -> RawBlock:
    return replace(block, start=block.start + offset, end=block.end + offset)


@dataclass
class _OpenTable:
    rows: list[list[SpannedCell]] = field(default_factory=list)
    head_rows: int = 0
    in_head: bool = False
    depth: int = 1
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)
    is_header: bool = False

    def close_cell(self) -> None:
        if self.cell is None:
            return
        if not self.rows:
            self.rows.append([])
        text = "\n".join(" ".join(line.split()) for line in "".join(self.cell).strip().split("\n"))
        self.rows[-1].append(SpannedCell(text, *self.spans, is_header=self.is_header or self.in_head))
        self.cell = None


class _Reader(HTMLParser):
    """Walks over the tags once; what is still open at the end counts as closed there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._text = _DECLARATION.sub("  ", _COMMENT.sub(blank, text)).replace("\r", " ")
        # The parser tells positions as lines and columns.
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._blocks: list[RawBlock] = []
        self._pieces: list[str] = []
        self._label: str | None = None
        self._corners: Corners | None = None
        self._div_depth = 0
        self._heading = 0
        self._is_item = False
        self._lists: list[list[int]] = []
        self._is_formula = False
        self._table: _OpenTable | None = None
        self._start = 0
        self._first = 0
        self._keeps_lines = "<pre" in text

    def read(self) -> list[RawBlock]:
        self.feed(self._text)
        self.close()
        self._end_table(len(self._text))
        self._flush(len(self._text))
        return self._blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._table is not None:
            self._start_in_table(tag, values)
            return
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "table":
            self._flush(self._position())
            self._table = _OpenTable()
        elif tag == "math":
            self._open_formula(values)
        elif tag == "img":
            self._pieces.append(values.get("alt", ""))
        elif tag == "input" and values.get("type") == "checkbox":
            self._pieces.append("☑ " if "checked" in values else "☐ ")
        elif tag in _BREAKING:
            self._open_block(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if self._table is not None:
            self._end_in_table(tag)
        elif tag == "math":
            self._close_formula()
        elif tag == "div":
            self._close_div()
        elif tag in {"ul", "ol"}:
            self._flush(self._position())
            self._lists[-1:] = []
        elif tag in _BREAKING:
            if self._label is None or tag == "li":
                self._flush(self._position())
            else:
                self._pieces.append("\n")
            self._heading = 0

    def handle_data(self, data: str) -> None:
        if self._table is not None:
            if self._table.cell is not None:
                self._table.cell.append(data.replace("\n", " "))
            return
        self._pieces.append(data if self._label is None or self._keeps_lines else data.replace("\n", " "))

    def _position(self) -> int:
        line, column = self.getpos()
        return self._line_starts[min(line, len(self._line_starts)) - 1] + column

    def _open_block(self, tag: str, values: dict[str, str]) -> None:
        if tag == "div" and ("data-bbox" in values or "data-label" in values):
            self._flush(self._position())
            self._label, self._corners = values.get("data-label", "Text"), _read_corners(values.get("data-bbox", ""))
            self._div_depth = 1
            self._start = self._position()
            self._first = len(self._blocks)
            return
        if tag == "div" and self._label is not None:
            self._div_depth += 1
        if self._label is None or tag in {"ul", "ol", "li"}:
            self._flush(self._position())
        else:
            self._pieces.append("\n")
        self._heading = _HEADINGS.get(tag, 0) or self._heading
        if tag in {"ul", "ol"}:
            self._lists.append([0, int(tag == "ol")])
        elif tag == "li":
            self._is_item = True
            marker = _BULLET
            if self._lists:
                self._lists[-1][0] += 1
                marker = f"{self._lists[-1][0]}. " if self._lists[-1][1] else _BULLET
            self._pieces.append(marker)

    def _close_div(self) -> None:
        self._div_depth -= 1
        if self._div_depth <= 0 or self._label is None:
            self._flush(self._position())
            self._share_box_of_list()
            self._label, self._corners, self._div_depth = None, None, 0
            self._lists.clear()

    def _share_box_of_list(self) -> None:
        items = self._blocks[self._first :]
        if len(items) > 1 and all(item.kind is BlockKind.LIST and item.corners == self._corners for item in items):
            self._blocks[self._first :] = [
                replace(item, corners=strip_of(self._corners, index / len(items), (index + 1) / len(items)))
                for index, item in enumerate(items)
            ]

    def _open_formula(self, values: dict[str, str]) -> None:
        is_alone = self._label is None and values.get("display") == "block"
        if is_alone:
            self._flush(self._position())
            self._is_formula = True
        elif not self._is_formula_label():
            self._pieces.append("$")

    def _close_formula(self) -> None:
        if self._is_formula:
            self._flush(self._position())
            self._is_formula = False
        elif not self._is_formula_label():
            self._pieces.append("$")

    def _is_formula_label(self) -> bool:
        return self._label is not None and _kind_of(self._label) is BlockKind.FORMULA

    def _start_in_table(self, tag: str, values: dict[str, str]) -> None:
        table = self._table
        if table is None:
            return
        if tag == "table":
            table.depth += 1
        elif tag == "tr" and table.depth == 1:
            table.close_cell()
            table.rows.append([])
            table.head_rows += table.in_head
        elif tag in {"td", "th"} and table.depth == 1:
            table.close_cell()
            table.cell = []
            table.spans = (_read_span(values.get("rowspan")), _read_span(values.get("colspan")))
            table.is_header = tag == "th"
        elif tag in {"thead", "tbody", "tfoot"}:
            table.in_head = tag == "thead"
        elif table.cell is not None:
            if tag in {"br", "p", "li", "div"}:
                table.cell.append("\n" if table.cell else "")
            elif tag == "math":
                table.cell.append("$")

    def _end_in_table(self, tag: str) -> None:
        table = self._table
        if table is None:
            return
        if tag == "table":
            table.depth -= 1
            if table.depth == 0:
                self._end_table(self._position())
        elif tag in {"td", "th", "tr"} and table.depth == 1:
            table.close_cell()
        elif tag == "thead":
            table.in_head = False
        elif tag == "math" and table.cell is not None:
            table.cell.append("$")
        elif tag == "div" and table.depth == 1:
            # The table was never closed, the block around it is.
            self._end_table(self._position())
            self._close_div()

    def _end_table(self, end: int) -> None:
        if self._table is None:
            return
        self._table.close_cell()
        table = to_table([row for row in self._table.rows if row])
        self._table = None
        if table is not None:
            self._blocks.append(
                RawBlock(BlockKind.TABLE, to_table_text(table), self._corners, table, 0, self._start, end)
            )
        self._start = end

    def _flush(self, end: int) -> None:
        """What was collected since the last block becomes one."""
        text = "".join(self._pieces)
        self._pieces.clear()
        start, self._start = self._start, end
        is_item, self._is_item = self._is_item, False
        lines = [" ".join(line.split()) for line in text.strip().split("\n")]
        text = re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()
        is_bare_item = is_item and text == _BULLET.strip()
        kind = _kind_of(self._label or "")
        if not text or is_bare_item:
            if kind is BlockKind.FIGURE and self._corners is not None and self._label is not None and end > start:
                self._blocks.append(RawBlock(kind, "", self._corners, None, 0, start, end))
            return
        if is_item:
            level = max(1, len(self._lists))
            self._blocks.append(RawBlock(BlockKind.LIST, text, self._corners, None, level, start, end))
        elif kind is BlockKind.LIST:
            self._blocks += to_list_blocks(text, self._corners, start, end)
        else:
            self._blocks.append(self._to_block(kind, text, start, end))

    def _to_block(self, kind: BlockKind, text: str, start: int, end: int) -> RawBlock:
        if self._is_formula or kind is BlockKind.FORMULA:
            return RawBlock(BlockKind.FORMULA, to_latex(text) or text, self._corners, None, 0, start, end)
        if kind is BlockKind.TABLE:
            kind = BlockKind.TEXT
        if self._heading and kind is BlockKind.TEXT:
            kind = BlockKind.TITLE
        level = (self._heading or _usual_level(self._label)) if kind is BlockKind.TITLE else 0
        return RawBlock(kind, text, self._corners, None, level, start, end)


def _kind_of(label: str) -> BlockKind:
    return _LABELS.get(re.sub(r"[^a-z]", "", label.lower()), BlockKind.TEXT)


def _usual_level(label: str | None) -> int:
    return 1 if (label or "").lower() == "title" else 2


def _read_corners(text: str) -> Corners | None:
    numbers = [float(number) / _SCALE for number in _NUMBER.findall(text)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else None


def _read_span(text: str | None) -> int:
    found = _NUMBER.match(text or "")
    return max(1, min(1000, int(float(found[0])))) if found else 1
