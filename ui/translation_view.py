"""A translation beside the text that it is of, block by block."""

import html
from collections.abc import Iterator

from pipeline.document import Document, Page
from service.reference import find_language_name
from ui.texts import Texts

DOWNLOADS = ("txt", "md", "docx", "pdf")
"""What makes sense of a translation; the rest is about places on the page."""


def draw_translation(document: Document, job_id: str, texts: Texts, root: str) -> str:
    """Two columns, the original first; on a phone they stand one under the other."""
    translation = document.translation
    if translation is None:
        return ""
    code = html.escape(translation.language)
    language = html.escape(find_language_name(translation.language))
    links = "".join(
        f'<a href="{root}app/jobs/{job_id}/download?format={name}&amp;translation=true" download '
        f'data-translation="{name}">{name.upper()}</a>'
        for name in DOWNLOADS
    )
    title = html.escape(texts("result.download"))
    heads = f'<div class="tr-head"><b>{html.escape(texts("result.text"))}</b><b>{language}</b></div>'
    translated = {page.number: page for page in translation.pages}
    pairs = "".join(
        _draw_page(page, translated.get(page.number), code, f"{texts('result.page')} {page.number}")
        for page in document.pages
    )
    return (
        f'<div class="app-downloads" role="group" aria-label="{title}: {language}"><span>{title}</span>{links}</div>'
        f'<div class="tr">{heads}{pairs}</div>'
    )


def _draw_page(page: Page, translated: Page | None, code: str, caption: str) -> str:
    pairs = "".join(
        f'<div class="tr-pair"><div dir="auto">{original}</div><div dir="auto" lang="{code}">{other}</div></div>'
        for original, other in _pair_up(page, translated)
    )
    return f'<p class="tr-page">{html.escape(caption)}</p>{pairs}'


def _pair_up(page: Page, translated: Page | None) -> Iterator[tuple[str, str]]:
    """Texts as HTML, with their line breaks."""
    others = {block.id: block.text for block in translated.blocks} if translated else {}
    for block in page.blocks:
        if block.text or others.get(block.id):
            yield html.escape(block.text), html.escape(others.get(block.id, ""))
