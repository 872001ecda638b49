"""Fields that a visitor names, as the JSON schema that the service takes."""

import json


def to_schema(said: str) -> str | None:
    """``said`` is names with commas or on lines of their own, or a JSON schema, which stays as it is. None for nothing.

    A named field is wanted as text, just as the page has it.
    """
    if said.lstrip().startswith("{"):
        return said
    parts = said.replace("\u060c", ",").replace("\u3001", ",").replace("\uff0c", ",").replace("\n", ",").split(",")
    names = dict.fromkeys(name.strip() for name in parts if name.strip())
    if not names:
        return None
    return json.dumps(
        {"type": "object", "properties": {name: {"type": "string"} for name in names}}, ensure_ascii=False
    )
