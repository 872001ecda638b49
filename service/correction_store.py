"""Corrections as the database keeps them: a row a piece, so that two people at one document lose nothing."""

from collections.abc import Sequence

import sqlalchemy as sa

from database.connect import insert_into, reading, transaction, utc_now
from database.tables import corrections
from pipeline.corrections import Correction


class CorrectionStore:
    """The last writer of a piece wins; the rows go with the job's."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def list(self, job_id: str) -> tuple[Correction, ...]:
        """By block and piece, always in the same order."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(corrections.c.block_id, corrections.c.piece, corrections.c.text)
                .where(corrections.c.job_id == job_id)
                .order_by(corrections.c.block_id, corrections.c.piece)
            )
            return tuple(Correction(row.block_id, row.piece, row.text) for row in rows)

    def change(self, job_id: str, wanted: Sequence[Correction], restored: Sequence[tuple[str, int]]) -> None:
        """Store ``wanted`` and take back ``restored`` (block and piece), all or nothing.

        Raises LookupError when the job was deleted in the meantime.
        """
        now = utc_now()
        try:
            with transaction(self._engine) as connection:
                for block_id, piece in restored:
                    connection.execute(
                        sa.delete(corrections).where(
                            corrections.c.job_id == job_id,
                            corrections.c.block_id == block_id,
                            corrections.c.piece == piece,
                        )
                    )
                for one in wanted:
                    self._put(connection, job_id, one, {"text": one.text, "corrected_at": now})
        except sa.exc.IntegrityError as error:
            raise LookupError("the job was deleted in the meantime") from error

    def clear(self, job_id: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(corrections).where(corrections.c.job_id == job_id))

    @staticmethod
    def _put(connection: sa.Connection, job_id: str, one: Correction, values: dict[str, object]) -> None:
        connection.execute(
            insert_into(connection, corrections)
            .values(job_id=job_id, block_id=one.block_id, piece=one.piece, **values)
            .on_conflict_do_update(index_elements=["job_id", "block_id", "piece"], set_=values)
        )
