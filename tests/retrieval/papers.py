"""Small documents of our own to ask about."""

from datetime import UTC, datetime

from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Word

LEASE = (
    "This lease is made on 3 March 2024 between Harbour Estates Ltd as landlord and Miriam Okafor as tenant. "
    "The flat lies in Wellington Street and has four rooms. The monthly rent is $1,250.00, payable in advance on the "
    "first working day. A deposit of $2,500.00 is held by the landlord until the lease ends.",
    "The tenant may keep one dog. Cats are not allowed in the building. The landlord repairs the heating within five "
    "days. The garden is shared by all residents, and the gate is locked at 22:00.",
    "Either party may end the lease with three months' notice in writing. The first inspection takes place in June. "
    "The second inspection takes place in November. Disputes are settled by the court of Port Aurelia.",
)
RECEIPT = (
    "CORNER BAKERY SDN BHD\n12 Mill Lane\nTEL: 03-5542 3228\nTAX INVOICE NO: 20-41-77\nDATE: 14/08/2023 09:12\n"
    "RYE BREAD 2 4.50\nCROISSANT 3 7.20\nSUBTOTAL 11.70\nGST @6% INCLUDED IN TOTAL 0.66\nTOTAL PAYABLE: RM 11.70\n"
    "CASH 20.00\nCHANGE 8.30\nTHANK YOU",
)
GERMAN = (
    "Die Satzung des Vereins wurde am 12. Mai 1987 beschlossen. Der Vorstand besteht aus fünf Mitgliedern. Der "
    "Jahresbeitrag beträgt 48 Euro und ist im Januar zu zahlen.",
    "Die Mitgliederversammlung findet einmal im Jahr in Lindau statt. Über Anträge entscheidet die einfache Mehrheit.",
)


def make_document(pages: tuple[str, ...], *, name: str = "paper.pdf", document_id: str = "d1") -> Document:
    """One text block a page, without lines."""
    made = tuple(make_page(number, text) for number, text in enumerate(pages, 1))
    return Document(document_id, name, made, len(made), datetime(2026, 1, 1, tzinfo=UTC))


def make_page(number: int, text: str) -> Page:
    block = Block(f"p{number}-b1", BlockKind.TEXT, text, Box(0, 0, 500, 700), None)
    return Page(number, 500, 700, 72, (block,), "test")


def make_lined_page(lines: tuple[str, ...], *, number: int = 1) -> Page:
    """A block whose lines are 20 px high, whose characters 10 px wide."""
    made = []
    for row, text in enumerate(lines):
        words, at = [], 0
        for word in text.split(" "):
            words.append(Word(word, Box(at * 10, row * 20, (at + len(word)) * 10, row * 20 + 20), 0.9))
            at += len(word) + 1
        made.append(Line(text, Box(0, row * 20, len(text) * 10, row * 20 + 20), 0.9, tuple(words)))
    box = Box.around(line.box for line in made)
    block = Block(f"p{number}-b1", BlockKind.TEXT, "\n".join(lines), box, 0.9, tuple(made))
    return Page(number, 500, 700, 72, (block,), "test")
