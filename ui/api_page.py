"""The API page as HTML: how to call this very server, with the visitor's own token where there is one."""

import html
from collections.abc import Sequence

from service.reference import list_formats, list_tools
from ui import api_samples
from ui.texts import Texts

PLACEHOLDER = "YOUR_API_TOKEN"
FIELDS = {
    "file": "file",
    "tier": "string",
    "language": "string",
    "tool": "string",
    "translate_to": "string",
    "pages": "string",
    "retain": "boolean",
    "schema": "JSON",
}
SECTIONS = (
    "api.auth",
    "api.submit",
    "api.result",
    "api.download",
    "api.chat",
    "api.python",
    "api.node",
    "api.client",
    "api.mcp",
    "api.fields",
    "api.errors",
)
STATUSES = (400, 401, 402, 404, 409, 429, 503)


def draw_api(texts: Texts, *, host: str, token: str | None, root: str) -> str:
    """``host`` has no slash at its end; ``token`` None leaves a placeholder; ``root`` leads to the program's root."""
    words = {"host": host, "token": token or PLACEHOLDER}
    say = _Sayer(texts)

    def head(key: str) -> str:
        return _draw_head(key, texts)

    def sample(code: str) -> str:
        return _draw_sample(code.format(**words), texts)

    return (
        f'<div class="api-page">{_draw_contents(texts)}'
        f'<div class="api"><p class="api-intro">{say("api.intro")}</p>{_draw_facts(texts, host)}'
        f"{head('api.auth')}<p>{say('api.auth.text')}</p>"
        f"{sample('Authorization: Bearer {token}')}"
        f'<p class="acc-small">{say("api.token.hint" if token else "api.token.none")}</p>'
        f"{head('api.submit')}<p><code>POST /api/v1/ocr/</code></p>{sample(api_samples.SUBMIT)}"
        f"<p>{say('api.result.hint')}</p>{_draw_sample(api_samples.JOB, texts)}"
        f"{head('api.result')}<p><code>GET /api/v1/ocr/&lt;uuid&gt;/</code></p>{sample(api_samples.RESULT)}"
        f"{head('api.download')}<p><code>GET /api/v1/ocr/&lt;uuid&gt;/download/?format=</code></p>"
        f"{sample(api_samples.DOWNLOAD)}"
        f"{head('api.chat')}<p>{say('api.chat.hint')}</p><p><code>POST /api/v1/chat/&lt;uuid&gt;/</code></p>"
        f"{sample(api_samples.CHAT)}{_draw_sample(api_samples.ANSWER, texts)}"
        f"<p><code>GET /api/v1/chat/&lt;uuid&gt;/history/</code></p>{sample(api_samples.HISTORY)}"
        f"{head('api.python')}{sample(api_samples.PYTHON)}"
        f"{head('api.node')}{sample(api_samples.NODE)}"
        f"{head('api.client')}<p>{say('api.client.hint')}</p>{sample(api_samples.CLIENT)}"
        f"{head('api.mcp')}<p>{say('api.mcp.hint')}</p><p><code>POST /mcp</code></p>{sample(api_samples.MCP)}"
        f"{head('api.fields')}{_draw_fields(texts)}"
        f"{head('api.errors')}<p>{say('api.errors.hint')}</p>{_draw_sample(api_samples.ERROR, texts)}"
        f"{_draw_errors(texts)}"
        f'<p><a href="{root}api/v1/openapi.json">{say("api.more")}</a></p></div></div>'
    )


def _draw_contents(texts: Texts) -> str:
    links = "".join(f'<a href="#{_to_id(key)}">{html.escape(texts(key))}</a>' for key in SECTIONS)
    return f'<nav class="api-contents" aria-label="{html.escape(texts("tab.api"))}">{links}</nav>'


def _draw_head(key: str, texts: Texts) -> str:
    return f'<h2 id="{_to_id(key)}">{html.escape(texts(key))}</h2>'


def _to_id(key: str) -> str:
    return key.replace(".", "-")


class _Sayer:
    """Words, escaped."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def __call__(self, key: str) -> str:
        return html.escape(self._texts(key))


def _draw_facts(texts: Texts, host: str) -> str:
    formats = ", ".join(entry["format"] for entry in list_formats())
    facts = {
        "api.base": f"<code dir='ltr'>{html.escape(host)}</code>",
        "api.in": "<span dir='ltr'>PNG, JPG, WEBP, GIF, BMP, TIFF, PDF</span>",
        "api.out": f"<span dir='ltr'>{html.escape(formats)}</span>",
        "api.tools": f"<span dir='ltr'>{html.escape(', '.join(tool['slug'] for tool in list_tools()))}</span>",
    }
    return (
        "<dl>"
        + "".join(f"<dt>{html.escape(texts(key))}</dt><dd>{value}</dd>" for key, value in facts.items())
        + "</dl>"
    )


def _draw_sample(code: str, texts: Texts) -> str:
    """Code runs from left to right in every language."""
    return (
        f'<div class="api-sample" data-copy dir="ltr"><pre tabindex="0">{html.escape(code)}</pre>'
        f'<button type="button" data-act="copy">{html.escape(texts("account.token.copy"))}</button></div>'
    )


def _draw_fields(texts: Texts) -> str:
    rows = [
        (f"<code>{name}</code>", f"<code>{kind}</code>", html.escape(texts(f"api.field.{name}")))
        for name, kind in FIELDS.items()
    ]
    return _draw_table((texts("api.field"), texts("api.type"), texts("api.meaning")), rows)


def _draw_errors(texts: Texts) -> str:
    rows = [(f"<code>{status}</code>", html.escape(texts(f"api.error.{status}"))) for status in STATUSES]
    return _draw_table((texts("api.status"), texts("api.meaning")), rows)


def _draw_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """``rows`` are HTML already, ``heads`` are not."""
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="api-scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
