"""The fields that receipts, restaurant bills, till slips and invoices have besides those of every form."""

import re

from retrieval.field_table import FULL_DATE, NUMBER, WORDS, Field, FieldName
from retrieval.forms import AMOUNT
from retrieval.keywords import keywords

_PERSON = re.compile(r"^\W*(?:\d+\W+)?[^\W\d_]{2}")
_SOMETHING = re.compile(r"\w")
_TABLE = re.compile(r"^\W*(?:no|nr|n°|number)?\W*[a-z]?\d+\w?", re.IGNORECASE)
_METHODS = (
    r"visa|master ?card|maestro|amex|american express|girocard|ec[- ]?karte|ec[- ]?cash|eftpos|debit|credit"
    r"|card|cash|bar|bargeld"
    r"|geg\W{1,2}bar|karte|kartenzahlung|pin|contant|cb|carte bancaire|carte bleue|especes|cheque|check no"
    r"|carta|bancomat|contante|contanti"
    r"|tarjeta|efectivo|entregado|dinheiro|cartao|pix|upi|paypal|zelle|venmo|apple pay|google pay|gotowka|karta"
    r"|nakit|kredi karti"
    r"|наличн\w*|карт\w*|المدفوع|نقد\w*"
)
_PAY_LABELS = (
    r"paid(?: by| with| in)?|mode|payment(?: method| type)?|tender|pay(?:ment)? mode|zahlungsart|zahlung"
    r"|reglement|forma (?:de )?pag\w*"
    r"|metodo (?:de |di )?pag\w*|pagamento|pagado|betaald|betaling|bezahlt|mode de paiement|zahlart|оплата|odeme"
)
RECEIPT_FIELDS = (
    Field(
        FieldName.ADDRESS,
        keywords(
            "address|postal address|located|adresse|anschrift|dirección|domicilio|endereço|morada|indirizzo|adres",
            "адрес*|adresi",
            "العنوان|地址|住所|주소|पता|địa chỉ|ที่อยู่|διεύθυνση|where is the shop|where is the store",
            "where is the restaurant",
        ),
        keywords("address|adresse|anschrift|dirección|domicilio|endereço|indirizzo|adres|адрес|العنوان|地址|住所|주소"),
        _SOMETHING,
    ),
    Field(
        FieldName.CASH,
        keywords(
            "how much cash|cash tendered|cash given|cash received|cash paid|amount tendered|hand over|handed over",
            "paid in cash",
            "tendered|bar gegeben|bar bezahlt|wie viel bargeld|en espèces|en liquide|en efectivo|entregado",
            "em dinheiro",
            "in contanti|contant betaald|наличными|gotówk*|nakit|現金|お預り*|预收|现金|현금|tiền mặt|เงินสด|نقدا",
        ),
        keywords(
            "cash|tendered|bar|gegeben|geg|bargeld|espèces|especes|efectivo|entregado|dinheiro|contante|contanti",
            "contant",
            "наличн*|gotówka|gotowka|nakit|現金|お預り|お預かり|现金|现收|현금|tiền mặt|เงินสด|نقدا|pagamento contante",
        ),
        AMOUNT,
    ),
    Field(
        FieldName.CASHIER,
        re.compile(
            r"who (?:rang|served|was serving|waited|checked|operated|took the (?:order|payment)|was (?:on"
            r"|at) the (?:till|checkout))"
            r"|rang (?:it|this|them|up)|served (?:the|them|him|her|you|me|us|at|by)|worked the till|"
            + keywords(
                "cashier|till operator|checkout operator|salesperson|sales assistant|waiter|waitress|server|clerk",
                "who served",
                "bediente|bedient|kassierer*|kellner*|verkäufer hat|wer hat kassiert|caissier|caissière|serveur",
                "serveuse|servi",
                "cajero|cajera|camarero|camarera|atendió|atendeu|operador|operadora|cassiere|cassiera|alla cassa",
                "cameriere|servito",
                "kassamedewerker|bediende|ober|kasjer*|kelner*|sprzedawca|кассир*|официант*|kasiyer|garson|الكاشير",
                "البائع|收银员",
                "服务员|担当者|レジ担当|계산원|점원|कैशियर|thu ngân|แคชเชียร์|พนักงาน|ταμίας",
            ).pattern
        ),
        keywords(
            "cashier|cshr|csh|operator|opr|oper|op|clerk|server|waiter|waitress|served by|was served by|sales asst",
            "sales assistant|salesperson|sales person|sold by|staff|host|tech|today was|driver|attended by",
            "assisted by|your server",
            "bediente*|bediening|bedienung|bedient|kassierer*|kassier|verkäufer|caissier*|caissière|serveur",
            "serveuse|servi par|cajero",
            "cajera|atendió|le atendio|atendido por|camarero|atendente|operador*|operatore|cassiere|cassiera",
            "kasjer*|sprzedawca",
            "кассир|kasiyer|garson|الكاشير|البائع|收银员|服务员|担当|責任者|계산원|담당|कैशियर",
            "thu ngân|แคชเชียร์|ταμίας",
        ),
        _PERSON,
        is_strict=True,
    ),
    Field(
        FieldName.MANAGER,
        keywords(
            "manager|filialleiter*|marktleiter*|geschäftsführer*|gérant*|encargad*|gerente|direttore|bedrijfsleider"
        ),
        keywords(
            "manager|mgr|filialleit*|marktleit*|geschäftsführ*|gérant*|encargad*|gerente|direttore|bedrijfsleider"
        ),
        WORDS,
    ),
    Field(
        FieldName.PAYMENT,
        re.compile(
            r"how (?:was|were|did|is|has) (?!much|many).{0,40}?\b(?:paid|pay|settled?)\b(?! for| back)"
            r"|payment (?:method|type|mode)"
            r"|(?:method|means|form|mode|type) of payment|(?:what|which) (?:kind of )?card|paid (?:by"
            r"|with) (?:card|what)"
            r"|wie wurde .{0,30}(?:bezahlt|beglichen)|womit wurde|zahlungsart|zahlungsmittel"
            r"|comment .{0,30}(?:paye|regle)"
            r"|(?:mode|moyen) de paiement|como (?:se )?(?:pago|foi pag)|forma de pag|metodo de pag"
            r"|com[e'] .{0,20}pagato"
            r"|(?:metodo|modalita) di pagamento|hoe .{0,25}betaald|betaalwijze|как .{0,20}оплач|способ оплаты"
            r"|odeme (?:sekli|yontemi)"
            r"|طريقه الدفع|支付方式|付款方式|支払[い]?方法|결제 ?(?:수단|방법)"
            r"|भुगतान .{0,8}(?:तरीका|विधि)|phuong thuc thanh toan|วิธีชำระ"
        ),
        re.compile(
            rf"^\W*(?:{_METHODS})\b(?!\s*(?:sales?|bill|memo|invoice|refund|back|no\b|n[uo]m))"
            rf"|\b(?:{_PAY_LABELS})\b\W*(?=(?:{_METHODS})\b)|現金|現計|お預|クレジット|现金|微信|支付宝|현금|카드"
        ),
        re.compile(""),
    ),
    Field(
        FieldName.TABLE,
        keywords(
            "which table|what table|table number|table no|tischnummer|welcher tisch|welchem tisch|quelle table",
            "numéro de table",
            "qué mesa|número de mesa|número da mesa|qual mesa|che tavolo|quale tavolo|numero del tavolo|welke tafel",
            "tafelnummer",
            "какой стол*|каким столом|номер стола|hangi masa|masa numarası|رقم الطاولة|桌号|几号桌",
            "テーブル番号|테이블 번호",
            "numer stolika|który stolik",
        ),
        keywords("table|tbl|tisch|mesa|tavolo|tafel|стол|стола|masa|طاولة|桌号|桌|テーブル|卓|테이블|stolik|bàn|โต๊ะ"),
        _TABLE,
    ),
    Field(
        FieldName.TIP,
        _TIP := keywords(
            "tip|gratuity|trinkgeld|pourboire|propina|mancia|gorjeta|fooi|чаевые|чаевых|bahşiş",
            "napiwek*|小费|チップ|팁|บทิป",
        ),
        _TIP,
        AMOUNT,
        is_strict=True,
    ),
    Field(
        FieldName.BALANCE,
        keywords(
            "still owed|still owing|still due|still to pay|still to be paid|outstanding|left to pay|remaining",
            "balance due|balance",
            "remains to be paid|restbetrag|noch offen|noch zu zahlen|offener betrag|solde|reste à payer|pendiente",
            "queda por pagar",
            "falta pagar|saldo|resta da pagare|nog te betalen|openstaand|остаток|осталось|kalan",
            "pozostało|尾款|残金|잔액",
        ),
        keywords(
            "balance|outstanding|remaining|restbetrag|offen|offener betrag|solde|reste à payer|reste|pendiente",
            "saldo|restante",
            "te betalen|openstaand|остаток|kalan|pozostało|尾款|残金|잔액|balance due",
        ),
        AMOUNT,
    ),
    Field(
        FieldName.DEPOSIT,
        keywords(
            "deposit paid|down payment|the deposit|prepaid|prepayment|anzahlung|acompte|arrhes|anticipo|depósito",
            "acconto|caparra",
            "sinal|aanbetaling|предоплат*|аванс|ön ödeme|zaliczka|定金|押金|手付金|계약금",
        ),
        keywords(
            "deposit|dep paid|down payment|prepaid|prepayment|anzahlung|acompte|arrhes|anticipo|depósito|acconto",
            "caparra|sinal",
            "aanbetaling|предоплата|аванс|zaliczka|定金|押金|手付金|계약금",
        ),
        AMOUNT,
    ),
    Field(
        FieldName.ITEM_COUNT,
        keywords(
            "how many items|how many articles|how many products|how many things|number of items|wie viele artikel",
            "anzahl der artikel",
            "combien d'articles|cuántos artículos|cuántos productos|quantos itens|quantos produtos|quanti articoli",
            "hoeveel artikelen",
            "сколько товаров|kaç ürün|多少件|几件|何点|몇 개의 상품",
        ),
        keywords(
            "items|item(s)|total qty|qty|items sold|no of items|artikel|articles|artículos|articulos|itens|articoli",
            "pezzi|artikelen",
            "數量|件数|点数|お買上点数|qtd. total de itens|szt",
        ),
        NUMBER,
    ),
    Field(
        FieldName.VOLUME,
        keywords(
            "how many litres|how many liters|how many gallons|how much petrol|how much fuel was|how much diesel was",
            "wie viele liter",
            "wie viel liter|combien de litres|cuántos litros|quantos litros|quanti litri|hoeveel liter",
            "сколько литров|kaç litre",
            "多少升|何リットル|몇 리터|ile litrów",
        ),
        re.compile(r"(?=\d[\d.,]*\s?(?:l|lt|lit|ltr|litres?|liters?|litros|litri|gal|gallons?|л)\b)"),
        NUMBER,
    ),
    Field(
        FieldName.ARRIVAL,
        keywords(
            "check in|checked in|check-in|anreise|arrive at the hotel|arrivée|llegada|entrada|chegada|arrivo",
            "aankomst|заезд*",
        ),
        keywords(
            "arr|arrival|check in|check-in|anreise|date d'arrivée|fecha de llegada|fecha de entrada",
            "data de chegada|data di arrivo|aankomst|заезд|giriş|入住",
        ),
        FULL_DATE,
    ),
    Field(
        FieldName.DEPARTURE,
        keywords(
            "check out|checked out|check-out|abreise|leave the hotel|date de départ|fecha de salida",
            "data de saída|partenza|vertrek|выезд*",
        ),
        keywords("dep|departure|check out|check-out|abreise|départ|salida|saída|partenza|vertrek|выезд|çıkış|退房"),
        FULL_DATE,
    ),
    Field(
        FieldName.PLATE,
        keywords(
            "registration number of the car|car registration|registration of the car|number plate|licence plate",
            "license plate|rego",
            "kennzeichen|plaque d'immatriculation|immatriculation|matrícula del coche|matrícula do carro|targa",
            "kenteken|plaka",
            "registration number of the vehicle|vehicle registration|номер машины|госномер",
        ),
        keywords(
            "reg no|reg|rego|plate|vrm|vehicle|veh|kennzeichen|kfz|immat*|matrícula|targa|kenteken|plaka|госномер",
        ),
        re.compile(r"^\W*(?:no\W+)?(?=[^\W_]*\d|[^\W_]+\W[^\W_]*\d)[^\W_]{2}", re.IGNORECASE),
        unless=re.compile(r"\b(?:co|company|gst|vat|tax|tel)\b"),
    ),
)
