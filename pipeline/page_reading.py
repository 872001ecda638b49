"""One page image read by the embedded engines: upright, in its language, by the engine that reads it best."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from errors import EngineUnavailableError
from pipeline.calibration import calibrate_lines
from pipeline.careful_reading import FirstReading, read_again
from pipeline.document import Box, Line
from pipeline.engines.base import EngineRequest
from pipeline.engines.catalogue import ENGINES
from pipeline.language_detection import detect_language, find_only_language
from pipeline.languages import LANGUAGES, find_language
from pipeline.letters import letter_share, script_of_text, tell_han_apart
from pipeline.line_fusion import drop_covered
from pipeline.line_isolation import IsolatedLine, isolate_lines, move_line, unread_share
from pipeline.lookalikes import correct_lines
from pipeline.page_image import PageImage
from pipeline.prepare import Grey, PreparedPage, prepare
from pipeline.reading_language import Reading, better_of, find_accented_route, fits, identify, tells_language
from pipeline.routing import (
    LATIN_PACK,
    RAPIDOCR,
    TESSERACT,
    Route,
    add_latin,
    can_miss_latin,
    is_hopeless,
    is_weak,
    latin_alternatives,
    mean_confidence,
    narrow_latin,
    route_accented_latin,
    route_language,
    route_latin,
    route_poor_latin,
    route_script,
    vote_candidates,
    widen_latin,
)
from pipeline.rule_erasing import erase_rules
from pipeline.script_detection import ScriptFinding, detect_scripts
from pipeline.script_vote import sample_lines, vote, vote_for_twin
from pipeline.second_look import look_again, needs_look
from pipeline.short_pictures import MOST_LINES, read_short_picture
from pipeline.vertical_text import columns_pack, complete_columns, is_vertical

if TYPE_CHECKING:
    from pipeline.engines.orientation_model import OrientationModel
    from pipeline.engines.rapidocr_engine import RapidOcrEngine
    from pipeline.engines.script_classifier import ScriptClassifier
    from pipeline.engines.tesseract_engine import TesseractEngine

CAREFUL = "embedded-careful"

# Tesseract guesses layout distances from it; higher values make it drop small print.
_LAYOUT_DPI = 150
_LOOKS_LIKE = 0.15
_CERTAIN_OF_A_WORD = 0.9  # of which the look of the page says little
_CLEARLY_BETTER, _POSSIBLE_ROTATION, _CERTAIN_ROTATION = 0.15, 0.1, 0.7
_ON_ITS_HEAD = 0.5  # by the look of the letters, which is right more often than by that of the page
_SURELY_LYING, _CLEARLY_LYING = 0.8, 0.1
_MAYBE, _MAYBE_DESPITE_LATIN = 0.22, 0.45
_LATIN = frozenset({"Latn", "Latf"})
_LIKELY = 6  # scripts that a page may be in by its look, tried before all others
# PP-OCR's own confidences: it reads Cyrillic as Latin look-alikes at up to 0.94.
_RAPIDOCR_SURE_OF_LATIN, _RAPIDOCR_SURE_OF_CJK, _RAPIDOCR_GUESSES_LATIN = 0.96, 0.9, 0.75
_WORTH_LOOKING = 0.02  # share of the ink that no word covers
_MOST_LOST_LINES = 40
_SHORTEST_TEXT = 2  # characters, on a page with nothing on it that looks like a letter
_BELIEVABLE = 0.6  # Tesseract's own confidence in a line that its layout analysis didn't take for one

_Attempt = tuple[Route, str | None, tuple[Line, ...], str]  # with the script found and the engine


class PageReader:
    """Opens engines on first use and keeps them."""

    def __init__(self, cpu_engine: str = "auto", tessdata: str | None = None, timeout_s: float | None = None) -> None:
        if cpu_engine not in ("auto", "scripted", *ENGINES):
            raise EngineUnavailableError(
                f"There is no embedded engine '{cpu_engine}'.", remedy=f"Use auto, {' or '.join(sorted(ENGINES))}."
            )
        self._cpu_engine = cpu_engine
        self._tessdata = Path(tessdata) if tessdata else None
        self._timeout_s = timeout_s
        self._tesseract: TesseractEngine | None = None
        self._rapidocr: RapidOcrEngine | None = None
        self._orientation: OrientationModel | None = None
        self._scripts: ScriptClassifier | None = None

    def read(self, image: PageImage, language: str, *, careful: bool = False, rotation: int | None = None) -> Reading:
        """``language`` is ``auto`` or a code of :mod:`pipeline.languages`.

        ``rotation`` (0, 90, 180 or 270 clockwise) is for pages whose position is known for sure.
        """
        reading = (
            self._read_somehow(image, language) if rotation is None else self._read_turned(image, rotation, language)
        )
        return self._reread(reading) if careful else reading

    def _read_somehow(self, image: PageImage, language: str) -> Reading:
        """The way up that the page's looks and what can be read speak for."""
        ranked = self._open_orientation().rank_rotations(image.pixels)
        upright, certainty = ranked[0]
        reading = self._read_turned(image, upright, language, certainty)
        is_short = reading.prepared.glyph_px is None
        needed = _CERTAIN_OF_A_WORD if is_short else _CERTAIN_ROTATION
        if upright and certainty < needed and (is_short or is_weak(reading.lines)):
            reading = better_of(reading, self._read_turned(image, 0, language))
        if is_short and is_weak(reading.lines) and not find_language(language):
            reading = better_of(reading, self._read_short(image))
        # The network takes some pages (Hebrew, ragged on the left) for ones that stand on their head.
        for rotation, probability in ranked[1:]:
            if not is_hopeless(reading.lines) or not (reading.is_script_assumed or find_language(language)):
                break
            if rotation == reading.prepared.rotation:
                continue
            if is_short or rotation == (upright + 180) % 360 or probability > _POSSIBLE_ROTATION:
                tried = self._read_turned(image, rotation, language)
                if mean_confidence(tried.lines) > mean_confidence(reading.lines) + _CLEARLY_BETTER:
                    reading = tried
        return reading

    def _read_short(self, image: PageImage) -> Reading | None:
        """A picture of a word or two, taken to be upright; None where no data reads it well."""
        prepared, seen = self._prepare(image, 0)
        isolated = tuple(islice(isolate_lines(prepared.grey), MOST_LINES + 1))
        if self._cpu_engine == RAPIDOCR or not 0 < len(isolated) <= MOST_LINES:
            return None
        looks = {guess.script: guess.score for guess in seen.guesses}
        candidates = sorted((("Latn", LATIN_PACK), *vote_candidates()), key=lambda c: -looks.get(c[0], 0.0))
        found = read_short_picture(isolated, looks, candidates, self._read_word)
        if found is None:
            return None
        script, code = identify(found.lines, found.script, TESSERACT)
        lines = correct_lines(found.lines, script)
        return Reading(prepared, lines, TESSERACT, route_script(found.script), code, script)

    def _read_word(self, one: IsolatedLine, pack: str, is_word: bool) -> Sequence[Line]:
        from pipeline.engines.tesseract_engine import SINGLE_LINE, SINGLE_WORD

        layout = SINGLE_WORD if is_word else SINGLE_LINE
        lines = self._open_tesseract().read(one.pixels, [pack], layout=layout, dpi=_LAYOUT_DPI)
        return calibrate_lines([move_line(line, one.left, one.top) for line in lines], TESSERACT)

    def _reread(self, reading: Reading) -> Reading:
        """The careful reading: again by other means, and of each line the likeliest."""
        if self._cpu_engine != "auto":
            return replace(reading, engine=CAREFUL)
        first = FirstReading(reading.prepared, reading.lines, reading.engine, reading.route, reading.language)

        def read(engine: str, route: Route, prepared: PreparedPage) -> tuple[Line, ...]:
            return correct_lines(self._read_with(engine, route, prepared), reading.script)

        return replace(reading, lines=read_again(first, read), engine=CAREFUL)

    def read_region(self, image: PageImage, region: Box, language: str) -> Reading:
        """The text in a part of the page image; boxes are in pixels of the whole image."""
        left, top = max(0, int(region.left)), max(0, int(region.top))
        pixels = image.pixels[top : max(top + 1, int(region.bottom)), left : max(left + 1, int(region.right))]
        reading = self._read_turned(PageImage(image.number, pixels, image.dpi), 0, language)
        lines = [move_line(reading.prepared.map_line(line), left, top) for line in reading.lines]
        return replace(reading, lines=tuple(lines))

    def identify(self, lines: Sequence[Line], language: str) -> tuple[str | None, str | None]:
        """Language and script of text that was read already; the language asked for is believed."""
        known = find_language(language)
        if known:
            return known.code, known.script
        text = "\n".join(line.text for line in lines)
        script = script_of_text(text)
        return detect_language(text, script), script

    def close(self) -> None:
        if self._tesseract:
            self._tesseract.close()

    def _read_turned(self, image: PageImage, rotation: int, language: str, certainty: float | None = None) -> Reading:
        """``certainty`` None keeps to ``rotation``; else the look of the letters may put a page back on its feet."""
        known = find_language(language)
        if known is None:
            return self._read_unknown(image, rotation, certainty)
        prepared = prepare(image, rotation=rotation)
        route = route_language(known)
        if can_miss_latin(known.script) and "Latn" in self._look(prepared).present:
            route = add_latin(route)
        lines, engine = self._follow(route, prepared)
        return Reading(prepared, correct_lines(lines, known.script), engine, route, known.code, known.script)

    def _read_unknown(self, image: PageImage, rotation: int, certainty: float | None) -> Reading:
        if certainty is None:
            prepared, seen = self._prepare(image, rotation)
        else:
            prepared, seen = self._stand_up(image, rotation, certainty)
        route, found = self._find_route(prepared, seen)
        if found and can_miss_latin(found) and "Latn" in seen.present:
            route = add_latin(route)
        lines, engine = self._follow(route, prepared)
        if found == "Latn" and engine == TESSERACT and not fits(route, lines):
            route = widen_latin(route)
            lines, engine = self._follow(route, prepared)
        if not seen.pieces and sum(len(line.text) for line in lines) < _SHORTEST_TEXT:
            lines = ()
        if seen.is_sure and is_hopeless(lines):
            route, found, lines, engine = self._try_otherwise(prepared, seen, (route, found, lines, engine))
        script, code = identify(lines, found or "Latn", engine)
        accented = route_accented_latin(LANGUAGES[code]) if code and engine == RAPIDOCR else None
        if accented and self._cpu_engine == "auto":
            route = accented
            lines, engine = self._follow(route, prepared)
        return Reading(
            prepared, correct_lines(lines, script), engine, route, code, script, is_script_assumed=found is None
        )

    def _look(self, prepared: PreparedPage) -> ScriptFinding:
        return detect_scripts(prepared.grey, self._open_scripts())

    def _prepare(self, image: PageImage, rotation: int) -> tuple[PreparedPage, ScriptFinding]:
        prepared = prepare(image, rotation=rotation)
        return prepared, self._look(prepared)

    def _stand_up(self, image: PageImage, rotation: int, certainty: float) -> tuple[PreparedPage, ScriptFinding]:
        """The page the way up that the look of its letters speaks for, which sees more than the look of the page.

        A page without anything that looks like a letter may lie on its side, and so may one whose look is uncertain.
        """
        prepared, seen = self._prepare(image, rotation)
        if not seen.pieces or certainty < _CERTAIN_ROTATION:
            lying, other = self._prepare(image, (rotation + 90) % 360)
            needed = max(_SURELY_LYING, seen.guesses[0].score + _CLEARLY_LYING if seen.guesses else 0.0)
            if other.is_sure and other.guesses[0].score >= needed:
                prepared, seen = lying, other
        if seen.upside_down > _ON_ITS_HEAD and (seen.pieces or certainty < _CERTAIN_ROTATION):
            prepared = prepare(image, rotation=(prepared.rotation + 180) % 360)
        return prepared, seen

    def _try_otherwise(self, prepared: PreparedPage, seen: ScriptFinding, first: _Attempt) -> _Attempt:
        """Where the letters looked like a script but can't be read as such: what reading a little finds instead."""
        route, found = self._find_route_by_reading(sample_lines(prepared.grey, prepared.glyph_px), seen)
        if route == first[0]:
            return first
        lines, engine = self._follow(route, prepared)
        is_better = mean_confidence(lines) > mean_confidence(first[2]) + _CLEARLY_BETTER
        return (route, found, lines, engine) if is_better else first

    def _find_route(self, prepared: PreparedPage, seen: ScriptFinding) -> tuple[Route, str | None]:
        """For a page of unknown language: the route, and the script that its letters are in (None: not recognised).

        The look of the letters settles most pages. Latin ones are read a little, to learn how well which engine does
        it.
        """
        if seen.best and seen.is_sure and seen.best not in _LATIN:
            return route_script(seen.best), seen.best
        return self._find_route_by_reading(sample_lines(prepared.grey, prepared.glyph_px), seen)

    def _find_route_by_reading(self, samples: Sequence[Grey], seen: ScriptFinding) -> tuple[Route, str | None]:
        """Latin as Tesseract reads it, then what PP-OCR knows, then every script in turn, the likely ones first."""
        latin = vote(samples, [("Latn", LATIN_PACK)], self._read_sample, tells_language)
        if latin and not latin.is_sure and latin.score > _MAYBE:
            if accented := find_accented_route(latin.text):
                return accented, "Latn"
            latin = vote(samples, latin_alternatives(), self._read_sample)
        if latin and latin.is_sure and (other := vote_for_twin(samples, seen.guesses, latin, self._read_sample)):
            return route_script(other.script), other.script
        if latin and latin.is_sure:
            route = route_latin(latin.pack)
            only = find_language(find_only_language(latin.text, "Latn") or "")
            return (narrow_latin(route, only) if only else route), "Latn"
        if seen.is_sure and seen.best in _LATIN:
            return route_poor_latin(), "Latn"
        return self._find_rare_route(samples, seen, latin.score if latin else 0.0)

    def _find_rare_route(
        self, samples: Sequence[Grey], seen: ScriptFinding, latin_score: float
    ) -> tuple[Route, str | None]:
        text, confidence = self._sample_with_rapidocr(samples)
        if confidence >= _RAPIDOCR_SURE_OF_CJK and max(letter_share(text, "Jpan"), letter_share(text, "Hans")) > 0.5:
            script = tell_han_apart(text)
            return route_script(script), script
        if confidence >= _RAPIDOCR_SURE_OF_LATIN and letter_share(text, "Latn") > 0.9:
            return route_poor_latin(), "Latn"
        shorter = [sample[:, : max(200, sample.shape[1] // 2)] for sample in samples[:1]]
        likely = [guess.script for guess in seen.guesses[:_LIKELY]]
        winner = vote(shorter, vote_candidates(likely), self._read_sample)
        looks = {guess.script for guess in seen.guesses if guess.score >= _LOOKS_LIKE}
        if winner and winner.script in looks and _MAYBE <= winner.score <= latin_score:  # judged by more text
            winner = vote(samples, [(winner.script, winner.pack)], self._read_sample)
        is_agreed = winner is not None and (winner.script == seen.best or letter_share(text, winner.script) > 0.5)
        is_doubtful = confidence >= _RAPIDOCR_GUESSES_LATIN and not is_agreed
        if winner is None or winner.score < max(_MAYBE_DESPITE_LATIN if is_doubtful else _MAYBE, latin_score):
            return route_poor_latin(), None
        return route_script(winner.script), winner.script

    def _sample_with_rapidocr(self, samples: Sequence[Grey]) -> tuple[str, float]:
        """What PP-OCR reads in pictures of single lines, and its own mean confidence."""
        if self._cpu_engine == TESSERACT:
            return "", 0.0
        engine = self._open_rapidocr()
        found = [engine.read_crop(np.dstack([sample] * 3)) for sample in samples]
        lines = [line for line in found if line is not None]
        return " ".join(line.text for line in lines), mean_confidence(lines)

    def _read_sample(self, grey: Grey, pack: str) -> Sequence[Line]:
        from pipeline.engines.tesseract_engine import SINGLE_LINE

        return calibrate_lines(
            self._open_tesseract().read(grey, [pack], layout=SINGLE_LINE, dpi=_LAYOUT_DPI), TESSERACT
        )

    def _follow(self, route: Route, prepared: PreparedPage) -> tuple[tuple[Line, ...], str]:
        engine = route.first if self._cpu_engine == "auto" else self._cpu_engine
        lines = self._read_with(engine, route, prepared)
        if self._cpu_engine == "auto" and route.second and is_weak(lines):
            others = self._read_with(route.second, route, prepared)
            if mean_confidence(others) > mean_confidence(lines):
                return others, route.second
        return lines, engine

    def _read_with(self, engine: str, route: Route, prepared: PreparedPage) -> tuple[Line, ...]:
        if engine == RAPIDOCR:
            lines = self._open_rapidocr().read_page(prepared.image, EngineRequest(())).lines
            if self._cpu_engine == "auto" and is_vertical(lines):
                lines = self._complete_columns(lines, prepared.grey)
        elif route.line_by_line:
            lines = self._read_single_lines(isolate_lines(erase_rules(prepared.grey, prepared.glyph_px)), route)
        else:
            worth_looking = 0.0 if prepared.leaders else _WORTH_LOOKING
            lines = self._read_with_tesseract(erase_rules(prepared.grey, prepared.glyph_px), route, worth_looking)
        lines = calibrate_lines(lines, engine)
        if engine == TESSERACT and route.second == RAPIDOCR and self._cpu_engine == "auto" and needs_look(lines):
            return look_again(lines, prepared.image.pixels, self._open_rapidocr().read_crop)
        return lines

    def _read_with_tesseract(self, grey: Grey, route: Route, worth_looking: float) -> tuple[Line, ...]:
        """The whole page at once, then what the layout analysis lost, if that is more than this share of the ink."""
        lines = self._open_tesseract().read(grey, route.packs, dpi=_LAYOUT_DPI, timeout_s=self._timeout_s)
        boxes = [word.box for line in lines for word in line.words]
        if unread_share(grey, boxes) < worth_looking:
            return lines
        lost = islice(isolate_lines(grey, read_already=boxes), _MOST_LOST_LINES)
        found = self._read_single_lines(lost, route)
        # The edge of a sheet is read as a stroke, and with confidence.
        sure = [line for line in found if (line.confidence or 0) > _BELIEVABLE and any(map(str.isalnum, line.text))]
        return (*drop_covered(lines, sure), *sure)

    def _read_single_lines(self, isolated: Iterable[IsolatedLine], route: Route) -> tuple[Line, ...]:
        from pipeline.engines.tesseract_engine import SINGLE_LINE

        tesseract = self._open_tesseract()
        return tuple(
            move_line(line, one.left, one.top)
            for one in isolated
            for line in tesseract.read(
                one.pixels, route.packs, layout=SINGLE_LINE, dpi=_LAYOUT_DPI, timeout_s=self._timeout_s
            )
        )

    def _complete_columns(self, lines: Sequence[Line], grey: Grey) -> tuple[Line, ...]:
        from pipeline.engines.tesseract_engine import SINGLE_COLUMN_OF_LETTERS

        tesseract, pack = self._open_tesseract(), columns_pack(lines)
        if pack not in tesseract.packs:
            return tuple(lines)
        return complete_columns(
            lines, grey, lambda crop: tesseract.read(crop, [pack], layout=SINGLE_COLUMN_OF_LETTERS, dpi=_LAYOUT_DPI)
        )

    def _open_tesseract(self) -> "TesseractEngine":
        if self._tesseract is None:
            from pipeline.engines.tesseract_engine import TesseractEngine

            self._tesseract = TesseractEngine.open(self._tessdata)
        return self._tesseract

    def _open_rapidocr(self) -> "RapidOcrEngine":
        if self._rapidocr is None:
            from pipeline.engines.rapidocr_engine import RapidOcrEngine

            self._rapidocr = RapidOcrEngine.open()
        return self._rapidocr

    def _open_scripts(self) -> "ScriptClassifier":
        if self._scripts is None:
            from pipeline.engines.script_classifier import ScriptClassifier

            self._scripts = ScriptClassifier.open()
        return self._scripts

    def _open_orientation(self) -> "OrientationModel":
        if self._orientation is None:
            from pipeline.engines.orientation_model import OrientationModel

            self._orientation = OrientationModel.open()
        return self._orientation
