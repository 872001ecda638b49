"""Train the tiny model: ``python -m training.tiny_vlm.train --minutes 70 --target FOLDER``.

First the eye alone: each visual token has to say which characters stand in it, what stands before them, in which line
it is and where that line is. All of this is known of drawn pages and costs a fraction of what answers cost. Then eye
and tongue together, on single lines and some pages of two, while one head in each of two layers is shown where to look.
Half of the pages are asked for in LightOnOCR's grounding form, two fifths in Surya's, the rest as plain text.

``--start`` goes on from a checkpoint (with its ``.heads`` beside it, where they are still there), ``--begin-at`` says
where in the curriculum.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.functional import unfold as unfold_patches
from transformers import LightOnOcrForConditionalGeneration, LightOnOcrProcessor, PreTrainedTokenizerFast

from training.tiny_vlm.batches import (
    GROUNDING,
    IGNORED,
    LETTER_COUNT,
    MOST_LINES,
    PLAIN,
    SLOTS,
    SURYA,
    Batch,
    SeenTokens,
    draw_pages,
    to_batch,
    to_pixels,
    to_seen,
)
from training.tiny_vlm.model import PATCH_PX, TOKEN_PX, build_model, build_processor
from training.tiny_vlm.pages import TRAINING_FONTS, UNSEEN_FONTS, Writer, load_words

SHARE_FOR_THE_EYE = 0.35
GUIDED_LAYERS = (1, 2)
PEAK_RATE = 2e-3


class SeenHeads(nn.Module):
    """What each visual token is asked while training; not part of the model that is kept."""

    def __init__(self, eye_width: int, width: int) -> None:
        super().__init__()
        self.patches = nn.Linear(eye_width, LETTER_COUNT)
        self.letters = nn.Linear(width, SLOTS * LETTER_COUNT)
        self.before = nn.Linear(width, 2 * LETTER_COUNT)
        self.line = nn.Linear(width, MOST_LINES)
        self.corners = nn.Linear(width, 4 * 101)

    def forward(self, patches: Tensor, features: Tensor, seen: SeenTokens) -> Tensor:
        """The loss. ``patches``: (pages, patches, width of the eye), ``features``: (pages, tokens, width)."""
        letters = self.letters(features).unflatten(-1, (SLOTS, LETTER_COUNT))
        filled = (seen.letters[..., :1] > 0).expand_as(seen.letters)
        loss = _weighted(letters, seen.letters, filled)
        loss = loss + _weighted(self.patches(patches), seen.patches, seen.patches > 0)
        for answers, truth, classes, weight in (
            (self.before(features), seen.before, LETTER_COUNT, 0.3),
            (self.line(features), seen.line, MOST_LINES, 0.2),
            (self.corners(features), seen.corners, 101, 0.1),
        ):
            loss = loss + weight * cross_entropy(answers.reshape(-1, classes), truth.flatten(), ignore_index=IGNORED)
        return loss

    @torch.no_grad()
    def accuracy(self, features: Tensor, seen: SeenTokens) -> float:
        """Share of the characters that their tokens name rightly."""
        letters = self.letters(features.float()).unflatten(-1, (SLOTS, LETTER_COUNT)).argmax(-1)
        wanted = seen.letters > 0
        return float((letters == seen.letters)[wanted].float().mean())


def _weighted(answers: Tensor, truth: Tensor, filled: Tensor) -> Tensor:
    """Most of a page is empty paper: that counts a tenth, or the eye would learn to see nothing."""
    weights = torch.where(filled, 1.0, 0.1).flatten()
    losses = cross_entropy(answers.flatten(0, -2), truth.flatten(), reduction="none")
    return (losses * weights).sum() / weights.sum()


@dataclass
class Student:
    """The model in training with all that belongs to it."""

    model: LightOnOcrForConditionalGeneration
    heads: SeenHeads
    tokenizer: PreTrainedTokenizerFast
    optimizer: torch.optim.Optimizer

    def look(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Patches and visual tokens of pages of one size, in one batch: the model itself takes pages one by one."""
        eye = self.model.model.vision_encoder
        patches = eye.patch_conv(pixels)
        rows, columns = patches.shape[-2:]
        grid = torch.cartesian_prod(torch.arange(rows), torch.arange(columns))
        hidden = eye.ln_pre(patches.flatten(2).transpose(1, 2))
        angles = eye.patch_positional_embedding(hidden, grid)
        seen = eye.transformer(hidden, attention_mask=None, position_embeddings=angles).last_hidden_state
        bridge = self.model.model.vision_projection
        hidden = bridge.norm(seen).transpose(1, 2).unflatten(-1, (rows, columns))
        merge = TOKEN_PX // PATCH_PX
        merged = bridge.patch_merger.merging_layer(unfold_patches(hidden, merge, stride=merge).transpose(1, 2))
        return seen, bridge.linear_2(bridge.act(bridge.linear_1(merged)))

    def answer(self, batch: Batch, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(loss of the answer, loss of the guided heads, logits)."""
        tongue = self.model.model.language_model
        embedded = tongue.embed_tokens(batch.ids)
        end = batch.image_start + features.shape[1]
        embedded = torch.cat([embedded[:, : batch.image_start], features, embedded[:, end:]], dim=1)
        output = tongue(inputs_embeds=embedded, use_cache=False, output_attentions=True)
        logits = self.model.lm_head(output.last_hidden_state[:, end:])
        labels = batch.labels[:, end + 1 :]
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        looks = batch.looks[:, end:]
        asked = looks != IGNORED
        guide = torch.zeros(())
        for layer in GUIDED_LAYERS:
            attention = output.attentions[layer][:, 0, end:, batch.image_start : end]
            share = attention.gather(-1, looks.clamp(min=0).unsqueeze(-1)).squeeze(-1)
            guide = guide - share[asked].clamp(min=1e-6).log().mean()
        return loss, guide, logits

    def step(self, loss: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def save(self, target: Path, processor: LightOnOcrProcessor) -> None:
        self.model.config._attn_implementation = "sdpa"
        self.model.save_pretrained(target)
        torch.save(self.heads.state_dict(), target.with_suffix(".heads"))
        processor.save_pretrained(target)
        self.model.config._attn_implementation = "eager"


def enrol(processor: LightOnOcrProcessor, start: Path | None) -> Student:
    model = build_model(processor.tokenizer)
    if start is not None:
        model = LightOnOcrForConditionalGeneration.from_pretrained(
            start, config=model.config, dtype=torch.float32, ignore_mismatched_sizes=True
        )
    heads_of_start = start and start.with_suffix(".heads")
    # Only this implementation hands out its attention.
    model.model.language_model.set_attn_implementation("eager")
    eye, tongue = model.model.vision_encoder.config, model.model.language_model.config
    heads = SeenHeads(eye.hidden_size, tongue.hidden_size)
    if heads_of_start and heads_of_start.exists():
        heads.load_state_dict(torch.load(heads_of_start, weights_only=True))
    optimizer = torch.optim.AdamW(
        [*model.parameters(), *heads.parameters()], betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    return Student(model.train(), heads, processor.tokenizer, optimizer)


def draw_size(random: Random, two_lines: float) -> tuple[int, int, int]:
    """Width, height and lines of the next pages, as the image processor hands them to the model."""
    width = 16 * random.randint(8, 16)
    if random.random() < two_lines:
        return width, random.choice((80, 96)), 2
    return width, random.choice((48, 64)), 1


def to_rate(progress: float, step: int) -> float:
    """The learning rate: a short rise, then down a cosine."""
    return PEAK_RATE * min(1.0, (step + 1) / 50) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * progress)))


def _halved() -> torch.autocast:
    """bfloat16 where it does no harm: nearly twice the speed on CPUs that know it."""
    return torch.autocast("cpu", dtype=torch.bfloat16)


def learn(
    student: Student, writer: Writer, random: Random, *, progress: float, step: int, two_lines: float
) -> dict[str, float]:
    """One step; its figures."""
    only_eye = progress < SHARE_FOR_THE_EYE
    width, height, lines = draw_size(random, 0.3 if only_eye else two_lines)
    tokens = (width // TOKEN_PX) * (height // TOKEN_PX)
    if only_eye:
        pages = draw_pages(writer, random, width, height, lines, max(2, 720 // tokens))
        seen = to_seen(pages)
        with _halved():
            patches, features = student.look(to_pixels(pages))
            loss = student.heads(patches, features, seen)
        student.step(loss, to_rate(progress, step))
        return {"eye": float(loss.detach()), "letters": student.heads.accuracy(features, seen)}
    prompt = random.choices((GROUNDING, SURYA, PLAIN), (0.5, 0.4, 0.1))[0]
    pages = draw_pages(writer, random, width, height, lines, max(4, 512 // tokens))
    batch = to_batch(pages, student.tokenizer, prompt)
    with _halved():
        patches, features = student.look(batch.pixels)
        seen_loss = student.heads(patches, features, batch.seen)
        loss, guide, _ = student.answer(batch, features)
    student.step(loss + 0.5 * seen_loss + 0.3 * guide, to_rate(progress, step))
    return {
        "answer": float(loss.detach()),
        "guide": float(guide.detach()),
        "eye": float(seen_loss.detach()),
        "letters": student.heads.accuracy(features, batch.seen),
    }


@torch.no_grad()
def examine(student: Student, writer: Writer, lines: int) -> float:
    """Share of an answer's pieces that come out right on unseen fonts and words when all before them is given."""
    random = Random(3)
    pages = draw_pages(writer, random, 256, 32 * lines + 32, lines, 16)
    batch = to_batch(pages, student.tokenizer, GROUNDING)
    _, features = student.look(batch.pixels)
    _, _, logits = student.answer(batch, features)
    labels = batch.labels[:, batch.image_start + features.shape[1] + 1 :]
    wanted = labels != IGNORED
    return float((logits[:, :-1].argmax(-1) == labels)[wanted].float().mean())


def train(student: Student, processor: LightOnOcrProcessor, arguments: argparse.Namespace) -> None:
    """Until the CPU time is spent or the deadline is reached; keeps a checkpoint every few minutes."""
    words = arguments.words
    writer = Writer(arguments.fonts, load_words(words, test=False), tuple(arguments.sizes))
    examiner = Writer(UNSEEN_FONTS, load_words(words, test=True))
    random = Random(arguments.seed)
    began, wall = time.process_time(), time.monotonic()
    # Other programs may leave little of the core: the schedule follows whichever clock is further.
    saved, step = wall, 0
    progress = 0.0
    while progress < 1:
        progress = max(
            (time.process_time() - began) / (60 * arguments.minutes),
            (time.monotonic() - wall) / (60 * arguments.wall_minutes),
        )
        progress = arguments.begin_at + (1 - arguments.begin_at) * progress
        figures = learn(student, writer, random, progress=min(1.0, progress), step=step, two_lines=arguments.two_lines)
        step += 1
        if step % 50 == 0:
            shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
            print(f"{progress:.3f} step {step} {shown}", flush=True)
        if time.monotonic() - saved > 60 * arguments.save_minutes:
            student.save(arguments.target, processor)
            saved = time.monotonic()
            right = " ".join(f"{lines}: {examine(student, examiner, lines):.3f}" for lines in (1, 2))
            print(f"saved; right pieces on unseen fonts by number of lines  {right}", flush=True)
    # Half the size in the repository; the numbers are far from the ends of float16.
    cast(Any, student.model).half()
    student.save(arguments.target, processor)
    print(f"done after {time.process_time() - began:.0f} CPU seconds, {step} steps", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--minutes", type=float, default=70, help="CPU minutes")
    parser.add_argument("--wall-minutes", type=float, default=1e9, help="minutes by the clock, whichever is first")
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--words", type=Path, default=Path("build/words"), help="where extracted word lists are kept")
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--begin-at", type=float, default=0.0, help="where in the curriculum to begin, 0..1")
    parser.add_argument("--two-lines", type=float, default=0.12, help="share of the pages that have two lines, 0..1")
    parser.add_argument("--fonts", nargs="+", default=TRAINING_FONTS, help="file names")
    parser.add_argument("--sizes", nargs=2, type=int, default=(17, 25), help="least and most pixels of type")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    processor = build_processor()
    train(enrol(processor, arguments.start), processor, arguments)


if __name__ == "__main__":
    main()
