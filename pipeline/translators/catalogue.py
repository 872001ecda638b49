"""Which translator takes which pair of languages."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from errors import TranslationUnavailableError
from pipeline.engines.vlm_catalogue import InstructModel, open_instruct_model
from pipeline.languages import LANGUAGES
from pipeline.translators.apertium import Apertium
from pipeline.translators.base import Translator, TranslatorConfig
from pipeline.vlm.config import VlmConfig, VlmKind

_REMEDY = (
    "The server's administrator can set TRANSLATION_MODEL or CHAT_URL, or install an Apertium pair (docs/engines.md); "
    "GET /api/v1/translations/ lists what there is."
)


class Translators:
    """Those of a configuration, in the order in which they are asked: the model made for it, the one that follows
    instructions (given by ``open_model``), Apertium. Models load with their first text.
    """

    def __init__(
        self, config: TranslatorConfig, open_model: Callable[[VlmConfig], InstructModel] = open_instruct_model
    ) -> None:
        self._all = tuple(_make(config, open_model))

    def close(self) -> None:
        for translator in self._all:
            translator.close()

    def find(self, source: str | None, target: str) -> Translator | None:
        """The first that knows the pair; ``source`` None: not known yet."""
        return next((each for each in self._all if each.can_translate(source, target)), None)

    def require(self, source: str | None, target: str) -> Translator:
        """Raises TranslationUnavailableError, whose remedy names what would enable the pair."""
        found = self.find(source, target)
        if found is None:
            start = LANGUAGES[source].name if source and source in LANGUAGES else "any language"
            raise TranslationUnavailableError(
                f"This server has no translator from {start} to {LANGUAGES[target].name}.", remedy=_REMEDY
            )
        return found

    def list_pairs(self) -> Sequence[Mapping[str, object]]:
        """For each translator its name and either its pairs or ``any`` source with its targets."""
        return [_describe(translator) for translator in self._all]


def _make(config: TranslatorConfig, open_model: Callable[[VlmConfig], InstructModel]) -> Iterator[Translator]:
    if config.model:
        from pipeline.translators.m2m100 import M2M100

        yield M2M100(config)
    if config.instruct.kind is not VlmKind.NONE:
        from pipeline.translators.instruct import InstructTranslator

        yield InstructTranslator(config.instruct, open_model)
    if config.apertium_modes:
        yield Apertium(config.apertium_modes)


def _describe(translator: Translator) -> Mapping[str, object]:
    if isinstance(translator, Apertium):
        return {"translator": translator.name, "pairs": [list(pair) for pair in translator.pairs]}
    targets = [code for code in LANGUAGES if translator.can_translate(None, code)]
    return {"translator": translator.name, "from": "any of them", "to": targets}
