"""What the database knows of a job: its state, its progress and its times, but none of its text."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from pipeline.options import OcrOptions, Tier


class JobState(StrEnum):
    """``pending`` → ``processing`` → one of the final three; a final state never changes."""

    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class PageState(StrEnum):
    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job. Times are UTC.

    ``page_count`` is how many pages are to be read (of a range: those in it), ``pages_done`` how many of them are
    settled either way, ``pages_failed`` how many could not be read. ``owner_id`` None: anonymous, reachable by id.
    ``retain`` False: the result is deleted as soon as it has been delivered.
    """

    id: str
    owner_id: str | None
    state: JobState
    options: OcrOptions
    source_name: str
    media_type: str
    suffix: str
    size_bytes: int
    page_count: int
    pages_done: int
    pages_failed: int
    notices: tuple[str, ...]
    retain: bool
    is_express: bool
    weight: int
    queue_rank: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    error_code: str | None
    error_message: str | None

    @property
    def page_numbers(self) -> range:
        """Numbers (from 1) of the pages to read."""
        first = self.options.page_range[0] if self.options.page_range else 1
        return range(first, first + self.page_count)

    @classmethod
    def from_row(cls, row: sa.RowMapping) -> "JobRecord":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values |= {
            "state": JobState(row["state"]),
            "options": options_from_json(row["options"]),
            "notices": tuple(json.loads(row["notices"])),
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One page of a job. ``engine`` and ``tier`` say what really read it; ``starts`` counts tries ever begun."""

    number: int
    state: PageState
    starts: int
    failures: int
    engine: str | None
    tier: str | None
    error_code: str | None
    error_message: str | None
    notices: tuple[str, ...]

    @property
    def is_in_work(self) -> bool:
        """A try has begun and nobody has heard how it ended."""
        return self.state is PageState.WAITING and self.starts > self.failures

    @classmethod
    def from_row(cls, row: sa.RowMapping) -> "PageRecord":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"state": PageState(row["state"]), "notices": tuple(json.loads(row["notices"]))})


def options_to_json(options: OcrOptions) -> str:
    return json.dumps(asdict(options), sort_keys=True)


def options_from_json(text: str) -> OcrOptions:
    values = json.loads(text)
    page_range = values["page_range"]
    values |= {"tier": Tier(values["tier"]), "page_range": None if page_range is None else tuple(page_range)}
    return OcrOptions(**values)
