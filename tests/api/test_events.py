"""Server-sent events of a job that goes while somebody watches it."""

import asyncio

from api.ocr_routes import _progress_events
from tests.api.conftest import OpenDoor
from tests.service.running_services import ANYONE, submit


def test_a_job_that_is_deleted_ends_its_events(open_door: OpenDoor) -> None:
    door = open_door(worker_in_server=False, inline_max_pages=0)
    job = submit(door.services)

    async def watch() -> list[str]:
        events = _progress_events(ANYONE, job.id, door.services)
        first = await anext(events)
        await asyncio.to_thread(door.services.jobs.delete, ANYONE, job.id)
        return [each.decode() for each in [first, *[event async for event in events]]]

    waiting, deleted = asyncio.run(watch())
    assert waiting.startswith("event: progress\n")
    assert deleted == f'event: deleted\ndata: {{"uuid": "{job.id}"}}\n\n'
    assert door.get(f"ocr/{job.id}/events/").status_code == 404
