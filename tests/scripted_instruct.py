"""An instruct model that replies what the test says."""

from collections.abc import Callable
from typing import Any

from pipeline.engines.base import EngineInfo


class ScriptedInstruct:
    """``reply`` is called with the messages and the schema."""

    info = EngineInfo("scripted-instruct", "1", "Apache-2.0")

    def __init__(self, reply: Callable[[Any, Any], str]) -> None:
        self._reply = reply

    def generate_text(
        self, messages: Any, schema: Any = None, *, budget_s: float | None = None, max_tokens: int = 2048
    ) -> str:
        return self._reply(messages, schema)

    def close(self) -> None:
        """Nothing is held."""
