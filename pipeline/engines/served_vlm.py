"""A vision-language model behind an OpenAI-compatible server: how tier ``vlm`` grows beyond one machine."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Self

from errors import EngineFailedError, PageTimeoutError
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.engines.chat_client import ChatClient, ChatRequest, Message
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig
from pipeline.vlm.parsing import Stop, VlmOutput, parse_page
from pipeline.vlm.profiles import VlmProfile, find_profile

_LARGEST_PNG_BYTES = 4_000_000
_JPEG_QUALITY = 95


class ServedVlm:
    """One connection to the server; a page is one request, and many may be under way in as many processes."""

    def __init__(self, client: ChatClient, profile: VlmProfile, config: VlmConfig) -> None:
        self._client = client
        self.profile = profile
        self._config = config
        self.info = EngineInfo(to_engine_name(client.get_model()), profile.name, profile.licence)

    @classmethod
    def open(cls, config: VlmConfig) -> Self:
        """Raises EngineUnavailableError when the server can't be asked for its model or the profile is unknown."""
        client = ChatClient(config.url, model=config.model, key=config.key)
        return cls(client, find_profile(config.profile, client.get_model()), config)

    def close(self) -> None:
        self._client.close()

    def read_page(
        self, image: PageImage, request: EngineRequest, on_text: Callable[[str], None] | None = None
    ) -> EngineResult:
        """Read one page; boxes are in pixels of ``image``. ``on_text`` gets the answer's pieces as they come.

        Raises as :meth:`pipeline.engines.chat_client.ChatClient.ask`, and as :func:`to_result`.
        """
        profile = self.profile
        prompt = profile.prompt(request.prompt_mode)
        parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": to_data_uri(image, profile)}}]
        if prompt:
            parts.append({"type": "text", "text": prompt})
        extras: dict[str, Any] = {}
        if profile.template_options:
            extras["chat_template_kwargs"] = dict(profile.template_options)
        if not profile.skip_special_tokens:
            extras["skip_special_tokens"] = False
        output = self._client.ask(
            ChatRequest(
                [{"role": "user", "content": parts}],
                budget_s=request.timeout_s or self._config.page_budget_s,
                max_tokens=self._config.max_new_tokens or profile.max_new_tokens,
                temperature=profile.temperature,
                top_p=profile.top_p,
                wants_logprobs=True,
                extras=extras,
            ),
            on_text,
        )
        return to_result(profile, output, image)

    def generate_text(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        max_tokens: int = 2048,
    ) -> str:
        """What an instruct model replies. Raises as :meth:`read_page`; a reply that was cut off is a failure too."""
        output = self._client.ask(
            ChatRequest(
                messages,
                budget_s=budget_s or self._config.page_budget_s,
                max_tokens=max_tokens,
                schema=schema,
                extras={"chat_template_kwargs": {"enable_thinking": False}},
            )
        )
        require_complete(output)
        return output.text.rpartition("</think>")[2].strip()


def to_engine_name(model: str) -> str:
    """What pages say they were read by: a model's id without its owner, a folder's or file's last part."""
    return PurePosixPath(model.replace("\\", "/")).name or "vlm"


def to_result(profile: VlmProfile, output: VlmOutput, image: PageImage) -> EngineResult:
    """The blocks of an answer. Raises as :func:`require_complete`."""
    require_complete(output)
    parsed = parse_page(profile, output, page_number=image.number, width_px=image.width_px, height_px=image.height_px)
    return EngineResult(blocks=parsed.blocks, notices=parsed.notices)


def require_complete(output: VlmOutput) -> None:
    """Half a page is not passed off as a page: raises PageTimeoutError or EngineFailedError saying why it ended."""
    match output.stopped:
        case Stop.TIME:
            raise PageTimeoutError("The model took too long.")
        case Stop.LOOP:
            raise EngineFailedError("The model began to repeat itself.")
        case Stop.LENGTH:
            raise EngineFailedError("The model's answer grew too long.")
        case Stop.END:
            return


def to_data_uri(image: PageImage, profile: VlmProfile) -> str:
    """The page no larger than the model wants it: PNG, and JPEG where that would be heavy (photographs)."""
    from PIL import Image

    picture = Image.fromarray(image.pixels)
    picture.thumbnail((profile.long_edge_px, profile.long_edge_px), Image.Resampling.LANCZOS)
    buffer, kind = io.BytesIO(), "png"
    picture.save(buffer, "PNG", compress_level=3)
    if buffer.tell() > _LARGEST_PNG_BYTES:
        buffer, kind = io.BytesIO(), "jpeg"
        picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
