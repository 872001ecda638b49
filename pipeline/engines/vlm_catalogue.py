"""Vision-language models by where they run. Nothing of a model is imported before it is opened."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, cast

from errors import EngineUnavailableError, ReadingError
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.profiles import VlmProfile


class PageModel(Protocol):
    """An opened model that reads pages, used by one thread."""

    @property
    def info(self) -> EngineInfo: ...

    @property
    def profile(self) -> VlmProfile: ...

    def read_page(
        self, image: PageImage, request: EngineRequest, on_text: Callable[[str], None] | None = None
    ) -> EngineResult:
        """Blocks in reading order; ``on_text`` gets the answer's pieces as they are written, where the engine streams.

        Raises ReadingError or EngineUnavailableError when this page can't be read.
        """
        ...

    def close(self) -> None: ...


class BatchModel(PageModel, Protocol):
    """A model that reads several pages side by side (:attr:`pipeline.vlm.config.VlmKind.batches`)."""

    def read_pages(
        self,
        images: Sequence[PageImage],
        request: EngineRequest,
        on_result: Callable[[int, EngineResult | ReadingError], None],
        on_text: Callable[[int, str], None] | None = None,
    ) -> None:
        """``on_result`` gets each image's place (from 0) and what became of it as soon as that is known.

        Raises ReadingError or EngineUnavailableError when the batch as a whole can't be read.
        """
        ...


class InstructModel(Protocol):
    """An opened model that does as it is told, in text."""

    @property
    def info(self) -> EngineInfo: ...

    def generate_text(
        self,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        max_tokens: int = 2048,
    ) -> str:
        """The reply, which may ignore ``schema``. Raises ReadingError or EngineUnavailableError."""
        ...

    def close(self) -> None: ...


_TARGETS: Mapping[VlmKind, str] = MappingProxyType(
    {
        VlmKind.TRANSFORMERS: "pipeline.engines.transformers_vlm:TransformersVlm",
        VlmKind.SERVED: "pipeline.engines.served_vlm:ServedVlm",
        VlmKind.GGUF: "pipeline.engines.gguf_vlm:GgufVlm",
        VlmKind.SURYA: "pipeline.engines.surya_engine:SuryaEngine",
    }
)


def open_page_model(config: VlmConfig) -> PageModel:
    """Raises EngineUnavailableError saying what is missing and how to get it."""
    return cast(PageModel, _open(config))


def open_instruct_model(config: VlmConfig) -> InstructModel:
    """Raises EngineUnavailableError, also for a model that only reads pages."""
    if config.kind is VlmKind.SURYA:
        raise EngineUnavailableError("Surya reads pages and follows no instructions.")
    return cast(InstructModel, _open(config))


def _open(config: VlmConfig) -> object:
    if config.kind not in _TARGETS:
        raise EngineUnavailableError(
            "This server has no vision-language model.", remedy="Set VLM_URL, VLM_GGUF or VLM_MODEL (docs/engines.md)."
        )
    module, _, class_name = _TARGETS[config.kind].partition(":")
    return getattr(import_module(module), class_name).open(config)
