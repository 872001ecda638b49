"""Holding a model to a JSON schema while it writes: tokens that the schema doesn't allow next are never chosen."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from errors import EngineFailedError

if TYPE_CHECKING:
    import torch
    from llguidance import LLTokenizer
    from llguidance._lib import JsonCompileOptions

_log = logging.getLogger("ocr_chat.vlm")
_NEVER = float("-inf")
# Spaces that a model may write it may write for ever; words of the schema that the grammar doesn't know bind nobody.
_COMPILING: "JsonCompileOptions" = {"whitespace_flexible": False, "lenient": True}


class Guide:
    """A logits processor for one answer; ``tokenizer`` is one of :func:`open_tokenizer`.

    Raises EngineFailedError for a schema that can't be held to (it contradicts itself or is too large).
    """

    def __init__(self, tokenizer: "LLTokenizer", schema: Mapping[str, Any]) -> None:
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), defaults=_COMPILING)
        self._matcher = LLMatcher(tokenizer, grammar, log_level=0)
        self._width = tokenizer.vocab_size
        self._seen: int | None = None
        self._complain()

    def __call__(self, ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """``ids``: (1, tokens so far), ``scores``: (1, vocabulary); what is forbidden becomes minus infinity.

        Raises EngineFailedError when the schema's grammar gives up (its own limits on size and depth).
        """
        import torch

        if self._seen is not None:
            for token in ids[0, self._seen :].tolist():
                self._matcher.consume_token(token)
        self._seen = ids.shape[1]
        self._complain()
        packed = torch.frombuffer(bytearray(self._matcher.compute_bitmask()), dtype=torch.uint8)
        bits = (packed.unsqueeze(-1) >> torch.arange(8, dtype=torch.uint8)) & 1
        allowed = bits.flatten()[: self._width].bool().to(scores.device)
        # A model's vocabulary is often rounded up beyond the tokenizer's.
        known = min(self._width, scores.shape[-1])
        masked = torch.full_like(scores, _NEVER)
        masked[:, :known] = scores[:, :known].masked_fill(~allowed[:known], _NEVER)
        return masked

    def _complain(self) -> None:
        if self._matcher.is_error():
            raise EngineFailedError(f"The schema can't be kept to: {self._matcher.get_error()[:200]}")


def open_tokenizer(tokenizer: Any, end_ids: Iterable[int]) -> "LLTokenizer | None":
    """A transformers tokenizer in the form that :class:`Guide` wants; takes about a second.

    None for one of a kind whose tokens can't be told apart as bytes (neither byte-level nor with a fallback to bytes).
    """
    from llguidance.hf import from_tokenizer

    try:
        return from_tokenizer(tokenizer, eos_token=sorted(end_ids))
    except ValueError as error:
        _log.warning("Schemas are only asked for in words: %s", error)
        return None
