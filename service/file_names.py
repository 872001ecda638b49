"""Safe header values: ``Content-Disposition`` for a name that a client chose (RFC 6266, RFC 8187), and notices."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

_MAX_LENGTH = 120
_PLAIN = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|;%]')


def to_attachment(file_name: str) -> str:
    """``attachment`` with an ASCII fallback and the full name; no header can be split, no folder be named."""
    name = _UNSAFE.sub("_", file_name).strip(". ")[-_MAX_LENGTH:] or "result"
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip() or "result"
    if ascii_name.startswith("."):
        ascii_name = "result" + ascii_name
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}"


def to_notice_header(notices: Iterable[str]) -> str:
    """Sentences on one line, all but printable ASCII percent-encoded as UTF-8."""
    return quote(" ".join(notices), safe=_PLAIN)
