"""What stands on the samples. All of it was written for this program; people, firms and places are invented."""

RECEIPT_HEAD = ("LINDENHOF MARKET", "14 Harbour Street, Wexmoor", "Tel. 0555 014 220")
RECEIPT_META = ("Receipt 0048213", "12.03.2026 17:42")
RECEIPT_ITEMS = (
    ("Rye bread 750 g", "3.80"),
    ("Butter unsalted", "2.95"),
    ("Apples 1.240 kg", "3.47"),
    ("Oat milk 2 x 1.89", "3.78"),
    ("Coffee beans 500 g", "8.49"),
    ("Tomatoes 0.685 kg", "2.40"),
    ("Dish soap lemon", "1.75"),
)
RECEIPT_TOTALS = (("TOTAL EUR", "26.64"), ("Cash", "30.00"), ("Change", "3.36"))
RECEIPT_TAX = (("Net", "24.90"), ("VAT 7 %", "1.74"))
RECEIPT_FOOT = ("Thank you for your visit!", "Open Mon - Sat 7:30 - 20:00")

LETTER_SENDER = ("Marlow & Finch Bookbinders", "3 Paper Mill Lane, Ashby Green", "post@marlow-finch.example")
LETTER_ADDRESS = ("Ms Helena Brandt", "Town Library of Ashby Green", "1 Castle Square", "Ashby Green")
LETTER_DATE = "9 February 2026"
LETTER_SUBJECT = "Repair of forty-two parish registers"
LETTER_PARAGRAPHS = (
    "Dear Ms Brandt,",
    "Thank you for showing us the registers last Tuesday. We have looked at every volume since and can now tell you "
    "what each of them needs. Most of the paper is sound; the trouble lies in the joints, which have cracked because "
    "the books stood upright for decades in a room that was too dry.",
    "Thirty-one volumes need new joints and a light cleaning. Nine must be sewn again, and two have lost their boards "
    "altogether. The work takes eleven weeks if we fetch six volumes at a time, so that your readers never miss more "
    "than one shelf. The price is 7,860 euros, transport and insurance included.",
    "We would advise you to have the two oldest books photographed before they leave the house. Their first leaves are "
    "so thin that they should not be turned more often than is needed.",
    "If this suits you, please send us a line before the end of the month; we would then begin on Monday, 2 March.",
    "With kind regards,",
)
LETTER_SIGNATURE = ("Tobias Marlow", "Master bookbinder")

INVOICE_ITEMS = (
    ("Site visit and survey", "1", "180.00", "180.00"),
    ("Roof tiles, clay, red", "640", "1.35", "864.00"),
    ("Gutter, zinc, per metre", "18", "22.50", "405.00"),
    ("Scaffolding, per week", "2", "310.00", "620.00"),
    ("Labour, per hour", "46", "58.00", "2,668.00"),
)
INVOICE_TOTALS = (("Subtotal", "4,737.00"), ("VAT 19 %", "900.03"), ("Total due (EUR)", "5,637.03"))

TABLE_TITLE = "Rainfall at four stations, 2025 (mm)"
TABLE_HEAD = ("Month", "Harbour", "Old Mill", "Ridge", "Valley")
TABLE_ROWS = (
    ("January", "71.2", "64.8", "98.1", "59.3"),
    ("February", "55.0", "51.6", "80.4", "47.9"),
    ("March", "48.7", "50.2", "73.5", "44.1"),
    ("April", "39.4", "42.9", "61.0", "40.8"),
    ("May", "58.3", "62.7", "84.6", "57.2"),
    ("June", "66.9", "70.1", "91.8", "68.5"),
    ("July", "80.5", "77.4", "104.2", "75.6"),
    ("August", "74.8", "79.3", "99.7", "72.0"),
    ("Total", "494.8", "499.0", "693.3", "465.4"),
)
TABLE_NOTE = "Measured daily at 7:00; the gauge at Old Mill was moved 40 metres in May."

COLUMNS_TITLE = "THE GARDEN LETTER"
COLUMNS_DATE = "Spring 2026 · Number 27"
COLUMNS_LEFT = (
    ("Seeds worth keeping", None),
    (
        None,
        "Every autumn our members bring envelopes of seed to the shed, and every spring somebody asks which of them "
        "are still alive. The answer is simpler than it looks. Beans and peas keep for three years in a cool drawer, "
        "tomatoes for five, and lettuce hardly for two.",
    ),
    (
        None,
        "Lay ten seeds on damp paper, put the paper in a jar and wait a week. If seven of them sprout, sow as usual. "
        "If only four do, sow twice as many. With fewer than three it is kinder to start again with fresh seed.",
    ),
    (
        None,
        "Write the year on the envelope, not only the name. A seed without a date is a riddle, and the shed is full "
        "of riddles already.",
    ),
)
COLUMNS_RIGHT = (
    ("The long bed", None),
    (
        None,
        "The bed along the south wall was dug over in February by eleven people and one very eager dog. It is now "
        "forty metres long and waits for strawberries, which will be planted on the second Saturday in April.",
    ),
    ("Dates", None),
    (None, "4 April: exchange of seedlings in the shed, from ten o'clock."),
    (None, "11 April: planting of the long bed. Bring gloves and a bottle of water."),
    (
        None,
        "25 April: talk about bees by Irma Solberg, with honey to taste. Children are welcome, and there will be a "
        "table where they can build a small hotel for wild bees.",
    ),
)

ARABIC_TITLE = "مكتبة الحي"
ARABIC_PARAGRAPHS = (
    "افتتحت مكتبة الحي أبوابها صباح يوم السبت في شارع الزيتون، وحضر عدد كبير من السكان مع أطفالهم.",
    "تضم المكتبة أكثر من أربعة آلاف كتاب في الأدب والعلوم والتاريخ، وفيها قاعة هادئة للقراءة وركن صغير للأطفال.",
    "تفتح المكتبة من الساعة التاسعة صباحا حتى السادسة مساء كل يوم ما عدا الجمعة، والدخول مجاني للجميع.",
)

JAPANESE_TITLE = "町の図書館だより"
JAPANESE_PARAGRAPHS = (
    "四月から図書館の開館時間が変わります。平日は午前九時から午後七時まで、土曜日と日曜日は午後五時までです。",
    "新しい本が百二十冊入りました。料理、旅行、科学の本が特に人気です。読みたい本が見つからないときは、受付で聞いてください。",
    "毎週水曜日の午後三時に、子どものためのお話の会を開きます。参加は無料で、申し込みはいりません。",
)

PHOTO_TITLE = "House rules"
PHOTO_LINES = (
    "1. The kitchen is shared. Wash up what you use.",
    "2. Quiet hours are from 22:00 to 7:00.",
    "3. Bicycles belong in the cellar, not in the hall.",
    "4. Bins are emptied on Tuesday and Friday.",
    "5. Keys: lend them to nobody. A lost key costs 35 euros.",
    "6. Report broken lamps to Mr Okafor, flat 12.",
)
PHOTO_FOOT = "Willow Court, 1 January 2026"

REPORT_PAGES = (
    (
        "Annual report of the footbridge committee",
        (
            "The footbridge over the Arn was opened in 1954 and has been looked after by this committee ever since. "
            "In the past year 214,000 people crossed it, eight per cent more than the year before.",
            "Three inspections were made, in March, July and November. The deck is in good order. The handrail on the "
            "east side shows rust at four posts, and two planks near the middle have been replaced.",
            "The flood of 6 December reached the second mark on the pillar but did no harm to the bearings. The "
            "committee thanks the fire brigade for clearing a tree from the upstream side within the hour.",
        ),
    ),
    (
        "Money",
        (
            "Income was 18,420 euros, of which 12,000 came from the town and 6,420 from gifts. We spent 15,975 euros: "
            "9,300 on timber and steel, 4,150 on wages, 1,725 on insurance and 800 on lamps.",
            "The remaining 2,445 euros were added to the reserve, which now stands at 31,060 euros. A new coat of "
            "paint for the whole bridge will cost about 24,000 euros and is planned for 2027.",
            "The books were examined by Ruth Adeyemi and Paul Verne, who found them complete and correct.",
        ),
    ),
    (
        "Plans for the coming year",
        (
            "First, the four rusty posts are to be cut out and replaced before the summer. The bridge must be closed "
            "for two nights; the dates will be posted at both ends and in the town hall.",
            "Second, the old lamps will give way to ones that switch themselves off at midnight and light up again "
            "when somebody steps on the bridge. This should halve the cost of light.",
            "Third, we look for two new members. Whoever can hold a brush or read a balance sheet is welcome.",
            "Arnford, 20 January 2026",
        ),
    ),
)

BOOK_TITLE = "The Ledger of Gull Rock"
BOOK_CHAPTERS = (
    "Nobody had lived on Gull Rock for nine years when Ada Fenwick rowed out to it with two crates, a kettle and a "
    "letter that made her keeper of the light. The tower was dry. The stairs, all one hundred and six of them, were "
    "covered in feathers.",
    "On the first shelf of the lamp room she found a ledger bound in green cloth. Its last line was dated 3 October "
    "and said only: wind from the west, oil for eleven nights, the bell rope is worn. Below it the pages were white.",
    "She lit the lamp at dusk and counted. Four turns a minute, as the letter ordered. Across the water the town "
    "answered with a single window, yellow and small, which stayed awake until the light had turned for an hour.",
    "In the morning she wrote her first line under the old one: wind from the west, oil for thirty nights, new rope. "
    "It pleased her that the wind had not changed, as if it had waited nine years to be written down again.",
    "Letters came on Thursdays when the sea allowed it. The boatman, whose name was Isak, threw the bag and never "
    "stepped ashore. He had been afraid of the rock since he was a boy, he said, and saw no reason to stop.",
    "The window in the town went dark in November. Ada turned the lamp as always and looked for it every night. In "
    "the ledger she wrote: fog, oil for nineteen nights, no answer. She did not know why that last word was there.",
    "When Isak came again she asked him who lived behind that window. He tied a knot twice before he spoke. It was "
    "the house of the last keeper, he told her, a man called Brandt, who had gone to live with his daughter.",
    "So she wrote to him. She told him that his rope was mended and that the feathers were gone from the stairs, and "
    "she asked why he had left in the middle of a month. She put the letter into the bag and forgot about it.",
    "The answer came after Christmas, in the handwriting of the ledger. My eyes, it said. I could no longer tell "
    "the lamp from the moon, and a keeper who cannot tell them apart is a danger to ships. I watched you instead.",
    "Ada read it aloud to the empty room. Then she climbed the hundred and six steps, trimmed the wick and let the "
    "lamp rest for as long as one breath takes, once, so that the sea was dark and everyone looked up.",
    "From the hills behind the town, where no house had shown a light before, came a small yellow spark. It went "
    "out and came back, as slowly as a man may move who has to feel for the switch. She wrote it down: answered.",
    "The ledger lies in the museum of the harbour now, open at that page. Visitors ask what the word means. The "
    "guide, who is Isak's granddaughter, lets them guess for a while, and then she tells them about the window.",
)
