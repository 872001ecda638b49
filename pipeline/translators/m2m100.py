"""A transformers translation model of the M2M100 kind (Fan et al. 2020): a hundred languages on a CPU.

``facebook/m2m100_418M`` (MIT, 1.9 GB) is the usual one. Models of this kind were trained on sentences, so texts are
cut into sentences and put together again.
"""

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from errors import EngineUnavailableError, PageTimeoutError
from pipeline.translators.base import TranslatorConfig

if TYPE_CHECKING:
    from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

# The model's code → ours, for the languages of M2M100 that our table has.
_SAME = (
    "af am ar ast az be bg bn br bs ca ceb cs cy da de el en es et fa fi fr fy ga gd gl gu he hi hr ht hu hy id ilo is "
    "it ja jv ka kk km kn ko lb lg lo lt lv mg mk ml mn mr ms my ne nl no oc or pa pl ps pt ro ru sd si sk sl so sq ss "
    "su sv sw ta th tn tr uk ur uz vi xh yi yo zu"
)
CODES = {code: code for code in _SAME.split()} | {"zh-Hans": "zh", "sr-Cyrl": "sr", "fil": "tl"}
"""Our code → the model's."""

_BATCH_SENTENCES = 8
_MAX_SENTENCE_TOKENS = 256
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-z])|(?<=[。！？])")


class M2M100:
    """Loads the model with the first text and keeps it."""

    def __init__(self, config: TranslatorConfig) -> None:
        self._config = config
        self._loaded: tuple[M2M100Tokenizer, M2M100ForConditionalGeneration] | None = None
        self.name = config.model.rstrip("/").rpartition("/")[2]

    def close(self) -> None:
        self._loaded = None

    def can_translate(self, source: str | None, target: str) -> bool:
        return target in CODES and (source is None or source in CODES) and source != target

    def translate(self, texts: Sequence[str], source: str | None, target: str, *, budget_s: float) -> list[str]:
        """See :class:`pipeline.translators.base.Translator`; the source has to be known."""
        if source is None or not self.can_translate(source, target):
            raise EngineUnavailableError(f"{self.name} can't translate from {source or 'an unknown language'}.")
        self._load()
        deadline = time.monotonic() + budget_s
        sentences = [[part.strip() for part in _SENTENCE_END.split(text) if part.strip()] for text in texts]
        flat = [sentence for parts in sentences for sentence in parts]
        # Sentences of one length together: a batch is as slow as its longest.
        order = sorted(range(len(flat)), key=lambda index: len(flat[index]))
        done: dict[int, str] = {}
        for start in range(0, len(order), _BATCH_SENTENCES):
            chosen = order[start : start + _BATCH_SENTENCES]
            found = self._translate_batch([flat[index] for index in chosen], CODES[source], CODES[target], deadline)
            done.update(zip(chosen, found, strict=True))
        translated = iter(done[index] for index in range(len(flat)))
        space = "" if target in ("zh-Hans", "ja", "th", "my", "km", "lo") else " "
        return [space.join(next(translated) for _ in parts) for parts in sentences]

    def _translate_batch(self, batch: list[str], source: str, target: str, deadline: float) -> list[str]:
        import torch
        from transformers import MaxTimeCriteria, StoppingCriteriaList

        loaded: tuple[Any, Any] = self._load()
        tokenizer, model = loaded
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise PageTimeoutError("Translating this page took too long.")
        tokenizer.src_lang = source
        inputs: Any = tokenizer(
            batch, return_tensors="pt", padding=True, truncation=True, max_length=_MAX_SENTENCE_TOKENS
        )
        with torch.inference_mode():
            tokens = model.generate(
                **inputs,
                forced_bos_token_id=tokenizer.get_lang_id(target),
                num_beams=1,
                do_sample=False,
                max_new_tokens=2 * int(inputs["input_ids"].shape[1]) + 10,
                stopping_criteria=StoppingCriteriaList([MaxTimeCriteria(left_s)]),
            )
        if time.monotonic() > deadline:
            raise PageTimeoutError("Translating this page took too long.")
        # The mark of the language is a special token in some checkpoints and an ordinary one in others.
        kept = [[token for token in row if token not in tokenizer.id_to_lang_token] for row in tokens.tolist()]
        return [" ".join(text.split()) for text in tokenizer.batch_decode(kept, skip_special_tokens=True)]

    def _load(self) -> "tuple[M2M100Tokenizer, M2M100ForConditionalGeneration]":
        if self._loaded is None:
            import torch
            from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

            where: dict[str, Any] = {"cache_dir": self._config.cache_folder, "local_files_only": self._config.offline}
            try:
                tokenizer = M2M100Tokenizer.from_pretrained(self._config.model, **where)
                model = M2M100ForConditionalGeneration.from_pretrained(self._config.model, dtype="auto", **where)
            except (OSError, ValueError, ImportError) as error:
                raise EngineUnavailableError(
                    f"The translation model '{self.name}' can't be opened.",
                    remedy="Correct TRANSLATION_MODEL (docs/engines.md): a folder, or an id with VLM_DOWNLOAD=true.",
                ) from error
            if self._config.threads:
                torch.set_num_threads(self._config.threads)
            model.requires_grad_(False)
            self._loaded = tokenizer, model
        return self._loaded
