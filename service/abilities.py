"""What this server's models can do, so that a request which needs more is refused at once, and what is promised is
priced as it will be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import EngineUnavailableError
from pipeline.options import OcrOptions, Tier
from pipeline.translators.catalogue import Translators
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.profiles import find_profile
from service.completion import CompletionSettings
from service.model_choice import choose_instruct_model, choose_translators
from settings import Settings

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

_AUTO = "auto"
_UNKNOWN_MODEL = "the server's first model"


@dataclass(frozen=True)
class Abilities:
    """``vlm`` reads pages of tier ``vlm``, ``cpu_model`` (may be None) those of tier ``cpu``."""

    vlm: VlmConfig | None
    cpu_model: VlmConfig | None
    cpu_engine: str
    instruct: VlmConfig | None
    translators: Translators
    vlm_required: bool
    surya_problem: str | None = None

    def require(self, options: OcrOptions) -> None:
        """Raises EngineUnavailableError or TranslationUnavailableError naming what would enable the request."""
        self.require_reader(options.tier)
        if options.schema is not None and self.instruct is None:
            raise EngineUnavailableError(
                "Field 'schema' needs a language model, and this server has none.",
                remedy="The server's administrator can set CHAT_URL, CHAT_GGUF or an instruct VLM (docs/engines.md).",
            )
        if options.translate_to is not None and options.translate_to != options.language:
            source = None if options.language == _AUTO else options.language
            self.translators.require(source, options.translate_to)

    def require_reader(self, tier: Tier) -> None:
        """Raises EngineUnavailableError where nothing here may read pages of this tier."""
        if tier is Tier.VLM and self.vlm_required and self.vlm is None:
            raise EngineUnavailableError(
                "Tier 'vlm' needs a vision-language model, and this server has none.",
                remedy="Use tier 'cpu', or set VLM_URL (docs/engines.md).",
            )
        if tier is Tier.CPU and self.surya_problem is not None:
            raise EngineUnavailableError(
                self.surya_problem, remedy="Run `make surya` and set SURYA_INFERENCE_URL, or set CPU_ENGINE=auto."
            )

    def priced_tier(self, options: OcrOptions) -> Tier:
        """What a page is expected to cost, and so what is reserved for it.

        Without a model tier ``vlm`` is careful reading, which costs what tier ``cpu`` costs; a translated page of tier
        ``vlm`` costs what that tier costs, whoever read it.
        """
        if options.tier is Tier.VLM and (self.vlm is not None or options.translate_to is not None):
            return Tier.VLM
        return Tier.CPU

    def list_engines(self) -> list[dict[str, Any]]:
        """For each tier what reads its pages, under which licence, and what stands in for it.

        ``engine`` None: nothing here may, and who asks for the tier is refused.
        """
        embedded = "tesseract and rapidocr" if self.cpu_engine == _AUTO else self.cpu_engine
        fallback = None if self.vlm_required else "embedded-careful"
        return [
            _describe(Tier.CPU, self.cpu_model, None if self.surya_problem else embedded, fallback),
            _describe(Tier.VLM, self.vlm, fallback, fallback),
        ]

    def list_translators(self) -> Sequence[Mapping[str, object]]:
        return self.translators.list_pairs()


def build_abilities(settings: Settings, reader: "ReaderConfig") -> Abilities:
    instruct = choose_instruct_model(settings)
    wants_surya = settings.engines.cpu_engine == "surya"
    cpu_model = reader.model_for(Tier.CPU)
    return Abilities(
        vlm=reader.model_for(Tier.VLM),
        cpu_model=cpu_model,
        cpu_engine=reader.cpu_engine,
        instruct=None if instruct.kind is VlmKind.NONE else instruct,
        translators=Translators(choose_translators(settings)),
        vlm_required=settings.engines.vlm_required,
        surya_problem="CPU_ENGINE is surya, but Surya can't run here." if wants_surya and cpu_model is None else None,
    )


def to_completion_settings(settings: Settings) -> CompletionSettings:
    return CompletionSettings(
        choose_translators(settings), choose_instruct_model(settings), settings.engines.translation_page_s
    )


def _describe(tier: Tier, model: VlmConfig | None, otherwise: str | None, fallback: str | None) -> dict[str, Any]:
    if model is None:
        return {
            "tier": tier.value,
            "engine": otherwise,
            "kind": "none" if otherwise is None else "embedded",
            "licence": None if otherwise is None else "Apache-2.0",
            "fallback": None,
        }
    profile = find_profile(model.profile, model.model)
    return {
        "tier": tier.value,
        "engine": _to_name(model.model) or _UNKNOWN_MODEL,
        "kind": model.kind.value,
        "licence": profile.licence if model.model else None,
        "fallback": fallback,
    }


def _to_name(model: str) -> str:
    """A model's id, or the name of its folder: where that lies is nobody's business outside."""
    return Path(model).name if Path(model).is_absolute() or Path(model).is_dir() else model
