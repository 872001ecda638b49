"""Watching a model write: texts as they grow, probabilities, and when it is enough."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.vlm.parsing import Stop, TokenLogprob, VlmOutput
from pipeline.vlm.repetition import LoopDetector

if TYPE_CHECKING:
    import torch

OnText = Callable[[int, str], None]
"""Called with a row of the batch (from 0) and its next piece of text."""

OnEnd = Callable[[int, VlmOutput], None]
"""Called with a row of the batch (from 0) and its answer, once and as soon as it is written."""

LogitsProcessor = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
"""(ids so far, scores of the next token) -> other scores, in transformers' sense."""

_UNFINISHED = "\ufffd"


@dataclass
class _Row:
    """One answer of a batch."""

    detector: LoopDetector = field(default_factory=LoopDetector)
    ids: list[int] = field(default_factory=list)
    pieces: list[TokenLogprob] = field(default_factory=list)
    shown_from: int = 0
    shown_to: int = 0
    used_s: float = 0.0
    stopped: Stop | None = None

    def to_output(self) -> VlmOutput:
        text = "".join(piece.text for piece in self.pieces)
        return VlmOutput(text, tuple(self.pieces), self.stopped or Stop.LENGTH)


class Watcher:
    """Sees every step of ``generate`` twice: the scores as logits processor, the chosen tokens as stopping criterion.

    Keeping the scores of a whole page would take gigabytes (151 000 tokens of vocabulary), so that the probability of
    each chosen token is taken at once. ``decode`` turns ids into text; ``end_ids`` are what answers end with.

    Each row has ``budget_s``. The time that passes is shared by the rows which are still written, so that a row whose
    answer is long uses up its own time and not the others'. ``clock`` gives seconds.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        end_ids: frozenset[int],
        *,
        rows: int,
        budget_s: float,
        max_new_tokens: int,
        on_text: OnText | None = None,
        on_end: OnEnd | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._decode = decode
        self._end_ids = end_ids
        self._rows = [_Row() for _ in range(rows)]
        self._budget_s = budget_s
        self._max_new_tokens = max_new_tokens
        self._on_text = on_text
        self._on_end = on_end
        self._clock = clock
        self._seen_at = clock()
        self._scores: torch.Tensor | None = None

    def see_scores(self, _ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """A logits processor that changes nothing."""
        self._scores = scores
        return scores

    def see_tokens(self, ids: "torch.Tensor", _scores: object, **_kwargs: object) -> "torch.Tensor":
        """A stopping criterion: which rows are to stop."""
        import torch

        chosen = ids[:, -1]
        logprobs = [0.0] * len(self._rows)
        if self._scores is not None:
            shares = torch.log_softmax(self._scores.float(), dim=-1)
            logprobs = shares.gather(-1, chosen.unsqueeze(-1)).squeeze(-1).tolist()
        self._share_time()
        for index, (row, token) in enumerate(zip(self._rows, chosen.tolist(), strict=True)):
            if row.stopped is None:
                row.stopped = self._take(index, row, int(token), logprobs[index])
                if row.stopped is not None and self._on_end is not None:
                    self._on_end(index, row.to_output())
        return torch.tensor([row.stopped is not None for row in self._rows], device=ids.device)

    def outputs(self) -> list[VlmOutput]:
        """The answers, in the order of the batch."""
        return [row.to_output() for row in self._rows]

    def _share_time(self) -> None:
        now = self._clock()
        writing = [row for row in self._rows if row.stopped is None]
        for row in writing:
            row.used_s += (now - self._seen_at) / len(writing)
        self._seen_at = now

    def _take(self, index: int, row: _Row, token: int, logprob: float) -> Stop | None:
        """Why the row ends with this token; None: it goes on."""
        if token in self._end_ids:
            return Stop.END
        row.ids.append(token)
        piece = self._read_on(row)
        row.pieces.append(TokenLogprob(piece, logprob))
        if piece and self._on_text is not None:
            self._on_text(index, piece)
        if row.detector.feed(piece):
            return Stop.LOOP
        if row.used_s > self._budget_s:
            return Stop.TIME
        return Stop.LENGTH if len(row.ids) >= self._max_new_tokens else None

    def _read_on(self, row: _Row) -> str:
        """What the last token adds to the text: nothing while a character is still in the middle of its bytes.

        Tokens are decoded together with some before them, because what a token says may depend on its neighbours.
        """
        before = self._decode(row.ids[row.shown_from : row.shown_to])
        text = self._decode(row.ids[row.shown_from :])
        if text.endswith(_UNFINISHED) and len(row.ids) - row.shown_to < 8:
            return ""
        row.shown_from, row.shown_to = row.shown_to, len(row.ids)
        return text[len(before) :]


class EvenSampler:
    """A logits processor after which the likeliest token is a sample; a row's answer does not depend on its batch.

    All rows get the same noise at each step, as each would have got alone: the Gumbel-max trick (Gumbel, "Statistical
    theory of extreme values and some practical applications", 1954). The same page gives the same answer each time.
    """

    def __init__(self, temperature: float, top_p: float, device: Any) -> None:
        import torch
        from transformers import TemperatureLogitsWarper, TopPLogitsWarper

        self._warpers: list[Any] = [TemperatureLogitsWarper(temperature)]
        if top_p < 1:
            self._warpers.append(TopPLogitsWarper(top_p))
        self._random = torch.Generator(device).manual_seed(0)

    def __call__(self, ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        import torch

        warped = scores.float()
        for warp in self._warpers:
            warped = warp(ids, warped)
        noise = torch.empty_like(warped[0]).exponential_(generator=self._random)
        return warped - noise.log()


def generate(
    model: Any,
    inputs: Any,
    watcher: Watcher,
    *,
    max_new_tokens: int,
    temperature: float,
    top_p: float,
    guide: LogitsProcessor | None = None,
) -> None:
    """Let the model write, held to ``guide``; the watcher has the answers afterwards."""
    import torch

    # The watcher comes after the guide: probabilities are those among the tokens that are allowed.
    processors: list[LogitsProcessor] = [*([guide] if guide is not None else []), watcher.see_scores]
    if temperature > 0:
        processors.append(EvenSampler(temperature, top_p, model.device))
    with torch.inference_mode():
        model.generate(
            **inputs,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=max_new_tokens,
            logits_processor=processors,
            stopping_criteria=[watcher.see_tokens],
        )
