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
    stopped: Stop | None = None


class Watcher:
    """Sees every step of ``generate`` twice: the scores as logits processor, the chosen tokens as stopping criterion.

    Keeping the scores of a whole page would take gigabytes (151 000 tokens of vocabulary), so that the probability of
    each chosen token is taken at once. ``decode`` turns ids into text; ``end_ids`` are what answers end with.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        end_ids: frozenset[int],
        *,
        rows: int,
        deadline: float,
        max_new_tokens: int,
        on_text: OnText | None = None,
    ) -> None:
        self._decode = decode
        self._end_ids = end_ids
        self._rows = [_Row() for _ in range(rows)]
        self._deadline = deadline
        self._max_new_tokens = max_new_tokens
        self._on_text = on_text
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
        is_late = time.monotonic() > self._deadline
        for index, (row, token) in enumerate(zip(self._rows, chosen.tolist(), strict=True)):
            if row.stopped is None:
                self._take(index, row, int(token), logprobs[index], is_late=is_late)
        return torch.tensor([row.stopped is not None for row in self._rows], device=ids.device)

    def outputs(self) -> list[VlmOutput]:
        """The answers, in the order of the batch."""
        outputs = []
        for row in self._rows:
            text = "".join(piece.text for piece in row.pieces)
            outputs.append(VlmOutput(text, tuple(row.pieces), row.stopped or Stop.LENGTH))
        return outputs

    def _take(self, index: int, row: _Row, token: int, logprob: float, *, is_late: bool) -> None:
        if token in self._end_ids:
            row.stopped = Stop.END
            return
        row.ids.append(token)
        piece = self._read_on(row)
        row.pieces.append(TokenLogprob(piece, logprob))
        if piece and self._on_text is not None:
            self._on_text(index, piece)
        if row.detector.feed(piece):
            row.stopped = Stop.LOOP
        elif is_late:
            row.stopped = Stop.TIME
        elif len(row.ids) >= self._max_new_tokens:
            row.stopped = Stop.LENGTH

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

    # The same page gives the same answer, sampled or not.
    torch.manual_seed(0)
    sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    if temperature > 0:
        sampling = {"do_sample": True, "temperature": temperature, "top_p": top_p}
    with torch.inference_mode():
        model.generate(
            **inputs,
            **sampling,
            max_new_tokens=max_new_tokens,
            # The watcher comes last: probabilities are those among the tokens that are allowed.
            logits_processor=[*([guide] if guide is not None else []), watcher.see_scores],
            stopping_criteria=[watcher.see_tokens],
        )
