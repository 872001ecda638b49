"""A worker process whose pages are read by the scripted engine: for fault tests and for measuring what jobs cost.

    python -m bench.scripted_worker --page-seconds 0.01

Settings come from the environment, as for ``python app.py worker``.
"""

import argparse

from pipeline.engines.scripted_engine import EngineScript, ScriptedPage
from pipeline.recognise import ReaderConfig
from service.wiring import run_worker
from settings import Settings


def scripted_reader(page_seconds: float = 0.0, text: str = "Scripted text") -> ReaderConfig:
    """Renders pages small: what is measured is not rendering."""
    return ReaderConfig(
        cpu_engine="scripted", dpi=18.0, script=EngineScript({}, ScriptedPage(text, seconds=page_seconds))
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page-seconds", type=float, default=0.0)
    parser.add_argument("--real-engine", action="store_true", help="the installed engines instead")
    arguments = parser.parse_args()
    reader = None if arguments.real_engine else scripted_reader(arguments.page_seconds)
    return run_worker(Settings.from_environment(), reader=reader)


if __name__ == "__main__":
    raise SystemExit(main())
