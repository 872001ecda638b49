"""One page image read by a vision-language model: turned upright, shown to the model, boxes turned back."""

from dataclasses import replace
from typing import TYPE_CHECKING

from errors import EngineFailedError
from pipeline.document import Block, Line, Page
from pipeline.engines.base import EngineRequest
from pipeline.engines.vlm_catalogue import PageModel, open_page_model
from pipeline.language_detection import detect_language
from pipeline.languages import find_language
from pipeline.letters import script_of_text
from pipeline.options import OcrOptions
from pipeline.page_image import PageImage
from pipeline.prepare import PreparedPage, find_ink, prepare, to_grey
from pipeline.presets import PRESETS
from pipeline.vlm.config import VlmConfig
from pipeline.vlm.drafts import DraftText, OnDraft

if TYPE_CHECKING:
    from pipeline.engines.orientation_model import OrientationModel

_SURELY_TURNED = 0.9
_BLANK_INK_SHARE = 0.0005


class ModelReader:
    """Opens the model on first use and keeps it."""

    def __init__(self, config: VlmConfig) -> None:
        self._config = config
        self._model: PageModel | None = None
        self._orientation: OrientationModel | None = None

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def read(
        self, image: PageImage, options: OcrOptions, on_draft: OnDraft | None = None
    ) -> tuple[Page, tuple[str, ...]]:
        """The page and notices about it; ``on_draft`` is told while the model writes.

        Raises ReadingError or EngineUnavailableError; no half a page is returned.
        """
        turned = self._turn_upright(image)
        model = self.open()
        mode = PRESETS[options.tool].prompt_mode if options.tool else "ocr"
        known = find_language(options.language)
        languages = (known.code,) if known else ()
        shown = turned.image if turned else image
        on_text = DraftText(model.profile, shown, on_draft).add if on_draft is not None else None
        result = model.read_page(shown, EngineRequest(languages, mode, self._config.page_budget_s), on_text)
        if not any(block.text.strip() for block in result.blocks) and not _is_blank(image):
            raise EngineFailedError("The model found nothing on a page that is not blank.")
        blocks = tuple(_inside(turned.map_block(block) if turned else block, image) for block in result.blocks)
        text = "\n".join(block.text for block in blocks)
        script = known.script if known else script_of_text(text)
        page = Page(
            image.number,
            image.width_px,
            image.height_px,
            image.dpi,
            blocks,
            model.info.name,
            rotation=turned.rotation if turned else 0,
            language=known.code if known else detect_language(text, script),
            script=script,
        )
        return page, result.notices

    def open(self) -> PageModel:
        """Raises EngineUnavailableError."""
        if self._model is None:
            self._model = open_page_model(self._config)
        return self._model

    def _turn_upright(self, image: PageImage) -> PreparedPage | None:
        """None: it stands upright. A page is not straightened or cleaned; models were trained on pages as they come."""
        if self._orientation is None:
            from pipeline.engines.orientation_model import OrientationModel

            self._orientation = OrientationModel.open()
        rotation, probability = self._orientation.rank_rotations(image.pixels)[0]
        if rotation == 0 or probability < _SURELY_TURNED:
            return None
        return prepare(image, rotation=rotation, straighten=False, scale=1.0)


def _is_blank(image: PageImage) -> bool:
    ink = find_ink(to_grey(image.pixels))
    return float(ink.mean()) < _BLANK_INK_SHARE


def _inside(block: Block, image: PageImage) -> Block:
    def clipped(line: Line) -> Line:
        return replace(line, box=line.box.clipped(image.width_px, image.height_px))

    box = block.box.clipped(image.width_px, image.height_px)
    return replace(block, box=box, lines=tuple(clipped(line) for line in block.lines))
