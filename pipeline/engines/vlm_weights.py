"""Finding a model's files: a folder, what was downloaded before, or a first download from Hugging Face."""

import json
import logging
import shutil
import time
from pathlib import Path
from typing import Any

from errors import EngineUnavailableError

_log = logging.getLogger("ocr_chat.vlm")

_WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken")
_ASK_TIMEOUT_S = 10.0
_REPORT_EVERY_S = 5.0
_SPARE_BYTES = 500_000_000


def find_weights(model: str, *, cache_folder: str | None = None, offline: bool = False) -> Path:
    """A folder with everything the model needs, downloaded now where it is not here yet.

    Raises EngineUnavailableError when it is neither here nor to be had: no network (told within seconds), no such
    model, a model that has to be asked for, too little room.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _require_complete(folder, model)
    if _looks_like_path(model):
        raise EngineUnavailableError(
            f"There is no folder '{model}' with a model.", remedy="VLM_MODEL is a folder or a Hugging Face id."
        )
    kept = _find_kept(model, cache_folder)
    return kept if kept is not None else _download(model, cache_folder, offline=offline)


def _looks_like_path(model: str) -> bool:
    return model.startswith(("/", ".", "~")) or model.count("/") != 1


def _require_complete(folder: Path, model: str) -> Path:
    problem = _find_gap(folder)
    if problem:
        raise EngineUnavailableError(
            f"The model in '{model}' is not complete: {problem} is missing.", remedy="Copy or download it again."
        )
    return folder


def _find_gap(folder: Path) -> str | None:
    """What a model's folder lacks, by name; None when it is complete."""
    if not (folder / "config.json").exists():
        return "config.json"
    index = folder / "model.safetensors.index.json"
    if index.exists():
        try:
            names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError):
            return index.name
        return next((name for name in sorted(names) if not (folder / name).exists()), None)
    return None if any(folder.glob("*.safetensors")) else "model.safetensors"


def _find_kept(model: str, cache_folder: str | None) -> Path | None:
    """What an earlier download left, if it was finished. Asks nobody."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(model, cache_dir=cache_folder, local_files_only=True, allow_patterns=list(_WANTED))
        )
    except HFValidationError as error:
        raise EngineUnavailableError(
            f"'{model}' is no Hugging Face id.", remedy="VLM_MODEL is a folder or an id like owner/name."
        ) from error
    except LocalEntryNotFoundError:
        return None
    return folder if _find_gap(folder) is None else None


def _download(model: str, cache_folder: str | None, *, offline: bool) -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    if offline or constants.HF_HUB_OFFLINE:
        raise _unreachable(model, "downloads are switched off")
    try:
        size = _ask_size(model)
        _require_room(model, size, Path(cache_folder or constants.HF_HUB_CACHE))
        _log.info("Downloading %s (%s) from Hugging Face, once.", model, _to_megabytes(size))
        folder = snapshot_download(
            model,
            cache_dir=cache_folder,
            allow_patterns=list(_WANTED),
            tqdm_class=_make_reporter(model),
            etag_timeout=_ASK_TIMEOUT_S,
        )
    except GatedRepoError as error:
        raise EngineUnavailableError(
            f"The model {model} is given only to those who asked for it.",
            remedy="Accept its terms on Hugging Face and set HF_TOKEN.",
        ) from error
    except RepositoryNotFoundError as error:
        raise EngineUnavailableError(
            f"Hugging Face has no model {model}.", remedy="Check VLM_MODEL; a private one needs HF_TOKEN."
        ) from error
    except HfHubHTTPError as error:
        raise _unreachable(model, "Hugging Face does not answer as it should") from error
    except _network_errors() as error:
        raise _unreachable(model, "there is no connection to Hugging Face") from error
    return _require_complete(Path(folder), model)


def _ask_size(model: str) -> int:
    """Bytes to be downloaded. The first question to the network, so this is where it fails quickly without one."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils import filter_repo_objects

    info = HfApi().model_info(model, timeout=_ASK_TIMEOUT_S, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    return sum(sizes[name] for name in filter_repo_objects(sizes, allow_patterns=list(_WANTED)))


def _require_room(model: str, size: int, folder: Path) -> None:
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path.cwd())
    if shutil.disk_usage(existing).free < size + _SPARE_BYTES:
        raise EngineUnavailableError(
            f"There is no room for the model {model}: it takes {_to_megabytes(size)}.",
            remedy=f"Free some space in {existing} or set HF_HOME to another disk.",
        )


def _network_errors() -> tuple[type[Exception], ...]:
    """What huggingface-hub lets through when there is no network; it changed its HTTP library more than once."""
    errors: list[type[Exception]] = [OSError]
    for name in ("httpx", "httpx2"):
        try:
            library: Any = __import__(name)
        except ImportError:
            continue
        errors.append(library.HTTPError)
    return tuple(errors)


def _unreachable(model: str, reason: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"The model {model} is not on this machine and {reason}.",
        remedy="Connect the machine once, or copy the model's folder here and set VLM_MODEL to it (docs/engines.md).",
    )


def _to_megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _make_reporter(model: str) -> type:
    """A progress bar that writes a line to the log now and then: a server has no terminal to draw on."""
    from huggingface_hub.utils import tqdm

    class Reporter(tqdm):
        reported_at = 0.0

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = False
            super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

        def display(self, *_args: Any, **_kwargs: Any) -> None:
            now = time.monotonic()
            is_bytes = getattr(self, "unit", "") == "B"
            if is_bytes and self.total and now - self.reported_at > _REPORT_EVERY_S:
                self.reported_at = now
                _log.info("%s: %d %% of %s", model, 100 * self.n / self.total, _to_megabytes(self.total))

    return Reporter
