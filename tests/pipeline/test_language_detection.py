"""Naming a text's language: right on a sentence or two, silent on crumbs, steady under an OCR engine's mistakes."""

import random

import pytest

from pipeline.language_detection import candidate_languages, detect_language
from pipeline.languages import LANGUAGES, SCRIPTS

SENTENCES = {
    "en": "The meeting on Thursday has been moved to the large room because more people want to come.",
    "de": "Die Besprechung am Donnerstag findet im großen Saal statt, weil mehr Leute kommen wollen.",
    "fr": "La réunion de jeudi aura lieu dans la grande salle, parce que davantage de gens veulent venir.",
    "es": "La reunión del jueves se celebrará en la sala grande porque quiere venir más gente.",
    "pt": "A reunião de quinta-feira será na sala grande, porque há mais pessoas que querem vir.",
    "it": "La riunione di giovedì si terrà nella sala grande perché vogliono venire più persone.",
    "nl": "De vergadering van donderdag is verplaatst naar de grote zaal omdat er meer mensen willen komen.",
    "pl": "Czwartkowe spotkanie odbędzie się w dużej sali, ponieważ chce przyjść więcej osób.",
    "cs": "Čtvrteční schůzka se bude konat ve velkém sále, protože chce přijít více lidí.",
    "hu": "A csütörtöki megbeszélést a nagyteremben tartjuk, mert többen szeretnének eljönni.",
    "tr": "Perşembe günkü toplantı büyük salonda yapılacak, çünkü daha fazla kişi gelmek istiyor.",
    "vi": "Cuộc họp hôm thứ năm được chuyển sang phòng lớn vì có nhiều người muốn đến hơn.",
    "fi": "Torstain kokous pidetään suuressa salissa, koska useampi ihminen haluaa tulla mukaan.",
    "sv": "Mötet på torsdag flyttas till den stora salen eftersom fler människor vill komma.",
    "ro": "Ședința de joi va avea loc în sala mare, pentru că mai mulți oameni vor să vină.",
    "id": "Rapat hari Kamis dipindahkan ke ruangan besar karena lebih banyak orang yang ingin datang.",
    "ru": "Собрание в четверг перенесли в большой зал, потому что хочет прийти больше людей.",
    "uk": "Збори в четвер перенесли до великої зали, тому що хоче прийти більше людей.",
    "bg": "Срещата в четвъртък ще се състои в голямата зала, защото искат да дойдат повече хора.",
    "el": "Η συνάντηση της Πέμπτης θα γίνει στη μεγάλη αίθουσα, γιατί θέλουν να έρθουν περισσότεροι.",
    "ar": "سيعقد اجتماع يوم الخميس في القاعة الكبيرة لأن عددا أكبر من الناس يريد الحضور.",
    "fa": "جلسه پنجشنبه در سالن بزرگ برگزار می‌شود، چون افراد بیشتری می‌خواهند بیایند.",
    "ur": "جمعرات کا اجلاس بڑے ہال میں ہوگا کیونکہ زیادہ لوگ آنا چاہتے ہیں۔",
    "he": "הפגישה ביום חמישי תתקיים באולם הגדול כי יותר אנשים רוצים לבוא.",
    "yi": "די זיצונג דאנערשטיק וועט זיין אין דעם גרויסן זאל, ווייל מער מענטשן ווילן קומען.",
    "hi": "गुरुवार की बैठक बड़े कमरे में होगी क्योंकि ज़्यादा लोग आना चाहते हैं।",
    "mr": "गुरुवारची बैठक मोठ्या सभागृहात होणार आहे कारण जास्त लोकांना यायचे आहे.",
    "bn": "বৃহস্পতিবারের সভা বড় ঘরে হবে, কারণ আরও বেশি মানুষ আসতে চান।",
    "th": "การประชุมวันพฤหัสบดีจะจัดในห้องใหญ่เพราะมีคนอยากมามากขึ้น",
    "am": "የሐሙስ ስብሰባ በትልቁ አዳራሽ ይካሄዳል ምክንያቱም ብዙ ሰዎች መምጣት ይፈልጋሉ።",
    "ti": "ናይ ሓሙስ ኣኼባ ኣብቲ ዓቢ ኣዳራሽ ክካየድ እዩ ምኽንያቱ ብዙሓት ሰባት ክመጹ ይደልዩ ኣለዉ።",
    "ko": "더 많은 사람이 오고 싶어 해서 목요일 회의는 큰 방에서 열립니다.",
    "ja": "参加したい人が増えたので、木曜日の会議は大きな部屋で行います。",
    "zh-Hans": "因为想来的人更多了，星期四的会议改在大厅举行。",
    "zh-Hant": "因為想來的人更多了，星期四的會議改在大廳舉行。",
    "ka": "ხუთშაბათის შეხვედრა დიდ დარბაზში გაიმართება, რადგან მეტ ადამიანს სურს მოსვლა.",
}


@pytest.mark.parametrize(("code", "sentence"), SENTENCES.items())
def test_names_the_language_of_a_sentence(code, sentence):
    assert detect_language(sentence) == code
    assert detect_language(sentence, LANGUAGES[code].script) == code


@pytest.mark.parametrize("code", ["en", "de", "fr", "es", "pl", "cs", "tr", "vi", "ru", "uk", "ar", "fa", "hi", "am"])
def test_bears_an_engines_mistakes(code):
    dice = random.Random(3)
    letters = list(f"{SENTENCES[code]} " * 2)
    for place in dice.sample(range(len(letters)), len(letters) // 12):
        letters[place] = dice.choice(("", "l", "1", "|", "rn", "."))
    assert detect_language("".join(letters), LANGUAGES[code].script) == code


@pytest.mark.parametrize("code", ["en", "de", "pl", "tr", "ru", "el"])
def test_reads_capitals(code):
    assert detect_language(SENTENCES[code].upper()) == code


@pytest.mark.parametrize("crumbs", ["", " \n", "12.50", "OK", "Nr. 7", "Summe", "\ud800\x00\x07", "#" * 500])
def test_says_nothing_of_crumbs(crumbs):
    assert detect_language(crumbs) is None
    assert detect_language(crumbs, "Latn") is None


def test_a_receipt_is_in_its_language():
    receipt = (
        "CORNER CAFE\n14 High Street\nTEL 020 7946 0018\n1 x Coffee 2.80\n2 x Sandwich 9.60\nSUBTOTAL 12.40\n"
        "SERVICE CHARGE 1.24\nTOTAL DUE 13.64\nCARD PAYMENT\nTHANK YOU FOR YOUR VISIT"
    )
    assert detect_language(receipt, "Latn") == "en"


def test_a_script_with_one_language_needs_no_text():
    assert detect_language("3", "Thai") == "th"
    assert detect_language("", "Khmr") == "km"
    assert detect_language("שלום", "Hebr") == "he"
    assert detect_language("Hof", "Latf") == "de"


def test_never_leaves_the_script():
    serbian = "Састанак у четвртак биће у великој сали јер више људи жели да дође."
    assert detect_language(serbian) == "sr-Cyrl"
    assert detect_language(SENTENCES["en"], "Cyrl") is None
    latin = "Sastanak u četvrtak biće u velikoj sali jer više ljudi želi da dođe."
    assert LANGUAGES[detect_language(latin) or ""].script == "Latn"


@pytest.mark.parametrize("script", SCRIPTS)
def test_candidates_are_written_in_their_script(script):
    candidates = candidate_languages(script)
    assert candidates
    assert all(LANGUAGES[code].script == script for code in candidates)


def test_candidates_of_an_unknown_script():
    with pytest.raises(KeyError):
        candidate_languages("Zzzz")
