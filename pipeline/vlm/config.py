"""Which vision-language model reads pages, and within what bounds."""

from dataclasses import dataclass
from enum import StrEnum


class VlmKind(StrEnum):
    """Where the model runs: nowhere, in this process, behind a URL, in our own llama.cpp, or behind surya-ocr."""

    NONE = "none"
    TRANSFORMERS = "transformers"
    SERVED = "served"
    GGUF = "gguf"
    SURYA = "surya"

    @property
    def streams(self) -> bool:
        """Whether an answer can be seen while it is written; Surya's package gives whole pages."""
        return self in (VlmKind.TRANSFORMERS, VlmKind.SERVED, VlmKind.GGUF)

    @property
    def batches(self) -> bool:
        """Whether several pages are read by one call; servers put together by themselves what they are sent."""
        return self is VlmKind.TRANSFORMERS


@dataclass(frozen=True, slots=True)
class VlmConfig:
    """Plain values, so that a worker process can be given one.

    ``model`` is a Hugging Face id or a folder, ``profile`` a name of :data:`pipeline.vlm.profiles.PROFILES` or
    ``auto`` (the model's id decides). ``page_budget_s`` bounds the time and ``max_new_tokens`` (None: the profile's)
    the length of one page's answer. ``offline`` forbids downloads; ``cache_folder`` None is huggingface-hub's own.
    ``device`` is ``auto`` or what torch calls one. ``gguf`` and ``mmproj`` are files, ``program`` is the interpreter of
    an environment of its own (Surya's). ``batch_pages`` are the pages of a job that are read side by side at most,
    where the model can do that.
    """

    kind: VlmKind = VlmKind.NONE
    model: str = ""
    url: str = ""
    key: str = ""
    profile: str = "auto"
    gguf: str = ""
    mmproj: str = ""
    cache_folder: str | None = None
    device: str = "auto"
    offline: bool = False
    page_budget_s: float = 180.0
    max_new_tokens: int | None = None
    threads: int | None = None
    pages_in_flight: int = 8
    batch_pages: int = 1
    program: str = ""
