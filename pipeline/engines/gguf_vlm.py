"""A vision-language model in a GGUF file: llama.cpp in our own process tree, and from there on a served model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from errors import EngineUnavailableError
from pipeline.engines.base import EngineRequest, EngineResult
from pipeline.engines.chat_client import Message
from pipeline.engines.gguf_server import GgufModel, GgufServer
from pipeline.engines.served_vlm import ServedVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.profiles import VlmProfile


class GgufVlm:
    """Starts llama.cpp when it is opened, and again when it was found dead."""

    def __init__(self, config: VlmConfig) -> None:
        self._config = config
        self._server, self._served = _start(config)
        self.info = self._served.info

    @classmethod
    def open(cls, config: VlmConfig) -> Self:
        """Raises EngineUnavailableError as :meth:`pipeline.engines.gguf_server.GgufServer.start`."""
        return cls(config)

    def close(self) -> None:
        self._served.close()
        self._server.close()

    @property
    def profile(self) -> VlmProfile:
        return self._served.profile

    def read_page(
        self, image: PageImage, request: EngineRequest, on_text: Callable[[str], None] | None = None
    ) -> EngineResult:
        """As :meth:`pipeline.engines.served_vlm.ServedVlm.read_page`."""
        if not self._config.mmproj:
            raise EngineUnavailableError(
                f"{self.info.name} has no image projector, so it can't see pages.", remedy="Set VLM_MMPROJ."
            )
        return self._running().read_page(image, request, on_text)

    def generate_text(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        max_tokens: int = 2048,
    ) -> str:
        """As :meth:`pipeline.engines.served_vlm.ServedVlm.generate_text`."""
        return self._running().generate_text(messages, schema, budget_s=budget_s, max_tokens=max_tokens)

    def _running(self) -> ServedVlm:
        if not self._server.is_running:
            self.close()
            self._server, self._served = _start(self._config)
        return self._served


def _start(config: VlmConfig) -> tuple[GgufServer, ServedVlm]:
    server = GgufServer.start(GgufModel(config.gguf, config.mmproj, threads=config.threads or 0))
    return server, ServedVlm.open(replace(config, kind=VlmKind.SERVED, url=server.url, key=server.key, model=""))
