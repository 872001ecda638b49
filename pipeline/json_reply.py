"""The JSON object in what a language model replied."""

import json
from typing import Any


def find_json(reply: str) -> dict[str, Any] | None:
    """The first complete JSON object in a reply that may have chatter or code fences around it; None without one."""
    decoder = json.JSONDecoder()
    start = reply.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(reply, start)
        except (json.JSONDecodeError, RecursionError):
            start = reply.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else None
    return None
