"""What happens inside a process of the cluster that runs tasks."""

import os
import pickle
import re
import resource
from pathlib import Path
from typing import Any


class TaskActor:
    """One process of the cluster, one task at a time; engines and models are loaded once and kept.

    ``memory_mb`` is what it may use on top of what Ray itself takes; 0: no limit.
    """

    def __init__(self, memory_mb: int, warm_up: bytes | None) -> None:
        # Before any engine is loaded: Tesseract names its own number of threads, which only this overrules.
        if memory_mb:
            os.environ["OMP_THREAD_LIMIT"] = os.environ["OMP_NUM_THREADS"] = "1"
            limit = memory_mb * 1024 * 1024 + _data_bytes()
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            from pipeline.process_tuning import tune_process

            tune_process()
        # No core dumps: they would hold pages of documents.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if warm_up is not None:
            self.run(warm_up)

    def is_ready(self) -> bool:
        return True

    def run(self, task: bytes) -> Any:
        from service.executors.child_process import run_task

        return run_task(pickle.loads(task))  # noqa: S301 - made by our own executor


def _data_bytes() -> int:
    """What RLIMIT_DATA counts of this process by now: Ray's threads and buffers."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmData:\s+(\d+) kB", status, re.M)
    return int(found[1]) * 1024 if found else 1024**3
