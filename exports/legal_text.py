"""Text that every file format takes: hostile or broken characters never reach a writer."""

import re

# What XML 1.0 forbids, which is also what PDF readers and spreadsheets choke on: control characters other than tab,
# newline and carriage return, lone surrogates, and the two non-characters of the basic plane.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def to_legal_text(text: str) -> str:
    """``text`` without the characters that XML 1.0 forbids or discourages; everything else is kept as it is."""
    return _ILLEGAL.sub("", text)
