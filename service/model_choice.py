"""Which models the settings name, as the plain values that pipeline and executor want.

Nothing is loaded and no network is asked here: a default install decides in microseconds that it has none.
"""

from importlib.metadata import version
from pathlib import Path

from pipeline.translators.base import TranslatorConfig
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.profiles import find_profile
from settings import Settings

_PAGES_ON_A_GPU = 4
_WEIGHTS = ("*.safetensors", "*.bin")


def choose_vlm(settings: Settings) -> VlmConfig:
    """What reads pages of tier ``vlm``: a server, llama.cpp, Surya's server, or weights on this machine.

    Raises EngineUnavailableError for a profile that does not exist.
    """
    engines = settings.engines
    if engines.vlm_profile != "auto":
        find_profile(engines.vlm_profile, engines.vlm_model)
    if engines.vlm_url:
        return _vlm(settings, VlmKind.SERVED, model=_named_model(settings))
    if engines.vlm_gguf:
        return _vlm(settings, VlmKind.GGUF, model=Path(engines.vlm_gguf).stem)
    if engines.surya_inference_url and "vlm_model" not in engines.model_fields_set:
        return choose_surya(settings)
    found = _find_weights(settings, engines.vlm_model)
    if found is None and not engines.vlm_download:
        return VlmConfig()
    return _vlm(settings, VlmKind.TRANSFORMERS, model=engines.vlm_model, cache_folder=found)


def choose_batch_pages(settings: Settings) -> int:
    """How many pages a model in this program reads side by side. torch is not asked: this process does without it."""
    if settings.engines.vlm_batch_pages:
        return settings.engines.vlm_batch_pages
    device = settings.engines.vlm_device
    if device == "auto":
        worker = settings.worker
        has_gpu = worker.ray_model_gpus > 0 if worker.executor == "ray" else _has_cuda()
    else:
        has_gpu = device.startswith("cuda")
    return _PAGES_ON_A_GPU if has_gpu else 1


def choose_surya(settings: Settings) -> VlmConfig:
    """Surya through its own environment; kind ``none`` where its server or its environment is missing."""
    engines = settings.engines
    if not engines.surya_inference_url or not Path(engines.surya_python).exists():
        return VlmConfig()
    return VlmConfig(
        kind=VlmKind.SURYA,
        model=engines.surya_model_checkpoint,
        url=engines.surya_inference_url,
        profile="surya",
        page_budget_s=engines.vlm_page_s,
        pages_in_flight=engines.vlm_pages_in_flight,
        program=str(Path(engines.surya_python).absolute()),
    )


def choose_cpu_model(settings: Settings) -> VlmConfig:
    """The model of tier ``cpu``: Surya where it is asked for, or configured and nothing else asked for."""
    return choose_surya(settings) if settings.engines.cpu_engine in ("auto", "surya") else VlmConfig()


def choose_instruct_model(settings: Settings) -> VlmConfig:
    """What translates and extracts: the chat model, or a vision-language model that follows instructions."""
    chat, engines = settings.chat, settings.engines
    if chat.chat_url:
        return VlmConfig(
            VlmKind.SERVED, chat.chat_model, chat.chat_url, chat.chat_key, "instruct", page_budget_s=engines.vlm_page_s
        )
    if chat.chat_gguf:
        return VlmConfig(
            VlmKind.GGUF,
            Path(chat.chat_gguf).stem,
            profile="instruct",
            gguf=chat.chat_gguf,
            page_budget_s=engines.vlm_page_s,
        )
    vlm = choose_vlm(settings)
    if vlm.kind is VlmKind.NONE or vlm.kind is VlmKind.SURYA:
        return VlmConfig()
    # A server that wasn't told its model's name may have any: what it is shows only when it is asked.
    is_instruct = bool(vlm.model) and find_profile(vlm.profile, vlm.model).follows_instructions
    return vlm if is_instruct else VlmConfig()


def choose_translators(settings: Settings) -> TranslatorConfig:
    engines = settings.engines
    model = engines.translation_model
    found = _find_weights(settings, model) if model else None
    is_there = found is not None or (bool(model) and engines.vlm_download)
    return TranslatorConfig(
        instruct=choose_instruct_model(settings),
        model=model if is_there else "",
        cache_folder=found or _models_folder(settings),
        offline=not engines.vlm_download,
        apertium_modes=engines.apertium_modes,
    )


def count_model_processes(settings: Settings) -> int:
    """A process for every page that waits for a server; a single one where any model computes on this machine."""
    chosen = (choose_vlm(settings), choose_cpu_model(settings), choose_instruct_model(settings))
    own = {VlmKind.TRANSFORMERS, VlmKind.GGUF}
    if any(config.kind in own for config in chosen) or choose_translators(settings).model:
        return 1
    is_served = any(config.kind is not VlmKind.NONE for config in chosen)
    return settings.engines.vlm_pages_in_flight if is_served else 1


def _vlm(settings: Settings, kind: VlmKind, *, model: str, cache_folder: str | None = None) -> VlmConfig:
    engines = settings.engines
    return VlmConfig(
        kind=kind,
        model=model,
        url=engines.vlm_url,
        key=engines.vlm_key,
        profile=engines.vlm_profile,
        gguf=engines.vlm_gguf,
        mmproj=engines.vlm_mmproj,
        cache_folder=cache_folder or _models_folder(settings),
        device=engines.vlm_device,
        offline=not engines.vlm_download,
        page_budget_s=engines.vlm_page_s,
        pages_in_flight=engines.vlm_pages_in_flight,
        batch_pages=choose_batch_pages(settings),
    )


def _named_model(settings: Settings) -> str:
    """Empty where nobody named one: then the server is asked."""
    engines = settings.engines
    return engines.vlm_model if "vlm_model" in engines.model_fields_set else ""


def _has_cuda() -> bool:
    """Whether NVIDIA's driver is here (on Windows' Linux it is another file), and torch's build can use it."""
    has_driver = any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/dxg"))
    return has_driver and not version("torch").endswith("+cpu")


def _models_folder(settings: Settings) -> str:
    return str(settings.storage.data_dir.resolve() / "models")


def _find_weights(settings: Settings, model: str) -> str | None:
    """The cache folder that has a model's weights (a folder has its own); None when they are not on this machine."""
    if Path(model).is_dir():
        return str(model) if _has_weights(Path(model)) else None
    cache = settings.engines.hf_hub_cache or str(Path.home() / ".cache" / "huggingface" / "hub")
    for folder in (_models_folder(settings), cache):
        snapshots = Path(folder) / f"models--{model.replace('/', '--')}" / "snapshots"
        if snapshots.is_dir() and any(_has_weights(snapshot) for snapshot in snapshots.iterdir()):
            return folder
    return None


def _has_weights(folder: Path) -> bool:
    return (folder / "config.json").exists() and any(any(folder.glob(pattern)) for pattern in _WEIGHTS)
