"""Data for the JavaScript of a gr.HTML component, written into its template."""

import json
from typing import Any


def to_attribute(data: Any) -> str:
    """JSON for a single-quoted HTML attribute in which neither template syntax of gr.HTML finds anything to replace."""
    text = json.dumps(data, ensure_ascii=True)
    for character, entity in (("&", "&amp;"), ("'", "&#39;"), ("<", "&lt;"), ("$", "&#36;"), ("{", "&#123;")):
        text = text.replace(character, entity)
    return text
