"""Plain text out of the little markup that models put into running text."""

import re
from functools import lru_cache

from markdown_it import MarkdownIt

_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\n(.*?)(?:\n```\s*)?\Z", re.DOTALL)
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_DISPLAYED = re.compile(
    r"\A\s*(?:\$\$(.*?)(?:\$\$)?|\\\[(.*?)(?:\\\])?|\\\((.*?)(?:\\\))?|\$([^$]*)\$)\s*\Z", re.DOTALL
)
_ENVIRONMENT = re.compile(r"\A\s*\\begin\{(?:equation|align|gather|displaymath|math)\*?\}")
_HEADING = re.compile(r"\A\s{0,3}(#{1,6})\s+")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def blank(match: re.Match[str]) -> str:
    """Spaces in the match's place: what stands behind it keeps its position."""
    return " " * len(match[0])


def without_thoughts(text: str) -> str:
    """Spaces where a model thought aloud; positions stay."""
    return _THOUGHT.sub(blank, text)


def without_fence(text: str) -> tuple[str, int]:
    """What stands inside a code fence around the whole answer, and where it begins; else the text itself and 0."""
    found = _FENCE.match(text)
    return (found[1], found.start(1)) if found else (text, 0)


def to_latex(text: str) -> str | None:
    """The LaTeX of a text that is one displayed formula and nothing else, without its delimiters; else None."""
    found = _DISPLAYED.match(text)
    if found:
        inner = next((group for group in found.groups() if group is not None), "")
        return inner.strip() if "$$" not in inner else None
    return text.strip() if _ENVIRONMENT.match(text) else None


def split_heading(text: str) -> tuple[int, str]:
    """(level, text without its number signs); level 0 for what is no Markdown heading."""
    found = _HEADING.match(text)
    return (len(found[1]), text[found.end() :].rstrip("# ").strip()) if found else (0, text)


@lru_cache(maxsize=1)
def markdown() -> MarkdownIt:
    """CommonMark with pipe tables."""
    return MarkdownIt("commonmark").enable("table")


def to_plain(text: str) -> str:
    """Emphasis, code marks, links and line-break tags resolved. A text with formulas keeps its signs: ``a_1`` is LaTeX.

    Line breaks stay where they are.
    """
    text = _BREAK.sub("\n", text)
    if "$" in text or "\\(" in text:
        return text.strip()
    return "\n".join(_inline_text(line) for line in text.strip().splitlines())


def _inline_text(line: str) -> str:
    if not any(mark in line for mark in "*_`<[&\\!"):
        return line.rstrip()
    parts: list[str] = []
    for token in markdown().parseInline(line)[0].children or []:
        if token.type in {"text", "code_inline", "html_inline"}:
            parts.append("" if token.type == "html_inline" and _is_tag(token.content) else token.content)
        elif token.type == "image":
            parts.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
    return "".join(parts).rstrip()


def _is_tag(text: str) -> bool:
    return (
        re.fullmatch(r"</?(b|i|u|em|strong|sup|sub|small|big|del|span|mark|a|p)\b[^>]*>", text, re.IGNORECASE)
        is not None
    )
