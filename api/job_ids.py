"""The spellings of a job id that are accepted in a path."""

import re
from typing import Annotated

from fastapi import Depends, Path

from errors import JobNotFoundError

_HEX = re.compile(r"[0-9a-f]{32}")


def read_job_id(
    uuid: Annotated[str, Path(description="The job's `uuid`.", examples=["9f2c1b7e4a5d4c0f8e6b3a2d1c0f9e8d"])],
) -> str:
    """The id as ``uuid4().hex``; dashes and capitals are forgiven. Raises JobNotFoundError for anything else."""
    plain = uuid.lower().replace("-", "")
    if not _HEX.fullmatch(plain):
        raise JobNotFoundError()
    return plain


JobId = Annotated[str, Depends(read_job_id)]
