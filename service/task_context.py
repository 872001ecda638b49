"""What a process that runs tasks keeps between them: the storage, the last opened file, the reader and its engines."""

from functools import cache
from typing import TYPE_CHECKING, cast

from service.job_files import JobFiles, source_key, upload_key

if TYPE_CHECKING:
    from pipeline.engines.vlm_catalogue import InstructModel

    # They load PDFium and the engines' surroundings, which only the processes that run tasks need.
    from pipeline.rasterize import OpenedSource
    from pipeline.recognise import Reader, ReaderConfig
    from pipeline.translators.base import TranslatorConfig
    from pipeline.translators.catalogue import Translators
    from pipeline.vlm.config import VlmConfig


class TaskContext:
    """One per process. Its caches only save time: any task runs with an empty one."""

    def __init__(self) -> None:
        self._files: dict[str, JobFiles] = {}
        self._opened: tuple[tuple[str, str], OpenedSource] | None = None
        self._reader: tuple[ReaderConfig, Reader] | None = None
        self._instruct: dict[VlmConfig, InstructModel] = {}
        self._translators: dict[TranslatorConfig, Translators] = {}

    def open_files(self, storage_url: str) -> JobFiles:
        if storage_url not in self._files:
            self._files[storage_url] = JobFiles(storage_url)
        return self._files[storage_url]

    def open_source(self, storage_url: str, job_id: str) -> "OpenedSource":
        """The job's file, kept open until another job's is asked for. Raises FileNotFoundError."""
        from pipeline.rasterize import open_source

        wanted = (storage_url, job_id)
        if self._opened is not None and self._opened[0] == wanted:
            return self._opened[1]
        self.close_source()
        files = self.open_files(storage_url)
        data = files.find(upload_key(job_id))
        opened = open_source(files.read(source_key(job_id)) if data is None else data)
        self._opened = (wanted, opened)
        return opened

    def close_source(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def open_reader(self, config: "ReaderConfig") -> "Reader":
        """One at a time: engines are large."""
        from pipeline.recognise import Reader

        if self._reader is None or self._reader[0] != config:
            if self._reader is not None:
                self._reader[1].close()
            self._reader = (config, Reader(config))
        return self._reader[1]

    def open_instruct_model(self, config: "VlmConfig") -> "InstructModel":
        """Kept until the process ends; the model that reads pages is not loaded a second time.

        Raises EngineUnavailableError.
        """
        from pipeline.engines.vlm_catalogue import open_instruct_model

        if self._reader is not None and self._reader[0].vlm == config:
            return cast("InstructModel", self._reader[1].open_model(config))
        if config not in self._instruct:
            self._instruct[config] = open_instruct_model(config)
        return self._instruct[config]

    def open_translators(self, config: "TranslatorConfig") -> "Translators":
        from pipeline.translators.catalogue import Translators

        if config not in self._translators:
            self._translators[config] = Translators(config, self.open_instruct_model)
        return self._translators[config]


@cache
def process_context() -> TaskContext:
    """The context of this process."""
    return TaskContext()
