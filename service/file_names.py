"""A safe ``Content-Disposition`` for a name that a client chose (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

_MAX_LENGTH = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|;%]')


def to_attachment(file_name: str) -> str:
    """``attachment`` with an ASCII fallback and the full name; no header can be split, no folder be named."""
    name = _UNSAFE.sub("_", file_name).strip(". ")[-_MAX_LENGTH:] or "result"
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip() or "result"
    if ascii_name.startswith("."):
        ascii_name = "result" + ascii_name
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}"
