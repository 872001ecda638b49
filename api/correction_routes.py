"""The ``/api/v1/ocr/<uuid>/corrections/`` routes: what people corrected in a document that was read."""

from typing import Annotated

from fastapi import Body, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.callers import CallerDep, ServicesDep
from api.job_ids import JobId
from api.reference_schemas import ERRORS
from api.slash_router import SlashRouter
from service.corrections import Change, ShownCorrection

router = SlashRouter(prefix="/api/v1/ocr", tags=["corrections"])


class ChangeWire(BaseModel):
    """One word to be corrected."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"block": "p1-b3", "word": 0, "text": "Total", "original": "T0tal"}]}
    )

    block: str = Field(max_length=40, description="The block's `id`.")
    word: int = Field(
        ge=0, description="Counts from 0 in the block's `words`; without words in its lines or cells, else 0."
    )
    text: str | None = Field(description="What it should read; empty takes the word out, null the correction back.")
    original: str | None = Field(None, description="What was read there; anything else is then refused.")


class ChangesWire(BaseModel):
    corrections: list[ChangeWire]


class CorrectionWire(BaseModel):
    index: int = Field(description="The page, counted from 0.")
    block: str
    word: int
    original: str
    text: str


class CorrectionsWire(BaseModel):
    """All corrections of a job, in the order of the document."""

    corrections: list[CorrectionWire]

    @classmethod
    def of(cls, found: tuple[ShownCorrection, ...]) -> "CorrectionsWire":
        return cls(
            corrections=[
                CorrectionWire(
                    index=one.page_number - 1,
                    block=one.block_id,
                    word=one.piece,
                    original=one.original,
                    text=one.text,
                )
                for one in found
            ]
        )


@router.get(
    "/{uuid}/corrections/",
    responses={200: {"model": CorrectionsWire}, **ERRORS(401, 404, 409, 429)},
    summary="List corrections",
)
async def list_corrections(job_id: JobId, caller: CallerDep, services: ServicesDep) -> CorrectionsWire:
    """What was corrected by hand; the job itself always shows what was read."""
    return CorrectionsWire.of(await run_in_threadpool(services.corrections.list, caller, job_id))


@router.patch(
    "/{uuid}/corrections/",
    response_model=None,
    responses={200: {"model": CorrectionsWire}, **ERRORS(400, 401, 404, 409, 429)},
    summary="Correct words",
)
async def change_corrections(
    job_id: JobId, caller: CallerDep, services: ServicesDep, body: Annotated[ChangesWire, Body()]
) -> Response:
    """All of them or none; other corrections stay. `GET .../download/?version=corrected` has the result."""
    changes = [Change(one.block, one.word, one.text, one.original) for one in body.corrections]
    found = await run_in_threadpool(services.corrections.change, caller, job_id, changes)
    return JSONResponse(CorrectionsWire.of(found).model_dump())


@router.delete(
    "/{uuid}/corrections/",
    status_code=204,
    response_model=None,
    responses=ERRORS(401, 404, 409, 429),
    summary="Take all corrections back",
)
async def clear_corrections(job_id: JobId, caller: CallerDep, services: ServicesDep) -> Response:
    """The document is again what was read."""
    await run_in_threadpool(services.corrections.clear, caller, job_id)
    return Response(status_code=204)
