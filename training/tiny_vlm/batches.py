"""Pages of one size with what the model is to answer and what it is to see where."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training.tiny_vlm.model import IMAGE, PATCH_PX, TOKEN_PX, encode_pieces, to_prompt
from training.tiny_vlm.pages import ALPHABET, DrawnLine, SmallPage, Writer

SLOTS = 4
"""How many characters may have their middle in one visual token of 16 x 16 pixels."""
LETTERS = {character: index for index, character in enumerate(ALPHABET, start=1)}
LETTER_COUNT = len(ALPHABET) + 1
MOST_LINES = 8
IGNORED = -100

GROUNDING = "grounding"
SURYA = "OCR this image to HTML. Each block is a div with data-label and data-bbox (x0 y0 x1 y1, normalized 0-1000)."
PLAIN = ""


@dataclass(frozen=True, slots=True)
class SeenTokens:
    """What stands in each of a page's visual tokens, all of shape (pages, tokens, ...), -100 where it doesn't count.

    ``patches`` (pages, patches): the character with its middle in the patch, 0 for none.
    ``letters``: the characters with their middle in the token, 0 for none. ``before``: the two characters before the
    first of them. ``line``: the number of its line. ``corners``: that line's box in hundredths of the page.
    """

    patches: Tensor
    letters: Tensor
    before: Tensor
    line: Tensor
    corners: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """``pixels`` (pages, 3, height, width) in -1..1; ``ids`` the whole conversation, image tokens included.

    ``labels`` are the ids to be learnt (shifted as transformers does it); ``looks`` says for each position which visual
    token the next piece of the answer stands in, or -100.
    """

    pixels: Tensor
    seen: SeenTokens
    ids: Tensor
    labels: Tensor
    looks: Tensor
    image_start: int


def draw_pages(writer: Writer, random: Random, width: int, height: int, lines: int, count: int) -> list[SmallPage]:
    pages: list[SmallPage] = []
    while len(pages) < count:
        page = writer.draw(random, width, height, lines)
        if page.lines:
            pages.append(page)
    return pages


def to_pixels(pages: Sequence[SmallPage]) -> Tensor:
    gray = torch.from_numpy(np.stack([page.gray for page in pages])).float() / 127.5 - 1
    return gray.unsqueeze(1).expand(-1, 3, -1, -1).contiguous()


def to_seen(pages: Sequence[SmallPage]) -> SeenTokens:
    height, width = pages[0].gray.shape
    rows, columns = height // TOKEN_PX, width // TOKEN_PX
    patches = np.zeros((len(pages), height // PATCH_PX * (width // PATCH_PX)), np.int64)
    letters = np.zeros((len(pages), rows * columns, SLOTS), np.int64)
    before = np.full((len(pages), rows * columns, 2), IGNORED, np.int64)
    line_numbers = np.full((len(pages), rows * columns), IGNORED, np.int64)
    corners = np.full((len(pages), rows * columns, 4), IGNORED, np.int64)
    for page_index, page in enumerate(pages):
        for number, line in enumerate(page.lines):
            for patch, character in zip(_places(line, width, height, PATCH_PX), line.text, strict=True):
                patches[page_index, patch] = LETTERS[character]
            filled: dict[int, int] = {}
            place = _to_hundredths(line, width, height)
            for index, token in enumerate(_places(line, width, height, TOKEN_PX)):
                slot = filled.get(token, 0)
                filled[token] = slot + 1
                if slot == 0:
                    before[page_index, token] = [
                        LETTERS[line.text[index - back]] if index >= back else 0 for back in (1, 2)
                    ]
                    line_numbers[page_index, token] = min(number, MOST_LINES - 1)
                    corners[page_index, token] = place
                if slot < SLOTS:
                    letters[page_index, token, slot] = LETTERS[line.text[index]]
    arrays = (patches, letters, before, line_numbers, corners)
    return SeenTokens(*(torch.from_numpy(array) for array in arrays))


def _places(line: DrawnLine, width: int, height: int, cell_px: int) -> list[int]:
    """Which patch or visual token each character's middle is in."""
    columns, rows = width // cell_px, height // cell_px
    return [min(rows - 1, int(y // cell_px)) * columns + min(columns - 1, int(x // cell_px)) for x, y in line.centers]


def _to_hundredths(line: DrawnLine, width: int, height: int) -> list[int]:
    sizes = (width, height, width, height)
    return [max(0, min(100, round(100 * corner / size))) for corner, size in zip(line.corners, sizes, strict=True)]


def to_batch(pages: Sequence[SmallPage], tokenizer: PreTrainedTokenizerFast, prompt: str) -> Batch:
    """Pages of one size, all asked with the same prompt."""
    height, width = pages[0].gray.shape
    rows, columns = height // TOKEN_PX, width // TOKEN_PX
    head, tail = (tokenizer(part)["input_ids"] for part in to_prompt(prompt))
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    asked = [*head, *[image] * (rows * columns), *tail]
    answers = [_answer(page, prompt) for page in pages]
    encoded = [[*encode_pieces(tokenizer, pieces), tokenizer.eos_token_id] for pieces, _ in answers]
    longest = len(asked) + max(len(ids) for ids in encoded)
    ids = torch.full((len(pages), longest), tokenizer.pad_token_id)
    labels = torch.full((len(pages), longest), IGNORED)
    looks = torch.full((len(pages), longest), IGNORED)
    for index, (answer, (_, places)) in enumerate(zip(encoded, answers, strict=True)):
        end = len(asked) + len(answer)
        ids[index, :end] = torch.tensor([*asked, *answer])
        labels[index, len(asked) : end] = torch.tensor(answer)
        looks[index, len(asked) - 1 : end - 2] = torch.tensor(places)
    return Batch(to_pixels(pages), to_seen(pages), ids, labels, looks, len(head))


def _answer(page: SmallPage, prompt: str) -> tuple[list[str], list[int]]:
    """The pieces of the answer, and for each the visual token it can be read from (-100 for mere markup)."""
    height, width = page.gray.shape
    pieces: list[str] = []
    places: list[int] = []
    for number, line in enumerate(page.lines):
        tokens = _places(line, width, height, TOKEN_PX)
        corners = [str(10 * share) for share in _to_hundredths(line, width, height)]
        if prompt == GROUNDING:
            opening = ["![text](", corners[0], ",", corners[1], ",", corners[2], ",", corners[3], ") "]
            closing = ["\n"]
        elif prompt == SURYA:
            opening = ['<div data-label="Text" data-bbox="', *" ".join(["0", "0", "0", "0"]), '"><p>']
            opening[1:8:2] = corners
            closing = ["</p></div>", "\n"]
        else:
            opening, closing = [], ["\n"]
        if number == len(page.lines) - 1:
            closing.pop()
        ends = [tokens[0]] * 5 + [tokens[-1]] * 3
        pieces += [*opening, *line.text, *closing]
        places += [*([*ends, tokens[0]] if opening else []), *tokens, *[IGNORED] * len(closing)]
    return pieces, places
