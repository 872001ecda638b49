"""Kinds of shops and services, by what questions call them and by what stands on their receipts.

Whoever asks about "the petrol station" hardly uses a word of its receipt, which says "pump 4, diesel".
"""

import re

from retrieval.keywords import keywords
from retrieval.terms import fold

_TRADES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        keywords(
            "petrol|gas|fuel|filling|servo|tankstelle*|tanken|getankt|benzin*|sprit|essence|carburant*",
            "station-service|gasolinera",
            "gasolina|combustible|combustível|posto|benzina|distributore|benzine|tankstation|азс|бензин*|benzinlik",
            "paliwo",
        ),
        keywords(
            "diesel|unleaded|petrol|fuel|fuels|pump|forecourt|gasoline|gasoil|super e10|e10|super 95|benzin",
            "tankstelle|zapfsäule|säule",
            "sp95|sp98|essence|carburant*|gasolina|gasóleo|combustible|combustível|etanol|benzina|gasolio|benzine",
            "euro 95|бензин|аи-95|motorin",
        ),
    ),
    (
        keywords("taxi|cab|uber|taxifahrt|taxista|такси|taksi|出租车|タクシー|택시"),
        keywords("taxi|taxis|cab|cabs|fare|fahrpreis|course|carrera|corrida|corsa|такси|taksi|タクシー"),
    ),
    (
        keywords(
            "hotel|hôtel|guesthouse|pension|accommodation|lodging|unterkunft|übernachtung*|hébergement",
            "alojamiento|albergo|отель|гостиниц*",
        ),
        keywords(
            "hotel|hôtel|inn|pension|guesthouse|hostel|albergo|room|zimmer|chambre|habitación|camera",
            "übernachtung*|nights|nuitée*|отель",
        ),
    ),
    (
        keywords(
            "restaurant|dinner|lunch|meal|eating|ristorante|restaurante|gaststätte|essen|abendessen|mittagessen",
            "dîner|déjeuner|cena|almuerzo|jantar",
        ),
        keywords(
            "restaurant|restoran|ristorante|restaurante|gasthaus|gasthof|bistro|brasserie|trattoria|pizzeria",
            "diner|grill|kitchen|tisch|table|couverts|mesa",
        ),
    ),
    (
        keywords(
            "pharmacy|chemist|chemist's|drugstore|apotheke*|pharmacie|farmacia|farmácia|apotheek|аптек*|eczane",
            "apteka|药店|薬局|약국",
        ),
        keywords(
            "pharmacy|chemist|chemists|drugstore|apotheke*|pharmacie|farmacia|farmácia|apotheek|аптека|eczane",
            "apteka|药店|薬局|약국",
        ),
    ),
    (
        keywords(
            "bakery|baker|bäcker*|bäckerei*|boulangerie|panadería|padaria|panificio|panetteria|bakkerij|пекарн*",
            "piekarni*",
        ),
        keywords(
            "bakery|bakeries|bäckerei|baeckerei|boulangerie|panadería|padaria|panificio|panetteria|bakkerij",
            "пекарня|piekarnia|confectionery",
        ),
    ),
    (
        keywords(
            "supermarket|grocer*|supermarkt|lebensmittel*|supermarché|supermercado|supermercato|супермаркет*",
            "market|sklep spożywczy",
        ),
        keywords(
            "supermarket|supermarkt|supermarché|supermercado|supermercato|супермаркет|market|mart|alimentari",
            "grocery|grocers|foods",
        ),
    ),
    (
        keywords(
            "parking|car park|parkschein|parkhaus|parken|stationnement|aparcamiento|estacionamiento|parcheggio",
            "parkeren|парковк*|otopark",
        ),
        keywords(
            "parking|car park|pay & display|parkschein|parkhaus|stationnement|aparcamiento|estacionamiento",
            "parcheggio|парковка|otopark",
        ),
    ),
    (
        keywords("stationer|stationer's|stationery|schreibwaren*|papeterie|papelería|cartoleria|papelaria"),
        keywords("stationer|stationers|stationery|schreibwaren|papeterie|papelería|cartoleria|papelaria"),
    ),
    (
        keywords("vet|veterinary|pet|tierarzt|vétérinaire|veterinario"),
        keywords("vet|vets|veterinary|pet|pets|tierarzt*|vétérinaire|veterinario"),
    ),
)


def is_trade(word: str) -> bool:
    """Whether a folded word names a kind of shop."""
    return any(asked.fullmatch(word) for asked, _ in _TRADES)


def is_of_trade(word: str, line: str) -> bool:
    """Whether a folded word names a kind of shop, and a line of a receipt says that it comes from one."""
    return any(asked.fullmatch(word) and said.search(fold(line)) for asked, said in _TRADES)
