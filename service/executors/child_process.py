"""What happens inside a process that runs tasks."""

import ctypes
import gc
import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

from pipeline.process_tuning import tune_process
from service.executors.base import Task
from service.task_context import process_context

_PR_SET_PDEATHSIG = 1


def prepare_process(memory_mb: int) -> None:
    """Runs once when the process starts: limits its memory and ties its life to the server's. 0 MB: no limit.

    ``RLIMIT_DATA`` counts what a program really allocates (heap and private writable mappings). ``RLIMIT_AS`` would
    count address space that is only set aside too, of which OpenVINO and thread stacks take gigabytes.
    """
    if memory_mb:
        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # No core dumps: they would hold pages of documents.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tune_process()
    # What was there before the fork stays: looking through it for garbage would only cost time, and unshare its memory.
    gc.freeze()
    _end_with_parents()


def _end_with_parents() -> None:
    """A page that outlived its server would be written for a job that may be deleted, and nobody would remove it.

    The kernel only tells of the process that we were forked from. That one lives as long as any of us, so the process
    that wanted us, which may be killed, is watched too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    server = multiprocessing.parent_process()
    if server is not None:
        Thread(target=_end_with, args=(server,), name="parent", daemon=True).start()


def _end_with(server: BaseProcess) -> None:
    server.join()
    os.kill(os.getpid(), signal.SIGKILL)


def prepare_model_process() -> None:
    """As :func:`prepare_process` without a limit; a model that computes in this process may use all cores but one."""
    prepare_process(0)
    os.environ.pop("OMP_THREAD_LIMIT", None)
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 2) - 1))


def run_task(task: Task[Any]) -> Any:
    return task.run(process_context())
