"""Plain text to inline Markdown that renders back to exactly that text (CommonMark, with GitHub's tables)."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

# What starts a construct wherever it stands. Each pattern matches the one character to be escaped.
_INLINE = re.compile(
    r"""
      [\\`*|]
    | (?<![^\W_])_ | _(?![^\W_])             # inside a word (file_name, URLs) an underscore is only itself
    | \[(?=\^)                               # a footnote
    | \](?=[(\[:])                           # a link, a link definition
    | !(?=\[)
    | <(?=[A-Za-z/!?])                       # a tag, an autolink, a comment
    | &(?=\#?\w{1,31};)                      # an entity
    | (?<!/)~                                # struck out text; a home page's ~name stays whole
    | \$(?=\$) | (?<=\$)\$
    | \$(?=[^\s$](?:[^$\n]*[^\s$])?\$(?!\d)) # $...$ is math to many viewers; two prices are not
    """,
    re.VERBOSE,
)
# What starts a block at the beginning of a line: heading, quotation, list, underline of a heading or table, rule.
_HEADING_LINE = re.compile(r"(?=\#{1,6}(?:\s|$)|>|[-+](?:\s|$)|=+\s*$|-[-\s]*$|:?-+:?\s*$|\[[ xX]\]\s)")
_FENCE = re.compile(r"```|~~~|[*_]\s*[*_]|[*]\s")
_DOLLAR = re.compile(r"(?<!\\)\$")
# A tag, the middle of a link, a picture, an entity: a space behind the first character is nothing to TeX.
_OPENING = re.compile(r"<(?=[A-Za-z/!?])|\](?=[(\[])|!(?=\[)|&(?=\#?\w{1,31};)")
_NUMBERED_LINE = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")


def escape(text: str) -> str:
    """The text with everything escaped that Markdown would take for markup; line breaks stay.

    Blank space at the ends of lines goes, as it has no meaning in running text and would make breaks and code blocks.
    """
    lines = (_CONTROL.sub("", line).strip() for line in text.split("\n"))
    return "\n".join(_escape_line(line) for line in lines if line)


def _escape_line(line: str) -> str:
    escaped = _INLINE.sub(r"\\\g<0>", line)
    if _NUMBERED_LINE.match(escaped):
        return _NUMBERED_LINE.sub(r"\1\\", escaped, count=1)
    return "\\" + escaped if _HEADING_LINE.match(escaped) else escaped


def to_formula(latex: str) -> str:
    """LaTeX for between ``$$``: the same to TeX, and nothing but text to a viewer that knows no formulas.

    No ``$`` ends the formula early, no line begins a block, and no character begins a tag, a link or a picture.
    """
    text = _DOLLAR.sub(r"\\$", _CONTROL.sub("", latex))
    joined = ""
    for line in (line.strip() for line in text.split("\n")):
        begins_block = _HEADING_LINE.match(line) or _NUMBERED_LINE.match(line) or _FENCE.match(line)
        joined += ("" if not joined else " " if begins_block else "\n") + line if line else ""
    return _OPENING.sub(r"\g<0> ", joined)


def escape_heading(text: str) -> str:
    """One line for after ``#``: a closing run of ``#`` would be dropped."""
    escaped = escape(text.replace("\n", " "))
    return escaped[:-1] + "\\#" if escaped.endswith("#") and not escaped.endswith("\\#") else escaped
