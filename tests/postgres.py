"""A real PostgreSQL for tests: a cluster of one's own in a temporary folder, reached through a unix socket.

Debian's programs are used. Root may not run a server, so as root it runs as the user ``postgres``.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import sqlalchemy as sa

from database.migrate import migrate


class PostgresMissingError(Exception):
    """Debian's PostgreSQL isn't installed: ``apt-get install postgresql``, or leave out ``-m postgres``."""


def find_programs() -> Path:
    """The newest ``/usr/lib/postgresql/*/bin``, or where ``initdb`` of the PATH lies."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    if found is None:
        raise PostgresMissingError(PostgresMissingError.__doc__)
    return Path(found).parent


@dataclass
class PostgresCluster:
    folder: Path
    restart: Callable[[], None]
    """Ends every connection and rolls back what was open, as a restart of the service does."""

    _template: str | None = field(default=None)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def make_database(self, *, migrated: bool = True) -> str:
        """The URL of a new database, with the newest schema unless ``migrated`` is False."""
        name = f"t{uuid.uuid4().hex}"
        if migrated and self._template is None:
            self._template = self._make_template()
        template = self._template if migrated else "template0"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = sa.make_url(url).database
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _make_template(self) -> str:
        from database.connect import open_engine

        self._execute("CREATE DATABASE migrated")
        engine = open_engine(self.url("migrated"))
        migrate(engine)
        engine.dispose()
        return "migrated"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def run_postgres(*, durable: bool = False) -> Iterator[PostgresCluster]:
    """A server that lives as long as the block. ``durable`` syncs every commit to the disk, as in production."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="ocr-chat-postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), *arguments]
        # A file, not a pipe: the server keeps the output open as long as it lives.
        with (folder / "programs.log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=folder)

    data = str(folder / "data")
    options = [f"-k {folder}", "-c listen_addresses=''", "-c max_connections=300"]
    if not durable:
        options += ["-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off"]

    def start() -> None:
        log = str(folder / "server.log")
        run("pg_ctl", "-D", data, "-w", "-t", "120", "-l", log, "-o", " ".join(options), "start")

    def restart() -> None:
        run("pg_ctl", "-D", data, "-m", "fast", "-w", "-t", "120", "stop")
        start()

    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        start()
        try:
            yield PostgresCluster(folder, restart)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
