"""Where tasks run, by the settings: processes of this machine, or a Ray cluster."""

import os
from typing import TYPE_CHECKING

from service.executors.base import Executor
from service.executors.local import LocalExecutor, LocalExecutorConfig
from service.executors.ray import ClusterConfig, LaneSize, RayExecutor
from service.model_choice import count_model_processes
from service.tasks import WarmUp
from settings import Settings

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

# What the processes that run tasks share; it starts no threads (see LocalExecutorConfig).
_PRELOAD = ("pipeline.recognise", "service.tasks")


def build_executor(settings: Settings, reader: "ReaderConfig", *, has_worker: bool) -> Executor:
    """Only a worker needs the cluster; who serves judges uploads in processes of its own machine."""
    worker = settings.worker
    if worker.executor == "local" or not has_worker:
        return LocalExecutor(_to_executor_config(settings, reader, has_worker=has_worker))
    models = worker.ray_model_actors or count_model_processes(settings)
    cluster = ClusterConfig(
        address=worker.ray_address,
        pages=LaneSize(worker.page_processes),
        models=LaneSize(models, worker.ray_model_cpus, worker.ray_model_gpus),
        memory_mb=worker.page_memory_mb,
        tasks_per_actor=worker.pages_per_process,
        warm_up=WarmUp(reader),
    )
    return RayExecutor(cluster, LocalExecutor(_to_executor_config(settings, reader, has_worker=False)))


def _to_executor_config(settings: Settings, reader: "ReaderConfig", *, has_worker: bool) -> LocalExecutorConfig:
    worker = settings.worker
    processes = worker.page_processes or len(os.sched_getaffinity(0))
    return LocalExecutorConfig(
        page_processes=processes if has_worker else 0,
        memory_mb=worker.page_memory_mb,
        tasks_per_process=worker.pages_per_process,
        preload=_PRELOAD if count_model_processes(settings) == 1 else (*_PRELOAD, "pipeline.engines.served_vlm"),
        warm_up=WarmUp(reader),
        model_processes=count_model_processes(settings),
    )
