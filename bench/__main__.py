"""``python -m bench [NAME [ARGUMENTS]]``: run one of the benchmarks, or list them. Each prints its figures."""

import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_BENCHMARKS = {"__init__", "__main__", "scripted_worker", "pdf_readers", "job_fleet", "chat_server", "page_sets"}
NOT_BENCHMARKS |= {"door", "ray_nodes", "s3_server", "cluster_setup", "reliability_diagram"}


def list_benchmarks() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def main(arguments: list[str]) -> None:
    """Without a name: latency, the one that needs nothing from outside the repository."""
    name, *rest = arguments or ["latency"]
    if name not in list_benchmarks():
        print(f"usage: python -m bench NAME; NAME is one of: {', '.join(list_benchmarks())}")
        raise SystemExit(2)
    sys.argv = [f"bench {name}", *rest]
    runpy.run_module(f"bench.{name}", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
