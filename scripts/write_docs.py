"""Writes the generated docs: settings, error codes, formats and routes. Run by `make docs`; a test compares."""

import json
from collections.abc import Iterator
from pathlib import Path

from errors import OcrChatError
from settings import GROUPS

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable. Written from `settings.py` by `make docs`.",
    ]
    for group in GROUPS.values():
        lines += [
            "",
            f"## {(group.__doc__ or '').strip().rstrip('.')}",
            "",
            "| Variable | Default | Meaning |",
            "|---|---|---|",
        ]
        for name, field in group.model_fields.items():
            default = field.default if field.default != "" else "(empty)"
            shown = json.dumps(default) if isinstance(default, bool) else str(default)
            lines.append(f"| `{name.upper()}` | `{shown}` | {field.description} |")
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    from api.errors import status_of

    lines = [
        "# Errors",
        "",
        'One shape: `{"error": "one short sentence", "code": "snake_case", ...}` with the members of RFC 9457 beside',
        "them. Written from `errors.py` by `make docs`.",
        "",
        "| Status | `code` | Sentence |",
        "|---|---|---|",
    ]
    rows = sorted({(int(status_of(kind())), kind.code, str(kind())) for kind in _tree(OcrChatError)})
    lines += [f"| {status} | `{code}` | {sentence} |" for status, code, sentence in rows if status != 500]
    return "\n".join(lines) + "\n"


def _tree(kind: type[OcrChatError]) -> Iterator[type[OcrChatError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


PAGES = {"settings.md": settings_page, "errors.md": errors_page}


def main() -> None:
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
