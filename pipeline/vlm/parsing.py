"""What a model answered becomes blocks."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import NamedTuple, cast

from pipeline.document import Block, Box
from pipeline.vlm.profiles import VlmProfile
from pipeline.vlm.raw_blocks import RawBlock, to_block
from pipeline.vlm.repetition import cut_loop

CUT_NOTICES = {
    "length": "Page {number}: the model's answer reached its length limit, so the end of the page may be missing.",
    "time": "Page {number}: the model's answer ran out of time, so the end of the page may be missing.",
    "loop": "Page {number}: the model began to repeat itself and was stopped, so the end of the page may be missing.",
}
# Parsers of markup disagree on what these are; positions stay.
_SPACES = {0: " ", 13: " ", 0x85: " ", 0x2028: " ", 0x2029: " "}
NO_BOXES = "This model gives no positions: its blocks point at the whole page."


class Stop(StrEnum):
    """Why an answer ended: the model was done, or hit the token limit, repeated itself, or ran out of time."""

    END = "end"
    LENGTH = "length"
    LOOP = "loop"
    TIME = "time"


class TokenLogprob(NamedTuple):
    """A piece of the answer and the natural logarithm of the probability that the model gave it."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class VlmOutput:
    """A model's answer. ``token_logprobs`` joined are the text, where the server tells; else None."""

    text: str
    token_logprobs: tuple[TokenLogprob, ...] | None = None
    stopped: Stop = Stop.END


@dataclass(frozen=True, slots=True)
class ParsedPage:
    blocks: tuple[Block, ...]
    notices: tuple[str, ...] = ()


def parse_page(
    profile: VlmProfile, output: VlmOutput, *, page_number: int, width_px: int, height_px: int
) -> ParsedPage:
    """Read an answer. Never raises: broken markup gives what can be told from it, an empty answer no blocks.

    Boxes are in pixels of a page image of the given size and inside it; a block without one has the whole page.
    """
    text = (cut_loop(output.text) if output.stopped is Stop.LOOP else output.text).translate(_SPACES)
    raw_blocks = [raw for raw in load_parser(profile.parser)(text) if raw.is_worth_keeping]
    confidence = _Confidence(output.token_logprobs)
    page = Box(0, 0, width_px, height_px)
    blocks = tuple(
        to_block(raw, f"p{page_number}-b{index}", page, confidence.of(raw.start, _trimmed_end(text, raw)))
        for index, raw in enumerate(raw_blocks, start=1)
    )
    notices = []
    if output.stopped is not Stop.END:
        notices.append(CUT_NOTICES[output.stopped].format(number=page_number))
    if raw_blocks and all(raw.corners is None for raw in raw_blocks):
        notices.append(NO_BOXES)
    return ParsedPage(blocks, tuple(notices))


def _trimmed_end(text: str, raw: RawBlock) -> int:
    """Where the block ends without the space behind it, whose token may be the next block's first."""
    return raw.start + len(text[raw.start : raw.end].rstrip())


def load_parser(target: str) -> Callable[[str], Sequence[RawBlock]]:
    """The function behind ``module:function``."""
    module, _, name = target.partition(":")
    return cast(Callable[[str], Sequence[RawBlock]], getattr(import_module(module), name))


class _Confidence:
    """Mean probability of the tokens that a block was read from, 0..1 (their geometric mean)."""

    def __init__(self, tokens: tuple[TokenLogprob, ...] | None) -> None:
        self._ends: list[int] = []
        self._sums = [0.0]
        position = 0
        for token in tokens or ():
            position += len(token.text)
            self._ends.append(position)
            # A server may write minus infinity for a token that sampling brought about against all odds.
            self._sums.append(self._sums[-1] + max(-20.0, min(0.0, token.logprob)))

    def of(self, start: int, end: int) -> float | None:
        first = bisect_right(self._ends, start)
        last = bisect_right(self._ends, max(start, end - 1))
        count = min(last + 1, len(self._ends)) - first
        if count <= 0:
            return None
        return math.exp((self._sums[first + count] - self._sums[first]) / count)
