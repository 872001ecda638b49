"""Document -> ALTO 4.4, the Library of Congress's XML for text with its place on the page.

Coordinates are pixels of the page image. The order of elements and attributes follows the schema ``alto-4-4.xsd``.
"""

from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from exports.legal_text import to_legal_text
from exports.line_estimate import lines_of, spread_lines
from exports.line_placement import find_spaces, is_right_to_left, match_words
from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Table

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{namespace} {schema}" SCHEMAVERSION="4.4">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation><fileName>{name}</fileName></sourceImageInformation>
<Processing ID="reading"><processingCategory>contentGeneration</processingCategory>\
<processingDateTime>{when}</processingDateTime>\
<processingStepSettings>{engines}</processingStepSettings>\
<processingSoftware><softwareName>ocr-chat</softwareName></processingSoftware></Processing>
</Description>
<Tags>
{tags}</Tags>
<Layout>
"""


def write(document: Document, target: BinaryIO) -> None:
    """Write UTF-8 page by page. A line of an engine that gives no words is one ``String``.

    The schema wants at least one page, so a document without any gets an empty one.
    """
    engines = ", ".join(sorted({page.engine for page in document.pages}))
    head = _HEAD.format(
        namespace=NAMESPACE,
        schema=_SCHEMA,
        name=escape(to_legal_text(document.source_name)),
        when=document.created_at.isoformat(timespec="seconds"),
        engines=escape(to_legal_text(engines)),
        tags="".join(f'<LayoutTag ID="kind_{kind.value}" LABEL="{kind.value}"/>\n' for kind in BlockKind),
    )
    target.write(head.encode("utf-8"))
    for page in document.pages:
        target.write("".join(_page(page)).encode("utf-8"))
    if not document.pages:
        target.write(b'<Page ID="page_1" PHYSICAL_IMG_NR="1"/>\n')
    target.write(b"</Layout>\n</alto>\n")


def _page(page: Page) -> Iterator[str]:
    size = f'HEIGHT="{page.height_px}" WIDTH="{page.width_px}"'
    rotation = f' ROTATION="{page.rotation}"' if page.rotation else ""
    language = f" LANG={quoteattr(page.language)}" if page.language else ""
    yield (
        f'<Page ID="page_{page.number}" PROCESSINGREFS="reading" {size} '
        f'PHYSICAL_IMG_NR="{page.number}"{rotation}{language}>\n<PrintSpace {size} HPOS="0" VPOS="0">\n'
    )
    for index, block in enumerate(page.blocks, start=1):
        yield from _block(block, f"{page.number}_{index}")
    yield "</PrintSpace>\n</Page>\n"


def _block(block: Block, suffix: str) -> Iterator[str]:
    attributes = f'ID="block_{suffix}" TAGREFS="kind_{block.kind.value}" {_place(block.box)}'
    if block.table is not None and block.table.cells:
        yield f'<ComposedBlock {attributes} TYPE="table">\n'
        yield from _cells(block.table, suffix)
        yield "</ComposedBlock>\n"
    elif lines := lines_of(block):
        yield f"<TextBlock {attributes}>\n"
        yield from _lines(lines)
        yield "</TextBlock>\n"
    else:
        element = "Illustration" if block.kind is BlockKind.FIGURE else "TextBlock"
        yield f"<{element} {attributes}/>\n"


def _cells(table: Table, suffix: str) -> Iterator[str]:
    for index, cell in enumerate(table.cells, start=1):
        yield f'<TextBlock ID="cell_{suffix}_{index}" {_place(cell.box)}>\n'
        yield from _lines(spread_lines(cell.text, cell.box))
        yield "</TextBlock>\n"


def _lines(lines: tuple[Line, ...]) -> Iterator[str]:
    for line in lines:
        words = match_words(line)
        if not words:
            continue
        direction = ' BASEDIRECTION="rtl"' if is_right_to_left(line.text) else ""
        yield f"<TextLine {_place(line.box)}{direction}>"
        spaced = [False, *find_spaces(line.text, words)]
        for index, word in enumerate(words):
            if spaced[index]:
                yield "<SP/>"
            confidence = "" if word.confidence is None else f' WC="{min(max(word.confidence, 0.0), 1.0):.4f}"'
            yield f"<String {_place(word.box)} CONTENT={quoteattr(to_legal_text(word.text))}{confidence}/>"
        yield "</TextLine>\n"


def _place(box: Box) -> str:
    return f'HEIGHT="{box.height:g}" WIDTH="{box.width:g}" HPOS="{box.left:g}" VPOS="{box.top:g}"'
