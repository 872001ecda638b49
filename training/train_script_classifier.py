"""Train the classifier that tells which script a piece of a text line is in.

    python -m training.train_script_classifier draw --fonts /usr/share/fonts --words build/words --out build/train.npz
    python -m training.train_script_classifier draw --fonts /usr/share/fonts --words build/words --test \\
        --pages 1500 --out build/test.npz
    python -m training.train_script_classifier train --samples build/train.npz --test build/test.npz \\
        --out pipeline/engines/script_classifier.xml

``draw`` renders pages, cuts them with the product's own :mod:`pipeline.text_patches` and keeps the patches with the
script under their middle; ``train`` fits a small convolutional network to them and writes it in OpenVINO's format.
"""

import argparse
import logging
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.engines.script_classifier import CLASSES
from pipeline.text_patches import PATCH_HEIGHT_PX, PATCH_WIDTH_PX, crop_patches, find_patches
from training.draw_pages import NEUTRAL, DrawnPage, Painter
from training.fonts import find_faces, split_faces
from training.words import load_vocabularies

_PATCHES_PER_PAGE = 24
_TURNED_WEIGHT = 0.15


class ScriptNet(nn.Module):
    """Five convolutions, then mean and maximum over the patch; 0.2 M weights.

    In: (n, 1, 40, 160), ink 1 and paper 0. Out: (n, classes + 1), the probabilities of the classes and, last, of lying
    upside down.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        steps = ((1, 24, 5, 2), (24, 40, 3, 2), (40, 56, 3, 1), (56, 96, 3, 2), (96, 128, 3, 1))
        layers: list[nn.Module] = []
        for inside, outside, size, stride in steps:
            layers += [
                nn.Conv2d(inside, outside, size, stride, size // 2, bias=False),
                nn.BatchNorm2d(outside),
                nn.ReLU(),
            ]
        self.features = nn.Sequential(*layers)
        self.classify = nn.Linear(256, classes + 1)

    def logits(self, patches: torch.Tensor) -> torch.Tensor:
        found = self.features(patches)
        return self.classify(torch.cat((found.mean((2, 3)), found.amax((2, 3))), 1))

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        logits = self.logits(patches)
        return torch.cat((torch.softmax(logits[:, :-1], 1), torch.sigmoid(logits[:, -1:])), 1)


def draw_samples(painter: Painter, pages: int, seed: int, *, mixed: bool) -> dict[str, NDArray[np.generic]]:
    """Patches (uint8), their class, whether they lie upside down, and the page that each is from."""
    random = Random(seed)
    patches, labels, turned, page_numbers = [], [], [], []
    started = time.process_time()
    for number in range(pages):
        # Every script equally often; pages without text come by the way.
        try:
            page = painter.draw(random, script=painter.scripts[number % (len(painter.scripts) - 1)], mixed=mixed)
        except OSError as error:
            print(f"page {number} left out: FreeType says of its font: {error}")
            continue
        for patch, label in _label(page):
            patches.append(patch)
            labels.append(label)
            turned.append(page.is_upside_down)
            page_numbers.append(number)
        if number % 500 == 499:
            print(f"{number + 1} pages, {len(labels)} patches, {time.process_time() - started:.0f} CPU-s", flush=True)
    return {
        "patches": np.stack(patches),
        "labels": np.array(labels, np.uint8),
        "turned": np.array(turned, np.uint8),
        "pages": np.array(page_numbers, np.int32),
    }


def _label(page: DrawnPage) -> Iterator[tuple[NDArray[np.uint8], int]]:
    found = find_patches(page.gray, limit=_PATCHES_PER_PAGE)
    for patch, pixels in zip(found, crop_patches(page.gray, found), strict=True):
        box = patch.box
        under = page.map[int(box.top) : int(box.bottom) + 1, int(box.left) : int(box.right) + 1]
        counts = np.bincount(under.ravel(), minlength=len(CLASSES) + 1)
        label = int(counts[1:].argmax())
        # Half on one script and half on another would teach nothing; off all text is nothing.
        if counts[label + 1] > 0.75 * counts[1:].sum() and counts[label + 1] > 0.3 * under.size:
            yield (pixels[0] * 255).astype(np.uint8), label
        elif counts[0] > 0.9 * under.size:
            yield (pixels[0] * 255).astype(np.uint8), CLASSES.index(NEUTRAL)


def _batches(samples: dict[str, NDArray[np.generic]], size: int, seed: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Shuffled batches, shifted and lit a little differently every time."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(samples["labels"]))
    for start in range(0, len(order) - size + 1, size):
        chosen = np.sort(order[start : start + size])
        patches = samples["patches"][chosen].astype(np.float32) / 255
        shift = int(generator.integers(-2, 3))
        patches = np.roll(patches, shift, axis=1)
        slide = int(generator.integers(0, 24))
        if generator.random() < 0.5 and slide:
            patches = np.concatenate((patches[:, :, slide:], np.zeros_like(patches[:, :, :slide])), axis=2)
        patches = patches ** generator.uniform(0.7, 1.4, (size, 1, 1)).astype(np.float32)
        yield (
            torch.from_numpy(patches[:, None]),
            torch.from_numpy(samples["labels"][chosen].astype(np.int64)),
            torch.from_numpy(samples["turned"][chosen].astype(np.float32)),
        )


def train(samples: dict[str, NDArray[np.generic]], *, epochs: int, seed: int = 1) -> ScriptNet:
    """Fit a network; one-cycle learning rate, bfloat16."""
    torch.manual_seed(seed)
    net = ScriptNet(len(CLASSES)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    size = 192
    steps = epochs * (len(samples["labels"]) // size)
    optimiser = torch.optim.AdamW(net.parameters(), 4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    started = time.process_time()
    for epoch in range(epochs):
        losses = []
        for patches, labels, turned in _batches(samples, size, seed + epoch):
            with torch.autocast("cpu", torch.bfloat16):
                logits = net.logits(patches.to(memory_format=torch.channels_last)).float()
            loss = nn.functional.cross_entropy(logits[:, :-1], labels, label_smoothing=0.05)
            loss = loss + _TURNED_WEIGHT * nn.functional.binary_cross_entropy_with_logits(logits[:, -1], turned)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(float(loss))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {time.process_time() - started:.0f} CPU-s", flush=True)
    return net.eval()


def report(net: ScriptNet, samples: dict[str, NDArray[np.generic]]) -> str:
    """Per script: patches and pages named right, on fonts that were kept back. Prints Markdown."""
    outputs = []
    with torch.no_grad():
        for start in range(0, len(samples["labels"]), 512):
            patches = samples["patches"][start : start + 512].astype(np.float32) / 255
            outputs.append(net(torch.from_numpy(patches[:, None])).numpy())
    found, labels, pages = np.concatenate(outputs), samples["labels"], samples["pages"]
    right = found[:, :-1].argmax(1) == labels
    neutral = CLASSES.index(NEUTRAL)
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, page in enumerate(pages):
        if labels[index] != neutral:
            by_page[int(page)].append(index)
    page_right: dict[int, list[bool]] = defaultdict(list)
    for indices in by_page.values():
        total = found[indices, :-1].sum(0)
        total[neutral] = 0
        page_right[int(labels[indices[0]])].append(int(total.argmax()) == int(labels[indices[0]]))
    rows = ["| script | patches | right | pages | right |", "|---|---|---|---|---|"]
    for index, name in enumerate(CLASSES):
        of_class = labels == index
        if of_class.any():
            named = page_right[index] or [False]
            pages_right = "" if index == neutral else f"{len(page_right[index])} | {np.mean(named):.3f}"
            rows.append(f"| {name} | {of_class.sum()} | {right[of_class].mean():.3f} | {pages_right or ' | '} |")
    every_page = [value for values in page_right.values() for value in values]
    rows.append(f"| all | {len(labels)} | {right.mean():.3f} | {len(every_page)} | {np.mean(every_page):.3f} |")
    way_up = ((found[:, -1] > 0.5) == samples["turned"]).mean()
    return "\n".join([*rows, "", f"Which way up a patch is: {way_up:.3f} right."])


def save(net: ScriptNet, path: Path) -> None:
    """Write ``path`` (.xml) and the weights beside it (.bin, 16-bit floats), with a fixed batch of 24."""
    import openvino

    shape = (_PATCHES_PER_PAGE, 1, PATCH_HEIGHT_PX, PATCH_WIDTH_PX)
    model = openvino.convert_model(net, example_input=torch.zeros(shape), input=[shape])
    openvino.save_model(model, path, compress_to_fp16=True)


def _load(path: Path) -> dict[str, NDArray[np.generic]]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw")
    draw.add_argument("--fonts", type=Path, action="append", required=True, help="a folder of fonts; may be repeated")
    draw.add_argument("--words", type=Path, required=True, help="a folder that keeps the extracted word lists")
    draw.add_argument("--pages", type=int, default=6000)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--test", action="store_true", help="the fonts that are kept back, one script a page")
    draw.add_argument("--out", type=Path, required=True)
    fit = commands.add_parser("train")
    fit.add_argument("--samples", type=Path, action="append", required=True)
    fit.add_argument("--test", type=Path, required=True)
    fit.add_argument("--epochs", type=int, default=6)
    fit.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    if chosen.command == "draw":
        faces = find_faces(chosen.fonts)
        split = {script: split_faces(found, test=chosen.test) for script, found in faces.items()}
        painter = Painter(CLASSES, load_vocabularies(chosen.words), split)
        samples = draw_samples(painter, chosen.pages, chosen.seed, mixed=not chosen.test)
        np.savez(chosen.out, allow_pickle=False, **samples)
        return
    parts = [_load(path) for path in chosen.samples]
    net = train({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, epochs=chosen.epochs)
    print(report(net, _load(chosen.test)))
    save(net, chosen.out)


if __name__ == "__main__":
    main()
