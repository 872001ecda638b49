"""The kind of answer that a question expects, told by its words.

Keywords are tables for a dozen languages; a question in another one is simply of no particular kind.
"""

import re
from enum import StrEnum

from retrieval.keywords import keywords
from retrieval.terms import fold


class AnswerKind(StrEnum):
    """What an answer must contain. ``ISSUER`` is the company that a receipt or invoice comes from,

    ``SUBJECT`` what the whole document is about.
    """

    ANY = "any"
    DATE = "date"
    TOTAL = "total"
    AMOUNT = "amount"
    PRICE = "price"
    COUNT = "count"
    PERSON = "person"
    ISSUER = "issuer"
    SUBJECT = "subject"


def find_kind(text: str) -> AnswerKind:
    """The first kind of the table whose keywords occur; who asks "when" wants a date, whatever else is named."""
    folded = _WHEN_CLAUSE.sub(r"\1 ", f" {' '.join(fold(text).split())} ")
    if _SUBJECT.search(folded):
        return AnswerKind.SUBJECT
    if _WHEN.search(folded):
        return AnswerKind.DATE
    return next((kind for kind, pattern in _KINDS if pattern.search(folded)), AnswerKind.ANY)


_PAPERS = (
    r"(?:document|file|text|letter|notice|page|paper|report|pdf|contract|article|book|story|message|dokument|brief"
    r"|schreiben|bericht|datei|seite|vertrag|lettre|texte|rapport|fichier|avis|documento|texto|carta|archivo|informe"
    r"|aviso|arquivo|relatorio|testo|lettera|avviso|tekst|документ\w*|текст\w*|письм\w*|файл\w*|отчет\w*)"
)
_SUBJECT = re.compile(
    rf"what(?:'s| is| does)?\s+(?:this|the|it|that)(?:\s+{_PAPERS})?\s+(?:all\s+)?(?:about|say|tell us)\s*\?*\s*$"
    rf"|what is (?:this|it)\s*\?|what kind of {_PAPERS} is|summar(?:y|i[sz]e)|worum geht es(?: hier| in d\w+ \w+)?\s*\?"
    rf"|wovon handelt|was steht in d\w+ {_PAPERS}\s*\?|was ist das fur ein {_PAPERS}|zusammenfass"
    r"|de quoi (?:parle|s'agit)|quel est le sujet|resume[rz]?\b|de que (?:trata|se trata|habla|fala)"
    rf"|di cosa (?:parla|si tratta)|riassum|waar gaat (?:dit|deze|het|de)\s*{_PAPERS}? over"
    rf"|(?:о чем|про что) (?:этот |это |эта )?(?:{_PAPERS}|идет речь|говорится)|кратко перескажи|neyle ilgili|konusu ne"
    r"|عن ماذا|عما يتحدث|ما موضوع|这是什么|(?:文件|文档|通知|信|报告)是?(?:关于|讲的?是?)?什么"
    r"|何の(?:お知らせ|文書|書類|手紙|話)|何について|무엇에 (?:관한|대한)|किस बारे में|noi ve (?:cai )?gi|เกี่ยวกับอะไร"
    r"|για ποιο θεμα|τι αφορα"
)
_WHEN = keywords(
    "what time|at what time|um wie viel uhr|um wieviel uhr|à quelle heure|a qué hora|a che ora|a que horas",
    "hoe laat|во сколько|saat kaçta|何時|何日|几点|몇 시|며칠|कितने बजे|กี่โมง|mấy giờ|τι ώρα|o której|when",
    "until when|by what date|on what date|which day|what day|what date|wann|bis wann|an welchem tag|quand",
    "à quelle date|cuándo|em que data|quando|che data|in che data|wanneer|когда|πότε|ne zaman|hangi tarihte|متى",
    "何时|什么时候|哪天|哪一天|いつ|언제|कब|เมื่อใด|เมื่อไร|khi nào|ngày nào|kiedy|kdy",
)
_WHEN_CLAUSE = re.compile(
    r"^( ¿?(?:who|whom|whose|what|which|where|why|how|qui|que|ou|comment|combien|quien|como|donde|cuanto|chi|che|cosa"
    r"|come|dove|quanto|quem|onde)\b.*?) (?:when|quand|cuando|quando)\b.*$"
)
"""Behind another question word, "when" says under which circumstances: "Whom do I call when it is broken?"."""
_KINDS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = (
    (
        AnswerKind.ISSUER,
        keywords(
            "company that issued|issued by|who issued|which company|what company|name of the company",
            "name of the store|name of the shop|which store|which shop|what store|what shop|name of the restaurant",
            "name of the pharmacy|where was this bought|where did i buy|where did i shop|name of the business",
            "name of the firm|wo wurde eingekauft|name des geschäfts|welches geschäft|name des ladens",
            "wie heißt das geschäft|wie heißt der laden|wie heißt die firma|nom du magasin|nom de la société",
            "nom du restaurant|comment s'appelle le magasin|nombre de la tienda|cómo se llama la tienda",
            "nombre del restaurante|nome da loja|nome da empresa|nome da farmácia|nome do restaurante",
            "come si chiama il negozio|nome del negozio|nome dell'azienda|che negozio|quale negozio",
            "naam van de winkel|welke winkel|название магазина|какой магазин|как называется магазин",
            "название компании|mağazanın adı|hangi mağaza|firmanın adı|şirketin adı|اسم المتجر|اسم الشركة|商店名称",
            "店铺名称|店の名前|가게 이름|상호|दुकान का नाम|कंपनी का नाम|tên cửa hàng|tên công ty|ชื่อร้าน|ชื่อบริษัท",
            "όνομα του καταστήματος|όνομα της εταιρείας|merchant|vendor|seller|supplier|issuer|sold by",
            "von welcher firma|welcher firma|which firm|what firm|de quelle entreprise|quale ditta|welche firma",
            "firmenname|aussteller|verkäufer|händler|lieferant|welches unternehmen|quelle entreprise",
            "nom de l'entreprise|vendeur|fournisseur|émetteur|quel magasin|qué empresa|nombre de la empresa",
            "vendedor|proveedor|emisor|qué tienda|qual empresa|fornecedor|quale azienda|fornitore|venditore",
            "welk bedrijf|leverancier|какая компания|продавец|поставщик|公司名称|哪家公司|商家|供应商|店名|会社名",
            "発行元|店舗名|회사명|판매자",
        ),
    ),
    (
        AnswerKind.TOTAL,
        keywords(
            "total*|amount due|amount payable|grand total|sum to pay|to be paid|balance due|how much is the bill",
            "how much is the invoice|how much did i pay|how much do i owe|how much do we owe",
            "how much do i have to pay|how much was paid|how much is owed|wie viel muss ich zahlen",
            "wie viel habe ich bezahlt|combien dois-je payer|combien ai-je payé|cuánto pagué|cuánto hay que pagar",
            "cuánto debo pagar|cuánto tengo que pagar|quanto paguei|quanto devo pagar|quanto ho pagato",
            "quanto devo pagare|hoeveel moet ik betalen|сколько я заплатил*|сколько нужно заплатить",
            "do zapłaty|do zaplaty|kwota|ne kadar ödedim|gesamt*|summe|endbetrag|rechnungsbetrag|zu zahlen",
            "montant total|total à payer",
            "importe total|valor total|totale|importo|totaal*|te betalen|итого|общая сумма|к оплате|συνολο|toplam",
            "المجموع|الاجمالي|总额|总计|合计|总金额|合計|総額|총액|합계|कुल राशि|कुल|tổng cộng|tổng số tiền|ยอดรวม",
            "รวมทั้งสิ้น",
        ),
    ),
    (
        AnswerKind.COUNT,
        keywords(
            "how many|number of|how often|wie viele|anzahl|wie oft|combien de|combien d*|cuántos|cuántas|número de",
            "quantos|quantas|quanti|quante|hoeveel|сколько|πόσοι|πόσες|πόσα|kaç|كم عدد|多少个|几个|几次|何人",
            "いくつ|몇|कितने|कितनी|กี่|bao nhiêu|có mấy|mấy người|mấy cái|mấy lần",
        ),
    ),
    (
        AnswerKind.PRICE,
        keywords(
            "price*|cost|costs|extra charge|surcharge|gekostet|kostete|kosteten|fee|fees|salary",
            "how much is the rent|how much is the deposit|how much is the fine",
            "how much is the monthly rent|preis|kostet|gebühr*|wie hoch ist die miete|wie hoch ist die kaution",
            "prix|coûte*|precio|cuesta*|costó|preço|custou|custa|prezzo|costa|costano|è costato|prijs|kost",
            "hoe duur|цена|стоимость|стоит|стоил*|τιμή|κοστίζει|κόστος|fiyat*|ücret*|سعر|تكلفة|多少钱|价格|费用",
            "租金|いくら|価格|料金|家賃|얼마|가격|요금|비용|कीमत|मूल्य|शुल्क|किराया|ราคา|ค่าเช่า|giá|chi phí",
        ),
    ),
    (
        AnswerKind.AMOUNT,
        keywords(
            "how much|amount*|wie viel|betrag*|combien|montant|cuánto|importe|quanto|valor|bedrag|сумма|πόσο",
            "ne kadar|كم|金额|金額|कितना|เท่าไร",
        ),
    ),
    (
        AnswerKind.DATE,
        keywords(
            "when|date*|year|which day|what day|wann|datum|jahr|welchem tag|quand|année|cuándo|fecha|año|quando",
            "que data|che data|data da|data do|data de|data della|data dello|data del|data di|qual é a data",
            "qual è la data|anno|wanneer|jaar|когда|дата|год|году|πότε|ημερομηνία|έτος|χρονιά|ne zaman|tarih*|yıl*",
            "متى|تاريخ|عام|سنة|何时|什么时候|日期|哪一年|哪年|いつ|日付|何年|언제|날짜|कब|तारीख|वर्ष|เมื่อใด|เมื่อไร",
            "วันที่|ปีใด|khi nào|ngày|năm nào",
        ),
    ),
    (
        AnswerKind.PERSON,
        keywords(
            "who|whom|whose|wer|wen|wem|wessen|qui|quién|quiénes|quem|chi|wie heißt|кто|кого|кому|ποιος|ποια|ποιοι",
            "kim|kimin|من هو|من الذي|谁|誰|だれ|누가|누구|कौन|किसने|ใคร|ai là|ai đã",
        ),
    ),
)
