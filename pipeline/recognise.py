"""A file's page becomes a Page: the story in one screen.

A PDF page's own text is kept where it can be trusted. Any other page is turned upright, straightened and scaled; its
language is the one asked for or found out; the engine for it reads it; where that is weak the other engine helps.
Where a vision-language model is configured it reads the pages of its tier, and the embedded engines stand in for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from errors import EngineUnavailableError, OcrChatError, ReadingError
from pipeline.assemble import assemble
from pipeline.code_lines import to_code_block
from pipeline.document import Block, BlockKind, Document, Line, Page, PageError
from pipeline.engines.base import EngineRequest
from pipeline.engines.scripted_engine import EngineScript, ScriptedEngine
from pipeline.engines.vlm_catalogue import PageModel
from pipeline.finished_lines import finish_lines
from pipeline.language_detection import detect_language
from pipeline.languages import find_language
from pipeline.letters import script_of_text
from pipeline.line_fusion import drop_known_words
from pipeline.options import OcrOptions, Tier
from pipeline.page_image import PageImage
from pipeline.page_reading import PageReader
from pipeline.preset_images import treat
from pipeline.presets import PRESETS
from pipeline.rasterize import OpenedSource, open_source
from pipeline.reading_language import Reading
from pipeline.structure import to_blocks
from pipeline.text_layer import TextLayer, TextLayerFinding, examine_text_layer
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.drafts import OnDraft
from pipeline.vlm.fallback import ModelUse, explain_fallback
from pipeline.vlm_reading import ModelPage, ModelReader

PDF_TEXT = "pdf-text"
# Enough to see a table's rules and bold type in, at a fraction of the cost of the page at 300 dpi.
_PREVIEW_WIDTH_PX = 1000
# Without page numbers: a document says it once for all of its pages.
DISTRUST_NOTICE = "Some pages were recognised anew instead of taking the text in the PDF: {reason}."
CAREFUL_NOTICE = "No vision-language model is available here: the embedded engines read each page twice instead."


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Plain values, so that a worker process can be given one.

    ``cpu_engine`` is ``auto``, ``tesseract``, ``rapidocr`` or ``scripted`` (which follows ``script``); ``tessdata`` is
    a folder, None searches the usual places; ``dpi`` None renders each page at what suits it. ``vlm`` reads pages of
    tier ``vlm``, ``cpu_vlm`` (Surya) those of tier ``cpu`` whose text has to be recognised; kind ``none``: the embedded
    engines do.
    """

    cpu_engine: str = "auto"
    tessdata: str | None = None
    dpi: float | None = None
    page_timeout_s: float | None = None
    script: EngineScript | None = None
    vlm: VlmConfig = field(default_factory=VlmConfig)
    cpu_vlm: VlmConfig = field(default_factory=VlmConfig)

    def model_for(self, tier: Tier) -> VlmConfig | None:
        """The model that reads pages of this tier; None: the embedded engines do."""
        config = self.vlm if tier is Tier.VLM else self.cpu_vlm
        return None if config.kind is VlmKind.NONE else config

    def has_drafts(self, tier: Tier) -> bool:
        """Whether the text of a page of this tier can be seen while it is read."""
        model = self.model_for(tier)
        return model is not None and model.kind.streams


@dataclass(frozen=True, slots=True)
class PageResult:
    """``tier`` is how the page was really read, and so what it costs."""

    page: Page
    notices: tuple[str, ...] = ()
    tier: Tier = Tier.CPU


OnPage = Callable[[int, PageResult | OcrChatError], None]
"""Called with a page's number and what became of it."""


@dataclass(frozen=True, slots=True)
class _View:
    """A page that has to be recognised; ``found`` is what its text layer tells all the same."""

    image: PageImage
    notices: tuple[str, ...]
    found: TextLayerFinding


class Reader:
    """Reads pages with engines that it opens on first use and keeps. One per worker process, used by one thread."""

    def __init__(self, config: ReaderConfig | None = None) -> None:
        self._config = config or ReaderConfig()
        self._pages = PageReader(self._config.cpu_engine, self._config.tessdata, self._config.page_timeout_s)
        self._models: dict[VlmConfig, ModelReader] = {}

    def read_page(
        self,
        opened: OpenedSource,
        number: int,
        options: OcrOptions,
        *,
        use: ModelUse = ModelUse.WITH_FALLBACK,
        on_draft: OnDraft | None = None,
    ) -> PageResult:
        """Read page ``number`` (from 1). Raises ReadingError, EngineUnavailableError or PageNotFoundError.

        Without a model, or where it fails and a fallback is wanted, tier ``vlm`` is what a PDF says itself and the
        embedded engines' most careful reading of all else, at the price of tier ``cpu``. ``on_draft`` is told while a
        model writes, where that can be seen (:meth:`ReaderConfig.has_drafts`).
        """
        model = None if use is ModelUse.NEVER else self._config.model_for(options.tier)
        view = self._look(opened, number, options, has_model=model is not None)
        if isinstance(view, PageResult):
            return view
        if model is None:
            is_careful = options.tier is Tier.VLM and self._config.model_for(options.tier) is None
            return self._read_image(view, options, CAREFUL_NOTICE if is_careful else "")
        try:
            read = self._open_model(model).read(view.image, options, on_draft)
        except (ReadingError, EngineUnavailableError) as error:
            if use is ModelUse.ALONE:
                raise
            result = self.read_page(opened, number, options, use=ModelUse.NEVER)
            return replace(result, notices=(*result.notices, explain_fallback(number, error.message)))
        return PageResult(read.page, (*view.notices, *read.notices), options.tier)

    def read_batch(
        self,
        opened: OpenedSource,
        numbers: Sequence[int],
        options: OcrOptions,
        on_page: OnPage,
        on_drafts: Mapping[int, OnDraft],
    ) -> None:
        """Read pages with the model of their tier side by side, where it can do that; nothing stands in for it.

        ``on_page`` gets each page as soon as it is read, or why it can't be; ``on_drafts``, by number, are told while
        the model writes. Raises ReadingError or EngineUnavailableError when the batch as a whole can't be read.
        """
        views: dict[int, _View] = {}
        for number in numbers:
            try:
                view = self._look(opened, number, options, has_model=True)
            except OcrChatError as error:
                on_page(number, error)
            else:
                if isinstance(view, PageResult):
                    on_page(number, view)
                else:
                    views[number] = view

        def tell(number: int, read: ModelPage | ReadingError) -> None:
            if isinstance(read, ReadingError):
                on_page(number, read)
            else:
                on_page(number, PageResult(read.page, (*views[number].notices, *read.notices), options.tier))

        model = self._config.model_for(options.tier)
        if views and model is not None:
            self._open_model(model).read_batch([view.image for view in views.values()], options, tell, on_drafts)

    def open_model(self, config: VlmConfig) -> PageModel:
        """The model of this configuration, opened once. Raises EngineUnavailableError."""
        return self._open_model(config).open()

    def close(self) -> None:
        self._pages.close()
        for model in self._models.values():
            model.close()
        self._models.clear()

    def _open_model(self, config: VlmConfig) -> ModelReader:
        if config not in self._models:
            self._models[config] = ModelReader(config)
        return self._models[config]

    def _look(self, opened: OpenedSource, number: int, options: OcrOptions, *, has_model: bool) -> PageResult | _View:
        """The page itself where its PDF says what stands on it, else what is to be read."""
        found = TextLayerFinding(None) if has_model and _outranks_layer(options) else self._find_layer(opened, number)
        if found.layer is not None:
            return self._read_layer(opened, number, found.layer, options)
        distrust = (DISTRUST_NOTICE.format(reason=found.reason),) if found.is_distrusted else ()
        return _View(opened.render(number, dpi=self._config.dpi), distrust, found)

    def _find_layer(self, opened: OpenedSource, number: int) -> TextLayerFinding:
        if self._config.cpu_engine == "scripted":
            return TextLayerFinding(None)
        return examine_text_layer(opened, number, dpi=self._config.dpi)

    def _read_image(self, view: _View, options: OcrOptions, notice: str) -> PageResult:
        """By the embedded engines, carefully for tier ``vlm``; what a distrusted layer tells for sure is believed.

        ``notice`` (may be empty) is added to those of the view.
        """
        image, found = view.image, view.found
        notices = (*view.notices, notice) if notice else view.notices
        if self._config.cpu_engine == "scripted":
            return replace(self._follow_script(image), notices=notices)
        language = options.language
        if find_language(language) is None and found.letters:
            language = detect_language(found.letters, script_of_text(found.letters)) or language
        is_careful = options.tier is Tier.VLM
        preset = PRESETS[options.tool] if options.tool else None
        shown = treat(image, preset.treatment) if preset else image
        reading = self._pages.read(shown, language, careful=is_careful, rotation=found.rotation)
        return PageResult(_to_page(image, reading, is_code=preset is not None and preset.is_code), notices)

    def _read_layer(self, opened: OpenedSource, number: int, layer: TextLayer, options: OcrOptions) -> PageResult:
        image = opened.render(number, dpi=self._config.dpi) if layer.image_regions else None
        lines = list(layer.lines)
        engine = PDF_TEXT
        if image is not None:
            for region in layer.image_regions:
                found = self._pages.read_region(image, region, options.language)
                new = drop_known_words(found.lines, layer.lines)
                lines += new
                engine = f"{PDF_TEXT}+{found.engine}" if new else engine
        language, script = self._pages.identify(lines, options.language)
        size = layer.size
        if image is None and _has_drawing(opened, number):
            image = opened.render_preview(number, _PREVIEW_WIDTH_PX)
        blocks = to_blocks(lines, page_number=number, width_px=size.width_px, height_px=size.height_px, image=image)
        page = Page(
            number,
            size.width_px,
            size.height_px,
            size.dpi,
            blocks,
            engine,
            rotation=layer.rotation,
            language=language,
            script=script,
        )
        return PageResult(page)

    def _follow_script(self, image: PageImage) -> PageResult:
        result = ScriptedEngine(self._config.script or EngineScript()).read_page(image, EngineRequest(()))
        blocks = [
            Block(f"p{image.number}-b{index}", BlockKind.TEXT, line.text, line.box, line.confidence, (line,))
            for index, line in enumerate(result.lines, start=1)
        ]
        page = Page(image.number, image.width_px, image.height_px, image.dpi, tuple(blocks), ScriptedEngine.info.name)
        return PageResult(page, result.notices)


def _outranks_layer(options: OcrOptions) -> bool:
    """Whether the model reads a page although its PDF says what stands on it: its layout and formulas are wanted."""
    return options.tier is Tier.VLM and not (options.tool and PRESETS[options.tool].trusts_pdf_text)


def _has_drawing(opened: OpenedSource, number: int) -> bool:
    content = opened.pdf_content(number)
    return content is not None and content.path_count > 0


def recognise(data: bytes, options: OcrOptions, *, reader: Reader, name: str = "") -> Document:
    """Read a whole file in this process. Raises InvalidInputError for bytes that no page can be made of.

    A page that can't be read becomes a page error of the document.
    """
    results: list[PageResult] = []
    errors: list[PageError] = []
    with open_source(data) as opened:
        for number in _wanted(opened.page_count, options):
            try:
                results.append(reader.read_page(opened, number, options))
            except ReadingError as error:
                errors.append(PageError(number, error.code, error.message))
        return assemble(
            "",
            name,
            [result.page for result in results],
            page_count=opened.page_count,
            created_at=datetime.now(UTC),
            notices=[notice for result in results for notice in result.notices],
            page_errors=errors,
        )


def _wanted(page_count: int, options: OcrOptions) -> range:
    first, last = options.page_range or (1, page_count)
    return range(max(1, first), min(last, page_count) + 1)


def _to_page(image: PageImage, reading: Reading, *, is_code: bool = False) -> Page:
    """Blocks are found on the straightened page, where lines are level, and then put back onto the page image."""
    prepared = reading.prepared
    lines = finish_lines(reading)
    straight = PageImage(image.number, prepared.grey, image.dpi)
    blocks = (
        to_code_block(lines, page_number=image.number)
        if is_code
        else to_blocks(
            lines,
            page_number=image.number,
            width_px=straight.width_px,
            height_px=straight.height_px,
            image=straight,
        )
    )
    return Page(
        number=image.number,
        width_px=image.width_px,
        height_px=image.height_px,
        dpi=image.dpi,
        blocks=blocks if prepared.is_as_it_came else _clip([prepared.map_block(block) for block in blocks], image),
        engine=reading.engine,
        rotation=prepared.rotation,
        skew_deg=prepared.skew_deg,
        language=reading.language,
        script=reading.script,
    )


def _clip(blocks: Sequence[Block], image: PageImage) -> tuple[Block, ...]:
    def clip_line(line: Line) -> Line:
        words = tuple(replace(word, box=word.box.clipped(image.width_px, image.height_px)) for word in line.words)
        return replace(line, box=line.box.clipped(image.width_px, image.height_px), words=words)

    return tuple(
        replace(
            block,
            box=block.box.clipped(image.width_px, image.height_px),
            lines=tuple(clip_line(line) for line in block.lines),
        )
        for block in blocks
    )
