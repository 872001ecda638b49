"""ocr-chat: reads the settings, builds the services and both doors, serves.

python app.py                     serve (same as `make run`)
python app.py worker              work on jobs without serving
python app.py admin --help        accounts, plans and credits
python app.py migrate-data --help move to PostgreSQL and S3
"""

import gc
import os
import socket
import sys
from types import FrameType

# Gradio reads this when it is imported. Nothing that happens on this machine is reported to anyone.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import uvicorn
from pydantic import ValidationError

from settings import Settings, runs_on_a_space


def main(arguments: list[str]) -> int:
    """The exit status: 0, or 2 for a wrong setting or command."""
    try:
        settings = Settings.from_environment()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']} (docs/settings.md lists all settings)", file=sys.stderr)
        return 2
    if not arguments:
        return serve_on_space(settings) if runs_on_a_space() else serve(settings)
    command, *rest = arguments
    if command == "worker":
        from service.wiring import run_worker

        return run_worker(settings)
    if command == "admin":
        from service.admin import run_admin

        return run_admin(settings, rest)
    if command == "migrate-data":
        from service.migration import run_migration

        return run_migration(settings, rest)
    print(__doc__, file=sys.stderr)
    return 2


def serve(settings: Settings) -> int:
    """Serve both doors with uvicorn until interrupted."""
    from api.application import create_api
    from service.logs import configure_logs
    from service.wiring import build_services
    from ui.application import mount_ui

    configure_logs(settings.server.log_level, settings.server.log_format)
    services = build_services(settings)
    application = mount_ui(create_api(services), services)
    config = uvicorn.Config(
        application,
        host=settings.server.host,
        port=settings.server.port,
        # Its access log would write query strings, and those may carry tokens; ours does not.
        access_log=False,
        # Its own lines go through our formatter, which leaves out what may be private.
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=max(1, int(settings.server.shutdown_grace_s)),
        # The other implementation, which is taken where it is installed, has no limit for the size of headers.
        http="h11",
        # Proxies are believed by our own rule (TRUSTED_PROXIES), from the right.
        proxy_headers=False,
    )
    server = AnnouncingServer(config, settings)
    # The half million objects of the libraries stay anyway: looking through them takes a third of a second each time.
    gc.freeze()
    server.run()
    return 0 if server.started else 1


def serve_on_space(settings: Settings) -> int:
    """Serve both doors from Gradio's own server, whose launch a Space with ZeroGPU hooks into."""
    from api.application import create_api
    from service.logs import configure_logs
    from service.wiring import build_services
    from ui.space import launch_until_stopped

    configure_logs(settings.server.log_level, settings.server.log_format)
    services = build_services(settings)
    launch_until_stopped(create_api(services), services)
    return 0


class AnnouncingServer(uvicorn.Server):
    """Says where it is, and what to do next, once it really listens."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order. The signal is not raised anew behind that, which would be a traceback or no clean-up."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print(to_greeting(self._settings, port), flush=True)


def to_greeting(settings: Settings, port: int) -> str:
    host = settings.server.host
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104 - compared, not bound
    url = settings.server.public_url.rstrip("/") or f"http://{shown}:{port}"
    return f"""
ocr-chat is ready at {url}

  Read a file:    curl -F "file=@samples/receipt.png" {url}/api/v1/ocr/
  Get a token:    sign up at {url} or run
                  .venv/bin/python app.py admin create-account you@example.com
  The API:        {url}/api/v1/openapi.json, docs/api.md
  Stop:           Ctrl+C
"""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
