import pytest

from pipeline.document import Box, Line, Word
from pipeline.lookalikes import correct_letters, correct_lines, correct_text


@pytest.mark.parametrize(
    ("script", "read", "meant"),
    [
        ("Arab", "نژاد, رنگ? زبان;", "نژاد، رنگ؟ زبان؛"),
        ("Arab", "1,250 and 3,5", "1,250 and 3,5"),
        ("Armn", "իրավունքներով: 12:30", "իրավունքներով։ 12:30"),
        ("Ethi", "አለው፡፡ ሰው:ነው", "አለው። ሰው፡ነው"),
        ("Laoo", "ສໍາ ນໍ້າ", "ສຳ ນ້ຳ"),
        ("Mymr", "ဖြစ်စေ! ၁၀၀", "ဖြစ်စေ၊ ၁၀၀"),
        ("Mymr", "၀င်", "ဝင်"),
        ("Deva", "है | a|b", "है । a|b"),
        ("Grek", "ε\u00b5πρός", "εμπρός"),
        ("Cyrl", "мeсто IBM XXI", "место IBM XXI"),
        ("Telu", "కొటేషన్\u200c సాఫ్ట్\u200cవేర్\u200c.", "కొటేషన్ సాఫ్ట్\u200cవేర్."),
        ("Taml", "பயன்\u200cபாடு ஆவணம்\u200c", "பயன்பாடு ஆவணம்"),
        ("Mlym", "സൈപ്രസ്\u200c", "സൈപ്രസ്"),
        ("Latn", "a, b? c: d | e", "a, b? c: d | e"),
        (None, "a, b", "a, b"),
    ],
)
def test_only_what_the_script_leaves_no_doubt_about_is_changed(script, read, meant):
    assert correct_text(read, script) == meant


def test_words_are_corrected_with_their_line():
    box = Box(0, 0, 1, 1)
    (line,) = correct_lines([Line("رنگ, a", box, 0.5, (Word("رنگ,", box, 0.5), Word("a", box, 0.5)))], "Arab")
    assert line.text == "رنگ، a"
    assert [word.text for word in line.words] == ["رنگ،", "a"]


@pytest.mark.parametrize(
    ("language", "read", "meant"),
    [
        ("ro", "Alegeţi acelaşi ŢEL", "Alegeți același ȚEL"),
        ("tr", "başka ŞEY", "başka ŞEY"),
        ("it", "ll gatto, dell'arte", "Il gatto, dell'arte"),
        ("fr", "ll pleut", "Il pleut"),
        ("en", "we'll see ll", "we'll see ll"),
        (None, "ţ", "ţ"),
    ],
)
def test_some_letters_are_told_by_the_language(language, read, meant):
    (line,) = correct_letters([Line(read, Box(0, 0, 1, 1), 0.5)], language)
    assert line.text == meant
