"""Bring a database to the newest schema: numbered migrations in ``versions/``, each written once and never changed."""

from pathlib import Path

import sqlalchemy as sa

from database.connect import transaction

_FOLDER = Path(__file__).parent
_LOCK = 0x0C8C4A7
"""Any fixed number: PostgreSQL's advisory lock that lets one of several starting processes migrate at a time."""


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Apply what is missing up to ``revision``, in one transaction; does nothing when the schema is there.

    Several processes may call it at once: one migrates, the others wait and then find nothing to do.
    """
    from alembic import command
    from alembic.config import Config

    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = Config(attributes={"connection": connection})
        # Config expands % signs, which a folder's name may hold.
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        command.upgrade(config, revision)


def newest_revision() -> str:
    """The last migration's number, such as ``0003``."""
    return max(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def find_revision(engine: sa.Engine) -> str | None:
    """The migration that the database is at; None when it is empty."""
    from alembic.runtime.migration import MigrationContext

    from database.connect import reading

    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()
