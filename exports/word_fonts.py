"""Which font a DOCX names for which script.

Word has three font slots for a run: Latin letters and their kin, East Asian ones, and complex scripts. The document's
defaults name a font for each after the scripts it is in; a run names its own only where it is in another script.
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.document import Document

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.run import Run

_LATIN = "Calibri"
# (letters, slot, a font that Windows and macOS have with Word). The first row that matches most letters wins.
_SCRIPTS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile("[\u3040-\u30ff\u31f0-\u31ff]"), "w:eastAsia", "Yu Mincho"),
    (re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"), "w:eastAsia", "Malgun Gothic"),
    (re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"), "w:eastAsia", "SimSun"),
    (re.compile("[\u0590-\u05ff]"), "w:cs", "Arial"),
    (re.compile("[\u0600-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]"), "w:cs", "Arial"),
    (re.compile("[\u0900-\u0dff]"), "w:cs", "Nirmala UI"),
    (re.compile("[\u0e00-\u0eff\u1780-\u17ff]"), "w:cs", "Leelawadee UI"),
    (re.compile("[\u1000-\u109f\uaa60-\uaa7f]"), "w:cs", "Myanmar Text"),
    (re.compile("[\u0f00-\u0fff]"), "w:cs", "Microsoft Himalaya"),
    (re.compile("[\u1200-\u139f]"), "w:ascii", "Ebrima"),
    (re.compile("[\u0530-\u058f\u10a0-\u10ff]"), "w:ascii", "Sylfaen"),
)
_BY_LANGUAGE = {"zh-Hant": "PMingLiU", "ja": "Yu Mincho", "ko": "Malgun Gothic"}
_SLOTS = ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs")
_JUDGED_CHARACTERS = 20_000


def set_fonts(written: "WordDocument", document: Document) -> None:
    """The defaults of the whole document, after its most frequent scripts and its language."""
    sample = "".join(block.text[:_JUDGED_CHARACTERS] for page in document.pages for block in page.blocks)
    fonts = {"w:ascii": _LATIN, "w:hAnsi": _LATIN, "w:eastAsia": "SimSun", "w:cs": "Arial"}
    fonts |= _fonts_of(sample[:_JUDGED_CHARACTERS])
    language = document.detected_language
    if language in _BY_LANGUAGE:
        fonts["w:eastAsia"] = _BY_LANGUAGE[language]
    _name_language(written, language)
    _name_fonts(written.styles["Normal"].element.get_or_add_rPr(), fonts)
    for level in range(1, 7):
        # The template's headings name theme fonts, which know nothing of the text's script.
        _name_fonts(written.styles[f"Heading {level}"].element.get_or_add_rPr(), fonts)


def _name_language(written: "WordDocument", language: str | None) -> None:
    """The defaults' language for proofing, and for the forms of characters that Chinese and Japanese share."""
    from docx.oxml.ns import qn

    for element in written.styles.element.iter(qn("w:lang")):
        if language is not None:
            element.set(qn("w:val"), language)
            element.set(qn("w:eastAsia"), language)
            element.set(qn("w:bidi"), language)


def set_run_font(run: "Run", text: str) -> None:
    """A font for the run where the script of ``text`` is not what the document's defaults are for."""
    from docx.enum.style import WD_STYLE_TYPE

    normal: Any = run.part.get_style(None, WD_STYLE_TYPE.PARAGRAPH)
    defaults = _fonts_in(normal.element.get_or_add_rPr())
    wanted = {slot: font for slot, font in _fonts_of(text).items() if defaults.get(slot) != font}
    if wanted.get("w:eastAsia") == "SimSun":
        # Chinese characters in a Japanese, Korean or traditional Chinese document are that document's.
        del wanted["w:eastAsia"]
    if wanted:
        _name_fonts(run._r.get_or_add_rPr(), wanted)


def _fonts_of(text: str) -> dict[str, str]:
    """For each slot that the letters of ``text`` need, the font of the most frequent script."""
    counts: Counter[tuple[str, str]] = Counter()
    for letters, slot, font in _SCRIPTS:
        counts[slot, font] += sum(1 for _ in letters.finditer(text))
    fonts: dict[str, str] = {}
    for (slot, font), count in counts.most_common():
        if count:
            fonts.setdefault(slot, font)
    if counts["w:eastAsia", "Yu Mincho"]:
        fonts["w:eastAsia"] = "Yu Mincho"
    if "w:ascii" in fonts:
        fonts["w:hAnsi"] = fonts["w:ascii"]
    return fonts


def _name_fonts(properties: Any, fonts: dict[str, str]) -> None:
    from docx.oxml.ns import qn

    names = properties.get_or_add_rFonts()
    for slot, font in fonts.items():
        names.set(qn(slot), font)
        theme = qn(f"{slot}Theme" if slot != "w:cs" else "w:cstheme")
        if theme in names.attrib:
            del names.attrib[theme]


def _fonts_in(properties: Any) -> dict[str, str]:
    from docx.oxml.ns import qn

    names = properties.get_or_add_rFonts()
    return {slot: names.get(qn(slot)) for slot in _SLOTS if names.get(qn(slot))}
