"""The head of a receipt, invoice or form: who it comes from, and where that is."""

import re
from collections.abc import Sequence

from retrieval.chunking import Unit
from retrieval.forms import AMOUNT, has_full_date
from retrieval.keywords import keywords
from retrieval.terms import fold, is_spaceless

_HEAD_LINES = 12
_NAME_LINES = 8
_MAX_ADDRESS_LINES = 4
_NAME_CHARS = 60
_NAME_DIGITS = 4
_MAX_NAME_GAP = 2
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_OPERATED = re.compile(
    r"^\W*(?:operated|run|managed|trading|t/a|div|a division|part of|owned|di|inh|gestion\w*|betrieb\w*|exploite)\b"
)
_STREET_START = re.compile(r"^(?:rue|via|calle|rua|avenue|avenida|viale|piazza|place|plaza|ul\.|jalan|jln)\s")
_STREET = re.compile(
    r"\b(?:street|str|st|road|rd|avenue|ave|lane|ln|blvd|boulevard|drive|dr|way|square|sq|cnr|corner|jalan|jln"
    r"|lorong|lot"
    r"|taman|unit|suite|ste|floor|block|blk|shop no|level|route|rte|hwy|highway|parade|quay|loop|court|crescent"
    r"|cres|close"
    r"|terrace|mews|row|wharf|yard|hill|gate|parkway|pkwy|pike|market|platz|am|im|rue|quai|bd|place|chemin"
    r"|allee|impasse"
    r"|cours|via|viale|piazza|corso|vicolo|largo|calle|avda|avenida|plaza|paseo|ctra|rua|av|travessa|praca"
    r"|rodovia|bairro"
    r"|ul|al|plac|os|ulica|улица|ул|проспект|пр|пер|дом|sokak|sok|cadde|caddesi|cad|mahallesi|mah|bulvari|duong"
    r"|pho|quan|οδος"
    r"|λεωφ|nagar|marg|sector|soi|thanon|p\.?o\.? box|postfach)\b(?!\w)|\bc/\s*[^\W\d_]"
    r"|(?:strasse|gasse|platz|allee|chaussee|damm|ufer|weg|straat|laan|plein|gracht|kade|dijk|gatan|vagen|vej"
    r"|gade|katu|tie)\b|str\.(?!\w)|^\d{1,5}[a-z]?,?\s+[^\W\d_]{3,}[^\d]*,\s*[^\W\d_]{3}"
    r"|丁目|番地|番\d|[市区區町村县縣省路街巷弄号號]|(?:시|구|동|로|길)\s|ถนน|แขวง|เขต|ซอย|شارع|मार्ग|रोड|नगर"
)
_POSTCODE = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b|\b[a-z]\d[a-z]\s*\d[a-z]\d\b|\b[a-z]{2}\s+\d{5}(?:-\d{4})?\s*$"
    r"|(?:^|\s|[-,])\d{4,6}(?:-\d{3,4})?,?\s+[^\W\d_]{3}|[^\W\d_]{3}[,.]?\s*-?\s*(?:\d{3}\s\d{3}"
    r"|\d{5,6})\s*(?:$|[,(])|[a-z]{3},?\s+[a-z]{2,3}\s+\d{4}\b"
    r"|\b\d{4}\s?[a-z]{2}\s+[^\W\d_]{3}|〒|\bcep\b|^[^\W\d_][\w .'\-]+,\s*[^\W\d_]{2,3}$"
)
_HOUSE = re.compile(r"(?:^|\s|,)(?:no\.?\s*)?\d{1,4}\s?[a-z]?(?:\s*[&/\-]\s*\d{1,4}[a-z]?)?(?=\s|,|$)")
_OTHER_LINE = keywords(
    "tel|fax|phone|ph|mob|mobile|tfno|telefon|fone|fon|tél|電話|电话|전화|vat|vat no|gst|gst id|gstin|abn|cif|nif|nip",
    "siret",
    "p.iva|cnpj|ust-id*|ust-idnr|st.-nr|steuernummer|btw|tva|mwst|инн|tax|reg|reg.no|lic|email|e-mail|www|invoice",
    "receipt",
    "date|datum|fecha|data|cashier|served|server|till|order|check|bon|ticket|table|tisch|guests|kasse|caja|welcome",
    "customer",
    "item|qty|description|total|invoice no|bill no|dt|time|www|http*|mgr|manager|hst|operator|owner|inh|trn|trans",
    "account",
    "guest|guests|folio|room|reservations|bookings|rechnung*|quittung*|factura|facture|ricevuta|fattura|paragon",
    "documento|note|artikel|menge|betrag|prix|precio|importe",
)
_ADDRESS_LABEL = keywords(
    "address|adresse|anschrift|dirección|direccion|domicilio|endereço|indirizzo|adres|адрес|العنوان|地址|住所|주소|पता",
    "địa chỉ|ที่อยู่|διεύθυνση|adresi",
)
_SELLER_LABEL = re.compile(
    r"\W*(?:seller|vendor|merchant|retailer|shop|store|supplier|issued by|verkaufer|handler|lieferant|vendeur|magasin"
    r"|vendedor|tienda|proveedor|venditore|negozio|fornitore|loja|verkoper|winkel|leverancier|продавец|магазин"
    r"|поставщик"
    r"|satici|magaza|sprzedawca|sklep|البائع|المتجر|商家|卖方|販売店|売主|판매자|विक्रेता)\s*[:：]\s*[^\W\d_]{2}"
)
_LEGAL_FORM = re.compile(
    r"\b(?:sdn|bhd|s/b|ltd|limited|inc|llc|llp|plc|corp|corporation|gmbh|ag|kg|ohg|e\.?k|ug|s\.?a\.?r\.?l"
    r"|s\.?a\.?s|s\.?r\.?l"
    r"|s\.?p\.?a|b\.?v|n\.?v|oy|a/s|pty|pte|pvt|sp\.\s?z\s?o|s\.?l|ltda|eireli|s\.?a|a\.?s|ооо|зао|оао|ао"
    r"|ип)\.?(?=\W|$)"
    r"|株式会社|有限公司|有限会社|주식회사|\bcompany\b|\bco\.?\s*$"
)
_TRADE = re.compile(
    r"\b(?:enterprise|trading|restaurant|restoran|ristorante|restaurante|stores?|supermarket|supermercado"
    r"|supermarche|market|mart|cafe|coffee"
    r"|caffe|hotel|inn|pharmacy|pharmacie|farmacia|apotheke|bakery|backerei|baeckerei|boulangerie|panaderia"
    r"|panetteria|shop|diner|bistro|bar|pub"
    r"|deli|grill|pizzeria|trattoria|brasserie|gasthaus|gasthof|tankstelle|taxi|taxis|services|buchhandlung"
    r"|libreria|libraria|electricals"
    r"|hardware|motors?|garage|clinic|salon|bookshop|books|stationers?|florist|butchers?|kiosk|outlet|kitchen"
    r"|takeaway|bros|sons|council)\b"
)
_BARE_LEGAL = re.compile(
    r"^\W*(?:gmbh|& co|co\.? kg|kg|ltd|limited|inc|llc|sdn|s\.?r\.?l|s\.?p\.?a|s\.?l|sarl|sas|bv|b\.v|plc)\b",
    re.IGNORECASE,
)
_NOT_NAME = re.compile(
    r"^\W*(?:tax\s*|cash\s*|simplified\s*)*(?:invoice|receipt|bill|sales?|memo|docket|rechnung|quittung"
    r"|kassenbon|factura|facture|recibo|ricevuta|fattura"
    r"|scontrino|documento|paragon|bon|factuur|ticket|note|beleg|чек|счет|fatura|fis|領収書"
    r"|レシート|請求書|发票|收据|영수증)\b"
    r"|^\W*(?:welcome|original|copy|customer|duplicate|thank|number|date|no\b|page|sale|simplificada)|^\W*$|[|]{2}"
)
_SLOGAN = re.compile(
    r"\b(?:where|since|seit|depuis|desde|dal \d|your|our|we|ihr|ihre|unser|votre|notre|su|sua|nuestro|vostro"
    r"|for less|everything|thank|welcome"
    r"|willkommen|bienvenu\w*|benvenut\w*|bem-vind\w*|always|best|fresh(?:ly)? (?:made|baked))\b"
    r"|^\W*[\"“„«'].*[\"”“»'!]\W*$|[!?]\W*$"
)


def find_issuer(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The lines with the name of the company or shop, at most two; empty when the head has no name."""
    labelled = tuple(unit for unit in units if _SELLER_LABEL.match(fold(unit.text)))
    if labelled:
        return labelled[:1]
    names = _name_lines(units)
    if not names:
        return ()
    legal = next((at for at in names if _LEGAL_FORM.search(fold(units[at].text))), None)
    trade = next((at for at in names if _TRADE.search(fold(units[at].text))), None)
    if legal is None and trade is None:
        return _find_plain_name(units, names)
    chosen = [at for at in (legal, trade) if at is not None]
    first, last = min(chosen), max(chosen)
    if legal is not None and (_BARE_LEGAL.search(units[legal].text) or _OPERATED.search(fold(units[legal].text))):
        first = min(first, max((at for at in names if at < legal), default=first))
    if last - first > _MAX_NAME_GAP:
        first = last = min(chosen)
    elif legal is None and last == first == names[0] and _may_go_on(units, names, last):
        last += 1
    return tuple(units[first : last + 1])


def _find_plain_name(units: Sequence[Unit], names: Sequence[int]) -> tuple[Unit, ...]:
    first = names[0]
    last = first + 1 if _may_go_on(units, names, first) else first
    return tuple(units[first : last + 1])


def _may_go_on(units: Sequence[Unit], names: Sequence[int], at: int) -> bool:
    """Whether the line below still belongs to the name: the address follows."""
    is_plain = at + 1 in names and not re.search(r"[\d:]", units[at + 1].text)
    return is_plain and at + 2 < len(units) and looks_like_address(units[at + 2].text)


def _name_lines(units: Sequence[Unit]) -> list[int]:
    """Where the names stand in the head: above the address and whatever else follows it."""
    plain = [at for at, unit in enumerate(units[:_NAME_LINES]) if _may_be_name(unit.text)]
    names = [at for at in plain if not _SLOGAN.search(fold(units[at].text))]
    border = next((at for at, unit in enumerate(units[:_HEAD_LINES]) if looks_like_address(unit.text)), len(units))
    above = [at for at in names if at < border]
    return above or names or plain[:1]


def _may_be_name(text: str) -> bool:
    folded = fold(text)
    if len(text) > _NAME_CHARS or _NOT_NAME.search(folded) or has_full_date(text) or AMOUNT.search(text):
        return False
    digits = len(re.findall(r"\d", _IN_BRACKETS.sub("", text)))
    if not re.search(r"[^\W\d_]{2}", text) or (digits > _NAME_DIGITS and not _LEGAL_FORM.search(folded)):
        return False
    return not _OTHER_LINE.match(folded.lstrip(" *-.:#")) and (
        not looks_like_address(text) or bool(_LEGAL_FORM.search(folded))
    )


def find_address(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The lines of the issuer's address, those of a labelled one first; empty when there is none."""
    for at, unit in enumerate(units):
        label = _ADDRESS_LABEL.match(fold(unit.text).lstrip(" *-"))
        if label is not None:
            rest = unit.text[label.end() :].strip(" :：.-")
            return _follow_address(units, at if len(rest) > 3 else at + 1, at)
    start = next((at for at, unit in enumerate(units[:_HEAD_LINES]) if looks_like_address(unit.text)), None)
    return () if start is None else _follow_address(units, start, start)


def _follow_address(units: Sequence[Unit], start: int, first: int) -> tuple[Unit, ...]:
    last = start
    while last + 1 < len(units) and last + 1 - start < _MAX_ADDRESS_LINES and _goes_on(units, last):
        last += 1
    return tuple(units[first : last + 1]) if last < len(units) else ()


def _goes_on(units: Sequence[Unit], last: int) -> bool:
    text = units[last + 1].text
    return looks_like_address(text) or (units[last].text.rstrip().endswith(",") and not _is_other(text))


def looks_like_address(text: str) -> bool:
    """Whether a line names a street with a house, or a town with its postal code."""
    folded = fold(text).strip()
    if _is_other(text) or len(text) > _NAME_CHARS * 1.5:
        return False
    if _POSTCODE.search(folded):
        return True
    has_street = _STREET.search(folded) is not None
    if is_spaceless(folded[:1]) or any(is_spaceless(one) for one in folded):
        return has_street and bool(re.search(r"\d|[市区區路街]", folded))
    is_corner = folded.startswith(("cnr ", "corner "))
    has_place = is_corner or ("," in folded and not _LEGAL_FORM.search(folded)) or bool(_STREET_START.match(folded))
    return has_street and (has_place or bool(_HOUSE.search(folded)))


def _is_other(text: str) -> bool:
    folded = fold(text).lstrip(" *-.:#")
    if _OTHER_LINE.match(folded) or has_full_date(text):
        return True
    return bool(re.search(r"\d[.,]\d{2}\s*[^\W\d_]?\s*$", text)) or not re.search(r"[^\W\d_]{2}", text)
