"""The fields of forms, receipts and invoices, by the words that questions and labels use for them.

The tables cover the languages of the interface.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from retrieval.forms import AMOUNT
from retrieval.keywords import keywords


class FieldName(StrEnum):
    """A thing that a form has once. ``ISSUER``, ``DATE`` and ``TOTAL`` have rules of their own."""

    DUE_DATE = "due date"
    BIRTH_DATE = "birth date"
    TAX_ID = "tax id"
    DOCUMENT_NUMBER = "document number"
    FAX = "fax"
    PHONE = "phone"
    EMAIL = "email"
    WEBSITE = "website"
    DISCOUNT = "discount"
    SUBTOTAL = "subtotal"
    TAX = "tax"
    CHANGE = "change"
    CUSTOMER = "customer"
    ACCOUNT = "account"
    ADDRESS = "address"
    CASH = "cash"
    CASHIER = "cashier"
    MANAGER = "manager"
    PAYMENT = "payment"
    TABLE = "table"
    TIP = "tip"
    BALANCE = "balance"
    DEPOSIT = "deposit"
    ITEM_COUNT = "item count"
    VOLUME = "volume"
    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Field:
    """``is_strict``: a form without this label does not have the field, so there is no use in searching on.

    ``unless`` are words that make a line with the label something else.
    """

    name: FieldName
    asked: re.Pattern[str]
    label: re.Pattern[str]
    value: re.Pattern[str]
    is_strict: bool = False
    speaks_for_itself: bool = False
    unless: re.Pattern[str] | None = None


FULL_DATE = re.compile(r"\d.*\d")
NUMBER = re.compile(r"\d")
WORDS = re.compile(r"[^\W\d_]{2}")
_ACCOUNT = re.compile(r"\d{4}|\d{2}[ -]\d{2}")
_PHONE = re.compile(
    r"\+\d[\d ()/.\-]{6,}\d|(?<![\d.,])\(?0\d(?!/\d\d/)[\d ()/\-]{5,}\d|\d{3}[ \-]\d{3,4}[ \-]?\d{3,4}"
    r"|(?<![\d.,/])\d{2,4}(?:[ .\-]\d{2,4}){2,4}(?![\d.,/])"
)
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+\.\w+")
_WEBSITE = re.compile(r"https?://|www\.|\b[\w\-]+\.(?:com|org|net|eu|de|fr|es|it|nl|co\.uk|example)\b", re.IGNORECASE)
_WHEN = (
    r"(?:when|until when|by what date|which day|what date|wann|bis wann|quand|cuando|quando|wanneer|когда|ne zaman|متي"
    r"|何时|什么时候|いつ|언제|कब|เมื่อใด|เมื่อไร|khi nao|ποτε|kiedy)"
)
_TO_PAY = (
    r"(?:\bdue\b|\bpa(?:y|id|yable)\b|bezahl|zahlen|zahlbar|fallig|payer?\b|paiement|regl|pagar|pagad|pago|vence|pagat"
    r"|scade|betaa?l|оплат|заплат|oden|odeme|vade|سداد|دفع|استحقاق|付|支払"
    r"|지불|지급|납부|भुगतान|thanh toan|ชำระ|จ่าย|πληρω)"
)
FIELDS = (
    Field(
        FieldName.DUE_DATE,
        re.compile(
            rf"{_WHEN}.*{_TO_PAY}|{_TO_PAY}.*{_WHEN}|"
            + keywords(
                "due date|payment deadline|date due|fälligkeit*|fällig am|zahlungsziel|échéance",
                "date limite de paiement|vencimiento|fecha límite de pago|vencimento|data limite|scadenza",
                "vervaldatum|срок оплаты|son ödeme tarihi|vade tarihi|تاريخ الاستحقاق|موعد السداد|付款期限|到期日",
                "支払期限|支払期日|납부기한|지급기한|देय तिथि|hạn thanh toán|วันครบกำหนด|กำหนดชำระ",
                "ημερομηνία λήξης|termin płatności",
            ).pattern
        ),
        keywords(
            "due|due date|pay by|payable by|payment due|fällig*|zahlbar bis|zahlungsziel|échéance|date limite",
            "vencimiento|fecha límite|vencimento|data limite|scadenza|vervaldatum|срок оплаты|оплатить до",
            "son ödeme tarihi|vade|vade tarihi|تاريخ الاستحقاق|付款期限|到期日|支払期限|支払期日|납부기한|지급기한",
            "देय तिथि|अंतिम तिथि|hạn thanh toán|ครบกำหนด|กำหนดชำระ|λήξη*|termin płatności",
        ),
        FULL_DATE,
    ),
    Field(
        FieldName.BIRTH_DATE,
        keywords(
            "date of birth|birth date|birthday|born|geburtsdatum|geboren|date de naissance|née|fecha de nacimiento",
            "nació|data de nascimento|data di nascita|geboortedatum|дата рождения|родил*|doğum tarihi",
            "تاريخ الميلاد|出生日期|生年月日|생년월일|जन्म तिथि|जन्मतिथि|ngày sinh|วันเกิด|ημερομηνία γέννησης",
            "data urodzenia",
        ),
        keywords(
            "date of birth|birth date|born|dob|geburtsdatum|geboren*|geb|date de naissance|née|né",
            "fecha de nacimiento|data de nascimento|data di nascita|geboortedatum|дата рождения|doğum tarihi",
            "تاريخ الميلاد|出生日期|生年月日|생년월일|जन्म तिथि|जन्मतिथि|ngày sinh|วันเกิด|ημερομηνία γέννησης",
            "data urodzenia",
        ),
        FULL_DATE,
        is_strict=True,
    ),
    Field(
        FieldName.TAX_ID,
        keywords(
            "vat number|vat id|vat no|tax number|tax id|ust-id*|ust-idnr|umsatzsteuer-id*|steuernummer",
            "numéro de tva|siret|nif|cif|p.iva|partita iva|btw-nummer|инн|vergi no|vergi numarası|الرقم الضريبي",
            "税号|登録番号|사업자등록번호|gstin|mã số thuế|เลขประจำตัวผู้เสียภาษี|αφμ|nip",
        ),
        keywords(
            "vat no|vat number|vat id|vat reg*|tax id|tax no|ust-id*|ust-idnr|steuernummer|st.-nr|n° tva|tva|siret",
            "nif|cif|p.iva|partita iva|btw*|инн|vergi no|الرقم الضريبي|税号|登録番号|사업자등록번호|gstin|gst no",
            "gst id|mã số thuế|mst|เลขประจำตัวผู้เสียภาษี|αφμ|nip",
        ),
        re.compile(r"\d{5}|\d{3}[ .\-]\d{3}"),
    ),
    Field(
        FieldName.DOCUMENT_NUMBER,
        keywords(
            "docket number|ticket number|slip number|check number|order number|numer paragonu|numer rachunku",
            "bon number",
            "número do ticket|número del ticket|número de ticket|número da nota|numero della ricevuta",
            "numero documento|kassenbonnummer",
            "bonnummer|bon-nr|nota número|número de la nota|numéro de la note|numéro de note|numéro du reçu",
            "número de recibo",
            "invoice number|invoice no|receipt number|receipt no|bill number|document number|rechnungsnummer",
            "belegnummer|rechnungsnr|numéro de la facture|numéro de facture|numéro du ticket|número de la factura",
            "número de factura|número da fatura|número do recibo|número da factura|numero della fattura",
            "numero di fattura|numero dello scontrino|factuurnummer|bonnummer|номер счета|номер чека",
            "fatura numarası|fatura no|fiş numarası|رقم الفاتورة|رقم الإيصال|发票号码|发票号|請求書番号|領収書番号",
            "伝票番号|영수증 번호|송장 번호|청구서 번호|चालान संख्या|बिल संख्या|số hóa đơn|เลขที่ใบเสร็จ",
            "เลขที่ใบแจ้งหนี้|αριθμός τιμολογίου|numer faktury",
        ),
        re.compile(
            r"\b(?:invoice|inv|receipt|rcpt|bill|document|doc|slip|docket|dkt|check|chk|order|trans|trn|note"
            r"|nota|nfc-e|rechnung|beleg"
            r"|quittung|facture|fact|ticket|factura|recibo|ricevuta|fatura|fattura|scontrino|documento|factuur"
            r"|bon|faktura|paragon|op|fis)s?"
            r"\b[\s\-.:]*(?:(?:number|no|nr|num|nummer|n°|nº|n|numero|numarasi|id)\b"
            r"|#)?(?=\W{0,8}(?:[a-z]{1,4}\W{0,2})?\d)"
            r"|(?:rechnungs|beleg|factuur|bon)(?:nummer|nr)|numero d[eu](?: la)? (?:facture|factura)|\bnr wydr"
            r"|номер (?:счета|чека)|(?:чек|счет)\s*№|رقم (?:الفاتورة|الايصال)|发票号|單號"
            r"|(?:請求書|領収書|伝票)番号|伝票no"
            r"|(?:영수증|송장|청구서)\s*번호|(?:चालान|बिल) (?:संख्या|नं)|so hoa don|เลขที่"
            r"|^\W*(?:(?:invoice|receipt|bill)\s*)?(?:number|no\.?)\b(?=\D*$)|^\W*no\s*[.:]"
        ),
        NUMBER,
        unless=re.compile(r"\b(?:vat|gst|tax id|order of|note:|trans\w* fee|check in|check out)\b"),
    ),
    Field(
        FieldName.FAX,
        _FAX := keywords("fax*|телефакс|факс|传真|ファックス|ファクス|팩스|فاكس|แฟกซ์"),
        _FAX,
        NUMBER,
        True,
    ),
    Field(
        FieldName.PHONE,
        keywords(
            "phone|phone number|telephone|telephone number|mobile number|telefonnummer|telefon|téléphone|teléfono",
            "telefone|telefono|telefoonnummer|телефон*|τηλέφωνο|τηλεφώνου|هاتف|رقم الهاتف|电话|電話*|电话号码|전화",
            "전화번호|फ़ोन|फोन|दूरभाष|โทรศัพท์|เบอร์โทร|điện thoại|telefon numarası",
        ),
        keywords(
            "phone|ph|telephone|tel|tfno|fone|fon|mobile|mob|cell|telefon|handy|téléphone|tél|teléfono|telefone",
            "telefono|телефон*",
            "тел|τηλ|هاتف*|الهاتف|电话|電話|연락처|전화*|फ़ोन|फोन|दूरभाष|โทร|điện thoại|đt",
        ),
        _PHONE,
        is_strict=True,
        speaks_for_itself=True,
        unless=re.compile(
            r"\b(?:nip|nif|cif|vat|gst\w*|ust|siret|abn|cnpj|tax|iban|acct|account|card|inv\w*|regon|steuer\w*"
            r"|p\.?iva)\b"
        ),
    ),
    Field(
        FieldName.EMAIL,
        keywords(
            "email address|e-mail address|mail address|email|e-mail|mailadresse|courriel|correo electrónico|correo",
            "почт*|邮箱",
            "电子邮件|メール*|이메일|ईमेल|อีเมล|البريد الإلكتروني|eposta|e-posta|posta elettronica",
        ),
        keywords("email|e-mail|mail|correo|courriel|почта|邮箱|メール|이메일|ईमेल|อีเมล|البريد*|e-posta"),
        _EMAIL,
        is_strict=True,
        speaks_for_itself=True,
    ),
    Field(
        FieldName.WEBSITE,
        keywords(
            "web address|website|web site|webseite|site web|site internet|sitio web|página web|sito web|веб-сайт|сайт"
        ),
        keywords("website|web|www|webseite|site web|sitio web|sito web|сайт"),
        _WEBSITE,
        is_strict=True,
        speaks_for_itself=True,
    ),
    Field(
        FieldName.DISCOUNT,
        _DISCOUNT := keywords(
            "savings|saving|saved|save|disc|coupon*|multibuy|rabais|ahorro|risparmio|poupança|besparing|скидк*",
            "discount*|rabatt*|preisnachlass|skonto|remise|réduction|descuento|desconto|sconto|korting|скидк*",
            "indirim|iskonto|خصم|الخصم|折扣|优惠|割引|値引*|할인*|छूट|giảm giá|chiết khấu|ส่วนลด|έκπτωση*|rabat*",
        ),
        _DISCOUNT,
        NUMBER,
        is_strict=True,
    ),
    Field(
        FieldName.SUBTOTAL,
        keywords(
            "before tax|before vat|before gst|without tax|without vat|excluding tax|excluding vat|excluding gst",
            "net of tax|net total",
            "ohne mehrwertsteuer|ohne mwst|hors taxe*|sin iva|sem imposto*|senza iva|zonder btw|netto|без ндс",
            "kdv hariç|不含税|税抜*",
            "subtotal|sub-total|sub total|net amount|zwischensumme|nettobetrag|sous-total|montant ht|total ht",
            "base imponible|subtotale|imponibile|subtotaal|подытог|ara toplam|المجموع الفرعي|小计|小計|소계|उप-योग",
            "tạm tính|ยอดก่อนภาษี|υποσύνολο",
        ),
        keywords(
            "subtotal|sub-total|sub total|net amount|taxable value|taxable amount|excl. gst|excl gst|excluding gst",
            "excl vat|net",
            "zwischensumme|nettobetrag|netto|sous-total|montant ht|total ht|base imponible|subtotale|imponibile",
            "subtotaal|base",
            "подытог|ara toplam|المجموع الفرعي|小计|小計|소계|उप-योग|tạm tính|ยอดก่อนภาษี|υποσύνολο",
            "excl. vat|excl. tax",
            "税抜*",
        ),
        AMOUNT,
    ),
    Field(
        FieldName.TAX,
        keywords(
            "vat|sales tax|tax|taxes|gst|sst|hst|pst|mwst|ust|mehrwertsteuer|umsatzsteuer|steuer|tva|taxe|taxes|iva",
            "btw|ндс|kdv|ضريبة*",
            "tributo*|impuesto*|imposto*|imposta|imposte|belasting|podatek|podatku|vergi|ptu",
            "الضريبة|增值税|税额|消費税|税金",
            "부가세|부가가치세|जीएसटी|thuế|ภาษี*|φπα",
        ),
        keywords(
            "vat|tax|gst|sst|hst|pst|qst|cgst|sgst|ptu|taxe|impuesto*|imposto*|imposta|tributos|belasting|mwst|ust",
            "mehrwertsteuer|umsatzsteuer|tva|iva|btw|ндс|kdv|ضريبة*|الضريبة|增值税|税额",
            "消費税|税|부가세|부가가치세|जीएसटी|thuế|ภาษี*|φπα",
        ),
        AMOUNT,
        unless=re.compile(
            r"excl|exclud|before|taxable|opodatk|imponibile|total incl(?!ude)|(?:incl\w*|inc) (?:of )?(?:gst"
            r"|tax|vat)\W*@"
        ),
    ),
    Field(
        FieldName.CHANGE,
        keywords(
            "change given|change back|change did|change was|change to|how much change|what change|the change",
            "wechselgeld",
            "rückgeld|monnaie|rendu|vuelto|cambio|troco|resto|wisselgeld|сдач*|para üstü|الباقي|找零|お釣り|おつり",
            "釣銭|거스름돈|tiền thừa|เงินทอน|ρέστα|reszta",
        ),
        keywords(
            "change|wechselgeld|rückgeld|rueckgeld|zurück|zurueck|rendu|monnaie|vuelto|cambio|troco|resto",
            "wisselgeld|terug|сдача",
            "para üstü|الباقي|找零|お釣り|おつり|釣銭|거스름돈|tiền thừa|เงินทอน|ρέστα|reszta",
        ),
        AMOUNT,
    ),
    Field(
        FieldName.CUSTOMER,
        keywords(
            "who picked up|who ordered|stayed at|the guest|hotel guest|customer|client|billed to|bill to",
            "invoiced to|buyer|purchaser|kunde|kundin|käufer|rechnungsempfänger",
            "destinataire|facturé à|cliente|comprador|acquirente|klant|afnemer|клиент|покупатель|заказчик|müşteri",
            "alıcı|العميل|المشتري|客户|买方|お客様名|顧客|宛先|고객|구매자|ग्राहक|khách hàng|người mua|ลูกค้า|ผู้ซื้อ",
            "πελάτης|klient|nabywca",
        ),
        keywords(
            "m/s|guest|gast|huésped|hóspede|ospite|name|customer|client|bill to|billed to|invoice to|sold to|buyer",
            "kunde|käufer|rechnung an|destinataire",
            "facturé à|cliente|comprador|acquirente|spett.le|klant|клиент|покупатель|заказчик|müşteri|alıcı|العميل",
            "المشتري|客户|买方|お客様|顧客|고객|구매자|ग्राहक|khách hàng|người mua|ลูกค้า|ผู้ซื้อ|πελάτης|nabywca",
        ),
        WORDS,
    ),
    Field(
        FieldName.ACCOUNT,
        keywords(
            "account number|account no|bank account|iban|which account|what account|kontonummer|bankverbindung",
            "welches konto",
            "compte bancaire|numéro de compte|cuenta bancaria|número de cuenta|conta bancária|conto bancario",
            "rekeningnummer|номер счета|банковский счет|hesap numarası|banka hesabı|رقم الحساب|账号|银行账户",
            "口座番号|振込先|계좌번호|खाता संख्या|số tài khoản|เลขที่บัญชี|αριθμός λογαριασμού|numer konta",
        ),
        keywords(
            "account|acct|a/c|iban|konto|kontonummer|compte|cuenta|conta|conto|rekening|rekeningnummer|р/с|счет",
            "hesap",
            "hesap no|الحساب|账号|账户|口座|振込先|계좌*|खाता*|tài khoản|บัญชี|λογαριασμός",
        ),
        _ACCOUNT,
    ),
)
