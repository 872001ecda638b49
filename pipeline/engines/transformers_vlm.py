"""A vision-language model inside this process, through transformers."""

import base64
import binascii
import io
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Self, cast

from errors import EngineFailedError, EngineUnavailableError, ReadingError
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.engines.schema_guide import Guide, open_tokenizer
from pipeline.engines.served_vlm import require_complete, to_engine_name, to_result
from pipeline.engines.vlm_generation import OnEnd, OnText, Watcher, generate
from pipeline.engines.vlm_processor import open_processor
from pipeline.engines.vlm_weights import find_weights
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig
from pipeline.vlm.parsing import VlmOutput
from pipeline.vlm.profiles import VlmProfile, find_profile

if TYPE_CHECKING:
    import torch
    from llguidance import LLTokenizer
    from PIL.Image import Image

_log = logging.getLogger("ocr_chat.vlm")

# What a broken or foreign checkpoint makes transformers raise while it is opened.
_OPENING_ERRORS = (OSError, ValueError, RuntimeError, ImportError, KeyError, AttributeError, TypeError)
# What a page can make a model raise: no memory (a RuntimeError), a shape that doesn't fit, a template that wants more.
_READING_ERRORS = (RuntimeError, ValueError, IndexError, KeyError, TypeError)


Conversation = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written: one answer to each conversation. Plain values that can cross to another process.

    ``budget_s`` is the time for each of them.
    """

    conversations: Sequence[Conversation]
    budget_s: float
    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    schema: Mapping[str, Any] | None = None


Write = Callable[[Order], list[VlmOutput]]

OnResult = Callable[[int, EngineResult | ReadingError], None]
"""Called with a row of the batch (from 0) and what became of its page."""


class TransformersVlm:
    """An opened model; belongs to one process and one thread."""

    def __init__(self, model: Any, processor: Any, profile: VlmProfile, config: VlmConfig) -> None:
        self._model = model
        self._processor = processor
        self.profile = profile
        self._config = config
        self._guide_tokenizer: LLTokenizer | None = None
        self._write_elsewhere = on_borrowed_gpu(self._write)
        self.info = EngineInfo(to_engine_name(config.model or profile.model_id), profile.name, profile.licence)

    @classmethod
    def open(cls, config: VlmConfig) -> Self:
        """Load the model, downloading it the first time.

        Raises EngineUnavailableError saying what is missing: no weights and no network, no memory, no such profile, a
        kind of model that transformers doesn't know.
        """
        profile = find_profile(config.profile, config.model or DEFAULT_MODEL)
        model_id = config.model or profile.model_id
        folder = find_weights(model_id, cache_folder=config.cache_folder, offline=config.offline)
        device, dtype = choose_device(config.device)
        if config.threads and device == "cpu":
            import torch

            torch.set_num_threads(config.threads)
        from safetensors import SafetensorError
        from transformers import AutoModelForImageTextToText

        began = time.monotonic()
        try:
            processor = open_processor(folder)
            model: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, local_files_only=True)
            model = model.to(device).eval()
        except (*_OPENING_ERRORS, SafetensorError) as error:
            raise EngineUnavailableError(
                f"The model {model_id} can't be opened: {_first_line(error)}",
                remedy="docs/engines.md lists the models that are known to work.",
            ) from error
        _log.info("%s opened on %s as %s in %.1f s.", model_id, device, dtype, time.monotonic() - began)
        return cls(model, processor, profile, config)

    def close(self) -> None:
        """Give the memory back; the engine can't be used afterwards."""
        import gc

        import torch

        self._model = self._processor = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def read_page(
        self, image: PageImage, request: EngineRequest, on_text: Callable[[str], None] | None = None
    ) -> EngineResult:
        """Read one page; boxes are in pixels of ``image``. ``on_text`` gets the answer's pieces as they are written.

        Raises EngineFailedError when the model fails, repeats itself or doesn't come to an end, PageTimeoutError when
        it takes longer than the request or the configuration allows.
        """
        pass_on: OnText | None = None if on_text is None else lambda _row, piece: on_text(piece)
        return to_result(self.profile, self._ask_pages([image], request, pass_on)[0], image)

    def read_pages(
        self, images: Sequence[PageImage], request: EngineRequest, on_result: OnResult, on_text: OnText | None = None
    ) -> None:
        """Read pages side by side, which a GPU does in little more than the time of one.

        ``on_result`` is told of each page as soon as its answer is written, also of one that fails. Raises
        EngineFailedError when the batch as a whole fails (it doesn't fit into memory, say): then nothing is known of
        the pages that were not told of, and each is to be read alone.
        """

        def tell(row: int, output: VlmOutput) -> None:
            try:
                result: EngineResult | ReadingError = to_result(self.profile, output, images[row])
            except ReadingError as error:
                result = error
            on_result(row, result)

        self._ask_pages(images, request, on_text, tell)

    def generate_text(
        self,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        max_tokens: int = 2048,
    ) -> str:
        """What an instruct model replies. It is told ``schema``, and can't write anything else.

        Raises EngineUnavailableError for a model that only reads pages, EngineFailedError and PageTimeoutError as
        :meth:`read_page`.
        """
        if not self.profile.follows_instructions:
            raise EngineUnavailableError(
                f"{self.info.name} reads pages and follows no instructions.",
                remedy="Set VLM_MODEL to an instruct model such as Qwen/Qwen3.5-2B.",
            )
        conversation = [_to_message(message) for message in messages]
        if schema is not None:
            wish = f"Answer with JSON only, by this JSON schema: {schema}"
            conversation.append({"role": "user", "content": [{"type": "text", "text": wish}]})
        order = Order([conversation], budget_s or self._config.page_budget_s, max_tokens, schema=schema)
        output = self._ask(order)[0]
        require_complete(output)
        return output.text.rpartition("</think>")[2].strip()

    def _ask_pages(
        self,
        images: Sequence[PageImage],
        request: EngineRequest,
        on_text: OnText | None,
        on_end: OnEnd | None = None,
    ) -> list[VlmOutput]:
        profile = self.profile
        prompt = profile.prompt(request.prompt_mode)
        conversations = []
        for image in images:
            parts: list[dict[str, Any]] = [{"type": "image", "image": to_picture(image, profile.long_edge_px)}]
            if prompt:
                parts.append({"type": "text", "text": prompt})
            conversations.append([{"role": "user", "content": parts}])
        order = Order(
            conversations,
            budget_s=request.timeout_s or self._config.page_budget_s,
            max_new_tokens=self._config.max_new_tokens or profile.max_new_tokens,
            temperature=profile.temperature,
            top_p=profile.top_p,
        )
        return self._ask(order, on_text, on_end)

    def _ask(self, order: Order, on_text: OnText | None = None, on_end: OnEnd | None = None) -> list[VlmOutput]:
        try:
            if self._write_elsewhere is None:
                return self._write(order, on_text, on_end)
            outputs = self._write_elsewhere(order)
            if on_end is not None:
                for row, output in enumerate(outputs):
                    on_end(row, output)
            return outputs
        except _READING_ERRORS as error:
            _log.warning("%s failed: %r", self.info.name, error)
            raise EngineFailedError(f"The model failed on this page: {_first_line(error)}") from error

    def _write(self, order: Order, on_text: OnText | None = None, on_end: OnEnd | None = None) -> list[VlmOutput]:
        watcher = Watcher(
            self._decode,
            self._end_ids(),
            rows=len(order.conversations),
            budget_s=order.budget_s,
            max_new_tokens=order.max_new_tokens,
            on_text=on_text,
            on_end=on_end,
        )
        generate(
            self._model,
            self._to_inputs(order.conversations),
            watcher,
            max_new_tokens=order.max_new_tokens,
            temperature=order.temperature,
            top_p=order.top_p,
            guide=self._to_guide(order.schema),
        )
        return watcher.outputs()

    def _to_guide(self, schema: Mapping[str, Any] | None) -> Guide | None:
        if schema is None:
            return None
        if self._guide_tokenizer is None:
            self._guide_tokenizer = open_tokenizer(self._processor.tokenizer, self._end_ids())
        return Guide(self._guide_tokenizer, schema) if self._guide_tokenizer is not None else None

    def _to_inputs(self, conversations: Sequence[Conversation]) -> Any:
        self._processor.tokenizer.padding_side = "left"
        template = str(self._processor.chat_template or "")
        batch = self._processor.apply_chat_template(
            list(conversations),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": len(conversations) > 1},
            # A template that doesn't know an option would pass it on to the processor, which doesn't either.
            **{name: value for name, value in self.profile.template_options.items() if name in template},
        )
        return batch.to(self._model.device, dtype=self._model.dtype)

    def _decode(self, ids: Sequence[int]) -> str:
        # Markup may consist of special tokens (DocTags does); only the ends of answers are never text.
        kept = list(ids)
        return str(
            self._processor.tokenizer.decode(
                kept,
                skip_special_tokens=self.profile.skip_special_tokens,
                clean_up_tokenization_spaces=False,
            )
        )

    def _end_ids(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id
        known = set(ends if isinstance(ends, list) else [ends]) | {self._processor.tokenizer.eos_token_id}
        return frozenset(end for end in known if end is not None)


DEFAULT_MODEL = "lightonai/LightOnOCR-3-0.8B"


def choose_device(wanted: str) -> "tuple[str, torch.dtype]":
    """(device, number type): ``auto`` takes CUDA in bfloat16 (float16 on older cards), then Apple's GPU, then the CPU.

    Raises EngineUnavailableError for a device that this machine hasn't got.
    """
    import torch

    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if wanted.startswith("cuda"):
        if not torch.cuda.is_available():
            raise EngineUnavailableError(
                "There is no CUDA GPU that torch can use here.",
                remedy="Install torch's CUDA build (docs/engines.md) or set VLM_DEVICE to auto.",
            )
        return wanted, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return wanted, torch.float32


def on_borrowed_gpu(write: Write) -> Write | None:
    """On a ZeroGPU Space: ``write`` in a process that borrows a GPU for the call. Everywhere else None.

    It is borrowed for as long as the answers of an order may take together. Only what is passed and returned crosses
    over to that process, so nothing can be shown while it writes.
    """
    try:
        from spaces import GPU  # type: ignore[attr-defined]  # mypy takes our folder of that name for the package
    except ImportError:
        return None
    borrowed = cast(Write, GPU(write, duration=lambda order: ceil(order.budget_s * len(order.conversations))))
    return None if borrowed == write else borrowed


def to_picture(image: PageImage, long_edge_px: int) -> "Image":
    """The page no larger than the model wants it, never enlarged."""
    from PIL import Image

    picture = Image.fromarray(image.pixels)
    picture.thumbnail((long_edge_px, long_edge_px), Image.Resampling.LANCZOS)
    return picture


def _to_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's form of a message to transformers': pictures in data URIs are unpacked."""
    content = message["content"]
    if isinstance(content, str):
        return {"role": message["role"], "content": [{"type": "text", "text": content}]}
    parts = [_to_part(part) for part in content]
    return {"role": message["role"], "content": parts}


def _to_part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") != "image_url":
        return dict(part)
    from PIL import Image, UnidentifiedImageError

    data = str(part["image_url"]["url"]).partition(",")[2]
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)), formats=["PNG", "JPEG", "WEBP"])
        return {"type": "image", "image": picture.convert("RGB")}
    except (binascii.Error, UnidentifiedImageError, OSError) as error:
        raise EngineFailedError("A picture for the model can't be read.") from error


def _first_line(error: Exception) -> str:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text if len(text) <= 200 else text[:199] + "…"
