"""Who a paper comes from and where that is, by the lines at its head."""

import pytest

from retrieval.letterheads import find_address, find_issuer, looks_like_address
from tests.retrieval.test_forms import to_units


@pytest.mark.parametrize(
    ("lines", "issuer"),
    [
        (("Shop 4, Lotus Arcade, Mill Road,", "VERMA TRADERS", "Mob : 98200 11223"), ("VERMA TRADERS",)),
        (("Your friendly baker since 1950", "HOLM BAKERY", "4 Mill Lane"), ("HOLM BAKERY",)),
        (("Gartenbau Petersen", "GmbH & Co. KG", "Deichweg 3"), ("Gartenbau Petersen", "GmbH & Co. KG")),
        (("LA BOTTEGA DI ADA", "di Ricci Ada", "Via dei Mille 4"), ("LA BOTTEGA DI ADA", "di Ricci Ada")),
        (
            ("INVOICE", "Number Date", "771 6 May 2024", "Larch & Daughters", "Unit 2, 9 Foundry Road"),
            ("Larch & Daughters",),
        ),
        (
            ("Bean There", "Platform 1", "Operated by Northern Cups Ltd"),
            ("Bean There", "Platform 1", "Operated by Northern Cups Ltd"),
        ),
        (("Warranty card", "Article: kettle", "Shop: Copper & Tin", "Town 4"), ("Shop: Copper & Tin",)),
        (("TAX INVOICE", "12/05/2024", "9.00"), ()),
    ],
)
def test_names(lines: tuple[str, ...], issuer: tuple[str, ...]) -> None:
    assert tuple(unit.text for unit in find_issuer(to_units(*lines))) == issuer


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (("HOLM LTD", "The Old Forge, Mill Lane", "Ashby YO12 4RD", "Tel 01347 555 218"), 2),
        (("LUNA SDN BHD", "NO 4, JALAN BUNGA 2,", "TAMAN INDAH,", "43300 KAJANG, SELANGOR", "GST ID 1234"), 3),
        (("CHEZ ADA", "9 quai des Ormes", "38220 VALMONT", "Tel 04 76 55 01 88"), 2),
        (("ひので書店", "東京都緑区若葉2-4-1", "電話 03-5550-0111"), 1),
        (("EL SOL S.L.", "C/ Luna, 3 bajo", "47110 VILLAR", "CIF B-1"), 2),
        (("GOLDEN BOWL", "Order 4", "Total 9.00"), 0),
    ],
)
def test_addresses_are_told_with_all_their_lines(lines: tuple[str, ...], address: int) -> None:
    assert tuple(unit.text for unit in find_address(to_units(*lines))) == lines[1 : 1 + address]


def test_a_labelled_address_goes_first() -> None:
    units = to_units("HOLM LTD", "1 Elm Street, Ashby", "Address: 9 Oak Road, Selby", "Tel 1")
    assert [unit.text for unit in find_address(units)] == ["Address: 9 Oak Road, Selby"]


@pytest.mark.parametrize(
    "line", ["Tel 01347 555 218", "2 x Espresso 4,40", "14/03/2024 11:20", "CASHIER : 12 ANN", "TOTAL 31.60"]
)
def test_other_lines_are_no_address(line: str) -> None:
    assert not looks_like_address(line)
