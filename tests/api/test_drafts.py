"""The text of a page that a model is just reading, as clients see it."""

import json
import threading
import time
from dataclasses import replace

from pipeline.vlm.config import VlmConfig, VlmKind
from tests.api.conftest import OpenDoor
from tests.model_server import LONG_TEXT, dribble, serve_model
from tests.service.running_services import scripted

DEADLINE_S = 100.0


def test_a_page_can_be_watched_while_it_is_read(open_door: OpenDoor) -> None:
    hurry = threading.Event()
    with serve_model(lambda _: dribble(LONG_TEXT, hurry)) as server:
        model = VlmConfig(VlmKind.SERVED, url=server.url, profile="instruct", page_budget_s=300.0)
        door = open_door(replace(scripted(), vlm=model), vlm_url=server.url, inline_max_pages=0)
        submitted = door.post(tier="vlm")
        assert submitted.status_code == 202
        place = f"ocr/{submitted.json()['uuid']}/"
        seen: dict[str, None] = {}

        def look() -> None:
            deadline = time.monotonic() + DEADLINE_S
            while len(seen) < 2 and time.monotonic() < deadline:
                body = door.get(place).json()
                for draft in body["drafts"]:
                    assert (draft["index"], body["status"], body["text"]) == (0, "processing", "")
                    seen.setdefault(draft["text"])
                time.sleep(0.05)
            hurry.set()

        looking = threading.Thread(target=look)
        looking.start()
        # The test's client gives an answer when it is complete: when the job has ended.
        events = door.get(f"{place}events/").text
        looking.join()
        finished = door.get(place).json()
    first, second = seen
    assert second.startswith(first)
    assert LONG_TEXT.startswith(second)
    assert (finished["status"], finished["text"], finished["drafts"]) == ("done", LONG_TEXT, [])
    told = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line.startswith("data: ")]
    texts = [one["drafts"][0]["text"] for one in told if one["drafts"]]
    assert texts == sorted(set(texts), key=len)
    assert set(texts) & set(seen)
    assert (told[-1]["status"], told[-1]["drafts"]) == ("done", [])
    assert "drafts" not in door.get("ocr/").json()
