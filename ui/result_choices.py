"""Which version and which pages of a document the results show, and what happens when somebody chooses others."""

import json
from dataclasses import replace
from typing import Any

import gradio as gr

from errors import OcrChatError
from service.callers import Caller
from service.job_record import JobState
from service.wiring import Services
from ui.job_texts import describe_error
from ui.results import CORRECTED, ORIGINAL, ResultPanel, Shown, hide_contents, shorten, to_content_updates
from ui.sessions import caller_of
from ui.texts import Texts

PRIVATE: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
"""How every handler of the page is wired: not a part of the API."""

JSON_TAB = "json"


def load_shown(
    services: Services, caller: Caller, job_id: str, *, version: str | None = None, first_page: int | None = None
) -> Shown:
    """Blocks. ``version`` None is the corrected one where there is one. Raises as the services do."""
    view = services.jobs.get(caller, job_id)
    numbers = view.record.page_numbers
    first = numbers.start if first_page is None or first_page not in numbers else first_page
    if view.record.state is not JobState.DONE or view.document is None or not view.record.retain:
        return Shown(view, first)
    corrected = services.corrections.get_corrected(caller, job_id)
    has_corrections = corrected.notices != view.document.notices
    chosen = (version or CORRECTED) if has_corrections else ORIGINAL
    if chosen == CORRECTED:
        view = replace(view, document=corrected)
    return Shown(view, first, chosen, has_corrections)


def wire_result_choices(
    services: Services, texts: Texts, root: str, panel: ResultPanel, job: gr.Textbox, viewer: gr.HTML
) -> None:
    """``viewer`` submits when somebody has corrected a word."""
    choices = _ResultChoices(services, texts, root, panel)
    chosen = [job, panel.version, panel.first_page, panel.open_tab]
    gr.on([panel.version.input, panel.first_page.input], choices.redraw, chosen, panel.contents, **PRIVATE)
    corrected = [job, panel.first_page, panel.open_tab]
    viewer.submit(choices.show_corrected, corrected, panel.contents, **PRIVATE)
    panel.tabs.select(choices.open_tab, chosen[:3], [panel.open_tab, panel.json], **PRIVATE)


class _ResultChoices:
    """The handlers. Each asks again whether this browser may see the job."""

    def __init__(self, services: Services, texts: Texts, root: str, panel: ResultPanel) -> None:
        self._services = services
        self._texts = texts
        self._root = root
        self._panel = panel

    def redraw(
        self, job_id: str, version: str | None, first: int | None, open_tab: str, request: gr.Request
    ) -> list[Any]:
        if not job_id:
            return [gr.skip()] * len(self._panel.contents)
        caller = caller_of(self._services, request)
        try:
            shown = load_shown(self._services, caller, job_id, version=version, first_page=first)
            json_text = self._read_json(caller, shown) if open_tab == JSON_TAB else ""
        except OcrChatError:
            # The document is gone; whatever is asked for next says so.
            return hide_contents()
        return to_content_updates(shown, self._texts, self._root, json_text)

    def show_corrected(self, job_id: str, first: int | None, open_tab: str, request: gr.Request) -> list[Any]:
        return self.redraw(job_id, None, first, open_tab, request)

    def open_tab(
        self, event: gr.SelectData, job_id: str, version: str | None, first: int | None, request: gr.Request
    ) -> list[Any]:
        """JSON is long: it is fetched when its tab is opened."""
        # Its index counts the tabs, hidden ones too; the id is ours.
        chosen = str(event._data.get("id"))
        if chosen != JSON_TAB or not job_id:
            return [chosen, gr.skip()]
        caller = caller_of(self._services, request)
        try:
            shown = load_shown(self._services, caller, job_id, version=version, first_page=first)
            return [chosen, self._read_json(caller, shown)]
        except OcrChatError as error:
            return [chosen, json.dumps({"error": describe_error(error, self._texts)}, ensure_ascii=False)]

    def _read_json(self, caller: Caller, shown: Shown) -> str:
        exported = self._services.jobs.export(
            caller, shown.view.record.id, "json", pages=shown.page_range, version=shown.version
        )
        return shorten(b"".join(exported.chunks).decode(), self._texts)
