"""Page images read by a vision-language model: turned upright, shown to the model, boxes turned back."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from errors import EngineFailedError, EngineUnavailableError, ReadingError
from pipeline.document import Block, Line, Page
from pipeline.engines.base import EngineRequest, EngineResult
from pipeline.engines.vlm_catalogue import BatchModel, PageModel, open_page_model
from pipeline.language_detection import detect_language
from pipeline.languages import find_language
from pipeline.letters import script_of_text
from pipeline.options import OcrOptions
from pipeline.page_image import PageImage
from pipeline.prepare import PreparedPage, find_ink, prepare, to_grey
from pipeline.presets import PRESETS
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.drafts import DraftText, OnDraft

if TYPE_CHECKING:
    from pipeline.engines.orientation_model import OrientationModel

_SURELY_TURNED = 0.9
_BLANK_INK_SHARE = 0.0005
_ASK_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class ModelPage:
    page: Page
    notices: tuple[str, ...]


OnModelPage = Callable[[int, ModelPage | ReadingError], None]
"""Called with a page's number and what became of it."""


class ModelReader:
    """Opens the model on first use and keeps it. ``clock`` gives seconds."""

    def __init__(self, config: VlmConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._model: PageModel | None = None
        self._problem: EngineUnavailableError | None = None
        self._ask_again_at = 0.0
        self._orientation: OrientationModel | None = None

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def read(self, image: PageImage, options: OcrOptions, on_draft: OnDraft | None = None) -> ModelPage:
        """Read a page; ``on_draft`` is told while the model writes.

        Raises ReadingError or EngineUnavailableError; no half a page is returned.
        """
        model, turned = self.open(), self._turn_upright(image)
        shown = turned.image if turned else image
        on_text = DraftText(model.profile, shown, on_draft).add if on_draft is not None else None
        result = model.read_page(shown, self._to_request(options), on_text)
        return _to_page(image, turned, result, options, model.info.name)

    def read_batch(
        self, images: Sequence[PageImage], options: OcrOptions, on_page: OnModelPage, on_drafts: Mapping[int, OnDraft]
    ) -> None:
        """Read pages side by side, with a model that can do that; ``on_page`` gets each as soon as it is read.

        ``on_drafts``, by page number, are told while the model writes. Raises ReadingError or EngineUnavailableError
        when the batch as a whole can't be read.
        """
        model, turned = cast(BatchModel, self.open()), [self._turn_upright(image) for image in images]
        shown = [each.image if each else image for each, image in zip(turned, images, strict=True)]
        drafts = {
            row: DraftText(model.profile, image, on_drafts[image.number])
            for row, image in enumerate(shown)
            if image.number in on_drafts
        }

        def tell_text(row: int, piece: str) -> None:
            if row in drafts:
                drafts[row].add(piece)

        def tell_result(row: int, result: EngineResult | ReadingError) -> None:
            if not isinstance(result, ReadingError):
                try:
                    page = _to_page(images[row], turned[row], result, options, model.info.name)
                except ReadingError as error:
                    result = error
            on_page(images[row].number, result if isinstance(result, ReadingError) else page)

        model.read_pages(shown, self._to_request(options), tell_result, tell_text)

    def open(self) -> PageModel:
        """Raises EngineUnavailableError; where opening takes long, at once for a minute after it has failed."""
        if self._model is None:
            if self._problem is not None and self._clock() < self._ask_again_at:
                raise self._problem.with_traceback(None)  # else it would keep the image of each page that met it
            try:
                self._model = open_page_model(self._config)
            except EngineUnavailableError as error:
                if self._config.kind is VlmKind.TRANSFORMERS:  # loading, or waiting for a hub that does not answer
                    self._problem, self._ask_again_at = error, self._clock() + _ASK_AGAIN_S
                raise
        return self._model

    def _to_request(self, options: OcrOptions) -> EngineRequest:
        mode = PRESETS[options.tool].prompt_mode if options.tool else "ocr"
        known = find_language(options.language)
        return EngineRequest((known.code,) if known else (), mode, self._config.page_budget_s)

    def _turn_upright(self, image: PageImage) -> PreparedPage | None:
        """None: it stands upright. A page is not straightened or cleaned; models were trained on pages as they come."""
        if self._orientation is None:
            from pipeline.engines.orientation_model import OrientationModel

            self._orientation = OrientationModel.open()
        rotation, probability = self._orientation.rank_rotations(image.pixels)[0]
        if rotation == 0 or probability < _SURELY_TURNED:
            return None
        return prepare(image, rotation=rotation, straighten=False, scale=1.0)


def _to_page(
    image: PageImage, turned: PreparedPage | None, result: EngineResult, options: OcrOptions, engine: str
) -> ModelPage:
    """Raises EngineFailedError for an answer without text to a page that has some."""
    if not any(block.text.strip() for block in result.blocks) and not _is_blank(image):
        raise EngineFailedError("The model found nothing on a page that is not blank.")
    blocks = tuple(_inside(turned.map_block(block) if turned else block, image) for block in result.blocks)
    text = "\n".join(block.text for block in blocks)
    known = find_language(options.language)
    script = known.script if known else script_of_text(text)
    page = Page(
        image.number,
        image.width_px,
        image.height_px,
        image.dpi,
        blocks,
        engine,
        rotation=turned.rotation if turned else 0,
        language=known.code if known else detect_language(text, script),
        script=script,
    )
    return ModelPage(page, result.notices)


def _is_blank(image: PageImage) -> bool:
    ink = find_ink(to_grey(image.pixels))
    return float(ink.mean()) < _BLANK_INK_SHARE


def _inside(block: Block, image: PageImage) -> Block:
    def clipped(line: Line) -> Line:
        return replace(line, box=line.box.clipped(image.width_px, image.height_px))

    box = block.box.clipped(image.width_px, image.height_px)
    return replace(block, box=box, lines=tuple(clipped(line) for line in block.lines))
