"""Every process of a server whose PYTHONPATH names this folder loads this first: it watches and hinders its model.

In the folder ``MODEL_WATCH`` the file ``batches`` gets a line for each call of the model: process id and pages. While
there is a file ``hold``, a batch is slow, and stands still once one of its pages has ended and another has not. A
picture that is ``POISON_WIDTH_PX`` wide kills the process that shows it to the model; of one that is ``LOOP_WIDTH_PX``
wide the model seems to say the same over and over, and one that is ``LATE_WIDTH_PX`` wide seems to take an hour.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

POISON_WIDTH_PX = 451
LOOP_WIDTH_PX = 453
LATE_WIDTH_PX = 455
_MODULE = "pipeline.engines.transformers_vlm"
_STEP_S = 0.25


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == _MODULE else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_watch(module: ModuleType) -> None:
                execute(module)
                _watch(module, Path(os.environ["MODEL_WATCH"]))

            spec.loader.exec_module = execute_and_watch  # type: ignore[method-assign]
        return spec


def _watch(module: Any, folder: Path) -> None:
    generate, to_picture = module.generate, module.to_picture
    widths_px: list[int] = []  # of the pictures that the model was shown, in the order of their rows

    def watched_generate(model: Any, inputs: Any, watcher: Any, **more: Any) -> None:
        pages = len(watcher.outputs())
        with (folder / "batches").open("a") as log:
            log.write(f"{os.getpid()} {pages}\n")
        _spoil(watcher, widths_px[-pages:])
        watcher.see_tokens = _held(watcher.see_tokens, folder / "hold")
        generate(model, inputs, watcher, **more)

    def poisoned_to_picture(image: Any, long_edge_px: int) -> Any:
        if image.width_px == POISON_WIDTH_PX:
            os.kill(os.getpid(), signal.SIGKILL)
        widths_px.append(image.width_px)
        return to_picture(image, long_edge_px)

    module.generate, module.to_picture = watched_generate, poisoned_to_picture


def _spoil(watcher: Any, widths_px: Sequence[int]) -> None:
    read_on, rows = watcher._read_on, watcher._rows
    for row, width_px in zip(rows, widths_px, strict=True):
        row.used_s += 3600.0 if width_px == LATE_WIDTH_PX else 0.0

    def read_on_and_on(row: Any) -> str:
        piece: str = read_on(row)
        return "and so on, " * 8 if widths_px[rows.index(row)] == LOOP_WIDTH_PX else piece

    watcher._read_on = read_on_and_on


def _held(see_tokens: Callable[..., Any], hold: Path) -> Callable[..., Any]:
    def see(*seen: Any, **more: Any) -> Any:
        stopped = see_tokens(*seen, **more)
        if hold.exists() and len(stopped) > 1:
            time.sleep(_STEP_S)
        while hold.exists() and stopped.any() and not stopped.all():
            time.sleep(0.05)
        return stopped

    return see


if "MODEL_WATCH" in os.environ:  # a test that only wants the widths has nothing to watch
    sys.meta_path.insert(0, _Finder())
