"""Fields of receipts, invoices and forms: totals, dates and issuers found by how such papers are laid out.

Question words hardly ever stand on a receipt ("company that issued" does not), so these kinds of answer are found by
rules over its lines.
"""

import re
from collections.abc import Sequence
from statistics import median

from retrieval.answer_kinds import AnswerKind
from retrieval.chunking import Unit
from retrieval.keywords import keywords
from retrieval.terms import fold

_CURRENCY = r"(?:RM|USD|EUR|GBP|CHF|JPY|CNY|INR|MYR|SGD|Rp|Rs\.?|kr|zł|TL|[$€£¥₹₩฿₫₺₽])"
_DECIMAL_AMOUNT = (
    rf"{_CURRENCY}\s?-?\d[\d.,'’ ]*|(?<![\d.,/\-])(?:\d{{1,3}}(?:[.,' ]\d{{3}})+|\d+)[.,]\d{{2}}(?![\d/\-%]|[.,]\d|\s%)"
    rf"|\d+\s?{_CURRENCY}(?!\w)"
)
AMOUNT = re.compile(
    # Currencies without cents: thousands at the end of a line.
    rf"{_DECIMAL_AMOUNT}|(?<![\d.,/\-])\d{{1,3}}(?:[.,]\d{{3}})+\s*[^\W\d_]?\s*$",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|janv|févr|avr|juin|juil|août"
    r"|gen|mag|giu|lug|set|ott|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|ιαν|φεβ|μαρ|απρ|μαι|ιουν|ιουλ|αυγ|σεπ"
    r"|οκτ|νοε|δεκ|ocak|şubat|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|يناير|فبراير|مارس|أبريل|مايو"
    r"|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर"
    r"|अक्टूबर|नवंबर|दिसंबर)"
)
NUMERIC_DATE = re.compile(
    r"(?<![\w.,/\-])(?:(?P<y1>\d{4})\s?(?P<s1>[-/.年년])\s?(?P<m1>\d{1,2})\s?(?:(?P=s1)|[月월])\s?(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})\s?(?P<s2>[-/.])\s?(?P<b>\d{1,2})\s?(?P=s2)\s?(?P<y2>\d{4}|\d{2}))(?![\d/\-])"
)
WRITTEN_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?[\s\-/]*(?:de |of )?{_MONTH}\w*\.?[\s\-/,]*(?:de )?\d{{2,4}}\b"
    rf"|\b{_MONTH}\w*\.?\s?\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}}\b|ngày\s+\d{{1,2}}\s+tháng",
    re.IGNORECASE,
)
ANY_DATE = re.compile(
    rf"{WRITTEN_DATE.pattern}|(?<![\d.,])(?:1\d|20)\d\d(?![\d.,]\d)(?!\d)|\b{_MONTH}\w*\b|[०-९]{{4}}|[٠-٩]{{4}}"
    rf"|\d+\s?[年月日世]"
    r"|\b\d{1,2}(?:th|st|nd|rd)\s+century|พ\.ศ|ค\.ศ|\b(?:sun|mon|tues|wednes|thurs|fri|satur)day\b"
    r"|\b\d{1,2}[:.]\d\d\b|\b(?:today|yesterday|tomorrow|night|morning|evening|noon|midnight|centur(?:y|ies)"
    r"|decades?|era)\b"
    r"|\b\d+\s?(?:am|pm|days?|weeks?|months?|years?)\b|\b(?:spring|summer|autumn|fall|winter)\b"
    r"|\b\d{3,4}s?\s?(?:bc|ad|ce|bce)\b",
    re.IGNORECASE,
)
_DATE_LABEL = re.compile(
    r"date|datum|fecha|data\b|дата|tarih|ημερομηνια|日期|日付|날짜|तारीख|تاريخ|วันที่|ngay|issued|rechnungsdatum",
    re.IGNORECASE,
)
_OTHER_DATE = keywords(
    "valid*|arr|arrival|dep|departure|check in|check out|anreise|abreise|best before|opened|due|due date|birth|born",
    "dob|valid until|expir*|delivery|fällig*|geburtsdatum|geboren|gültig bis|lieferdatum",
    "échéance|naissance|vencimiento|vencimento|nacimiento|nascimento|nascita|scadenza|vervaldatum|рождения",
    "son ödeme|vade|doğum|生年月日|出生日期|支払期限|付款期限|有効期限|到期日",
)
_TOTAL_LABELS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        5,
        re.compile(
            r"grand\s*total|total\s*(?:amount\s*|amt\s*)?(?:payable|due|to pay)|amount\s*(?:payable|due)|total a pagar"
            r"|gesamtbetrag|endbetrag|rechnungsbetrag|zu zahlen|total ttc|net a payer|valor a pagar|к оплате|do zaplaty"
            r"|te betalen|totale complessivo|importe total|att betala|odenecek|fizetendo|a payer|应付|應付|ご請求"
        ),
    ),
    (
        4,
        re.compile(
            r"(?:nett?|rounded|round\s*d|final|invoice|order)\s*total"
            r"|total\s*(?:\(?\s*rounded|rounded|after|incl(?!ude)|inc\b|\(?rm|sales?|received|paid|charged)"
        ),
    ),
    (
        3,
        re.compile(
            r"total|gesamt|summe|totaal|totale|итого|всего|συνολο|toplam|合計|\bsuma\b|razem|celkem|yhteensa"
            r"|totalt|\bsumma\b"
            r"|合计|总计|總計|총액|합계|कुल|المجموع|الاجمالي|ยอดรวม|รวมทั้งสิ้น|tong cong"
        ),
    ),
    (
        2,
        re.compile(
            r"balance\s*(?:due|to pay)?|fee paid|amount paid|\bbetrag\b|\bbedrag\b|importo pagato|\bmontant\b"
            r"|\bto pay\b"
        ),
    ),
)
_TAX_LINE = re.compile(
    r"^\W*(?:gst|tax|vat|sst|mwst|ust|tva|iva|ptu|btw)\b|\b(?:included\s+)?in\s+total\b|\b(?:ptu|mwst|tva|iva|btw)\s*$"
    r"|total\s*(?:price\s*)?incl\w*\s+(?:of\s+)?(?:gst|vat|tax|hst|sst)\s*(?:of\b|[:(]*$)"
)
_NOT_TOTAL = re.compile(
    r"sub\s*-?\s*total|zwischensumme|subtotal|sous-total|subtotaal|qty|qtd|quantity"
    r"|\bitems?\s*(?:\(s\)\s*)?total|disc|saving"
    r"|saved|tax\b|gst\s*(?:amt|amount|total|:)|total\s*(?:gst|tax|vat|qty|saving|disc|\d+%)|excl|exclud|without"
    r"|total\W*(?:no\W*)?(?:of\s+|de\s+)?(?:items?|iten|artic|artik|pieces|pezzi|stk|pcs)|total\w* trib"
    r"|tribut\w* tot|before|change"
    r"|cash\b|tendered|points?\b|mwst\b|\bht\b|deposit|netto|imponibile|opodatk|balance (?:b/f|brought|forward"
    r"|earned)|\bnew balance|award"
)
_FORM_LINE_CHARS = 60
_STRONG_TOTAL = 4
_EXCLUSIVE = re.compile(r"\bexcl|\bw/o tax|before tax|without tax|hors taxe|\bohne\b")
_FIGURES = re.compile(r"[\d.,$€£%\s-]+$")


def is_form(units: Sequence[Unit]) -> bool:
    """Whether these units of a page are short lines rather than sentences."""
    return (
        len(units) >= 3 and median(len(unit.text) for unit in units) < _FORM_LINE_CHARS and not _mostly_sentences(units)
    )


def find_field(kind: AnswerKind, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The line (or label and value, neighbours in ``units``) that holds the field; empty when there is none."""
    finder = _FINDERS.get(kind)
    return finder(units) if finder else ()


def contains_kind(kind: AnswerKind, text: str) -> bool:
    """Whether a text holds something of the kind at all; ANY is in everything."""
    if kind is AnswerKind.DATE and has_full_date(text):
        return True
    pattern = _CONTENT.get(kind)
    return True if pattern is None else bool(pattern.search(text))


def _mostly_sentences(units: Sequence[Unit]) -> bool:
    return sum(bool(re.search(r"\w{3,}[.!?。।؟]$", unit.text)) for unit in units) * 2 > len(units)


def _find_total(units: Sequence[Unit]) -> tuple[Unit, ...]:
    best: tuple[int, tuple[Unit, ...]] = (0, ())
    for index, unit in enumerate(units):
        strength = _total_strength(unit.text)
        found = _with_amount(units, index) if strength else ()
        if found and strength >= best[0]:
            best = (strength, found)
    return best[1]


def _total_strength(line: str) -> int:
    folded = fold(line)
    strength = next((value for value, label in _TOTAL_LABELS if label.search(folded)), 0)
    if (
        _EXCLUSIVE.search(folded)
        or _TAX_LINE.search(_FIGURES.sub("", folded))
        or (strength <= _STRONG_TOTAL - 1 and _NOT_TOTAL.search(folded))
    ):
        return 0
    amounts = AMOUNT.findall(line)
    if amounts and not any(re.search(r"[1-9]", amount) for amount in amounts):
        return 0
    # Several amounts behind one "total" are a row of a tax summary rather than the sum to pay.
    return 1 if strength == _STRONG_TOTAL - 1 and len(amounts) > 1 else strength


def _with_amount(units: Sequence[Unit], index: int) -> tuple[Unit, ...]:
    """The label with its amount: on its own line, else below, else above."""
    if AMOUNT.search(units[index].text):
        return (units[index],)
    for first, last in ((index, index + 1), (index - 1, index)):
        other = last if first == index else first
        if 0 <= other < len(units) and AMOUNT.search(units[other].text):
            return tuple(units[first : last + 1])
    return ()


def has_full_date(text: str) -> bool:
    """Whether a day is named: ``31/12/2024``, ``2024-12-31``, ``3 March 2024``; not ``14-21-32``."""
    if WRITTEN_DATE.search(text):
        return True
    return any(_is_calendar_date(match) for match in NUMERIC_DATE.finditer(text))


def _is_calendar_date(match: re.Match[str]) -> bool:
    first, second = (
        int(number) for number in ((match["m1"], match["d1"]) if match["y1"] else (match["a"], match["b"]))
    )
    low, high = sorted((first, second))
    return 1 <= low <= 12 and high <= 31


def _find_date(units: Sequence[Unit]) -> tuple[Unit, ...]:
    dated = [unit for unit in units if has_full_date(unit.text)]
    own = [unit for unit in dated if not _OTHER_DATE.search(fold(unit.text))] or dated
    labelled = [unit for unit in own if _DATE_LABEL.search(fold(unit.text))]
    return tuple((labelled or own)[:1])


_FINDERS = {AnswerKind.TOTAL: _find_total, AnswerKind.DATE: _find_date}
_MONEY = re.compile(
    rf"{_DECIMAL_AMOUNT}|\d\s?[%٪]|\d\s?(?:per ?cent|prozent|procent|pour ?cent|por ?cento?|процент\w*|प्रतिशत"
    rf"|phần trăm)"
    r"|\b\d[\d.,  ']*\s?(?:thousand|[mb]il(?:l?i|l)[oó]n(?:e[ns]?|s|i)?|milh(?:ão|ões)"
    r"|mio\.?|mrd\.?|tsd\.?|тыс\w*|млн|миллион\w*)?\s?"
    r"(?:d['’]|d[ei] )?"
    r"(?:euros?|dollars?|pounds?|francs?|franken|pesos?|reais|real|yen|yuan|rupees?|rubles?|roubles?|kronor"
    r"|kroner|lira|baht"
    r"|рубл\w*|грив\w+|pence|pounds|cent(?:s|imes|avos)?|kr|k[cč]|lei|лв|ευρώ|درهم\w*|ريال\w*|دينار\w*|جنيه\w*"
    r"|ليرة|रुपये|रुपए|บาท|đồng|złot\w*|forint\w*)"
    r"|[\d〇一二三四五六七八九十百千万億亿两]\s?(?:元|円|圆|块)"
    r"|[\d일이삼사오육칠팔구십백천만억]\s?원|\d\s?บาท|\brs\.?\s?\d|रु\.?"
    r"|\b(?:free|frei|kostenlos|umsonst|gratuit\w*|gratis|grátis|gratuito|libre|bezpłatn\w*|kostnadsfri\w*|ücretsiz"
    r"|бесплатн\w*|ελεύθερ\w*|δωρεάν)\b|مجان|免费|無料|무료|मुफ़?्त|ฟรี|miễn phí",
    re.IGNORECASE,
)
NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|once|twice|no|none|all"
    "|eine?[nrs]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|keine?"
    "|une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|aucune?"
    "|un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|quince|veinte|treinta"
    "|dois|duas|três|quatro|sete|oito|nove|dez|doze|vinte|trinta|due|tre|quattro|cinque|sei|sette|otto|dieci|venti"
    "|een|één|twee|drie|vijf|zes|zeven|negen|tien|twaalf|twintig|dertig|två|fyra|fem|sju|åtta|nio|tio|tolv|tjugo"
    "|jed(?:en|na|no)|dw(?:a|ie)|trzy|cztery|pięć|sześć|siedem|osiem|dziewięć|dziesięć|dwadzieścia"
    "|од(?:ин|на|но)|дв[ае]|три|четыре|пять|шесть|семь|восемь|девять|десять|двенадцать|двадцать|тридцать"
    "|bir|iki|üç|dört|beş|altı|yedi|sekiz|dokuz|on|yirmi|otuz|ένας?|μία|δύο|τρεις|τρία|τέσσερ\\w+|πέντε|έξι|δέκα|είκοσι"
    "|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|एक|दो|तीन|चार|पाँच|पांच|छह|सात|आठ|नौ|दस"
    "|واحد\\w*|اثنان|اثنين|ثلاث\\w*|أربع\\w*|خمس\\w*|ست\\w*|سبع\\w*|ثمان\\w*|تسع\\w*|عشر\\w*"
)
_CONTENT = {
    AnswerKind.PRICE: _MONEY,
    AnswerKind.DATE: ANY_DATE,
    AnswerKind.TOTAL: re.compile(r"\d"),
    AnswerKind.COUNT: re.compile(rf"\d|[०-९٠-٩]|[一二三四五六七八九十百千万两]|\b(?:{NUMBER_WORDS})\b", re.IGNORECASE),
    AnswerKind.AMOUNT: re.compile(
        r"\d|[०-९٠-٩]|[一二三四五六七八九十百千万]"
        r"|\b(?:half|double|twice|third|quarter|percent|hundred|thousand|million|billion)\b",
        re.IGNORECASE,
    ),
}
