"""The only reader of the environment.

Settings come in frozen groups; every field is one environment variable of the same name in capitals (``PORT``,
``RETENTION_HOURS``). Code deeper inside receives plain values, never these objects. ``docs/settings.md`` is written
from the descriptions below (``make docs``).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, env_ignore_empty=True)


class ServerSettings(_Group):
    """Where the program listens and how it is reached."""

    host: str = Field("127.0.0.1", description="Address to listen on. `0.0.0.0` opens it to the network.")
    port: int = Field(7860, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    public_url: str = Field(
        "", description="How users reach the server, for links and samples; empty takes it from the request."
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of your reverse proxies, comma-separated. `X-Forwarded-For` is read from "
        "the right through these only; without them it is ignored.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line shown.")
    log_format: Literal["console", "json"] = Field("console", description="`json` gives one object a line.")
    metrics_token: str = Field("", description="When set, `GET /metrics` wants it as a bearer token.")
    shutdown_grace_s: float = Field(20.0, ge=0, description="How long pages in work may finish when the server stops.")


class StorageSettings(_Group):
    """Where data lives and how long."""

    data_dir: Path = Field(Path("data"), description="Folder of the database, the files and the models' cache.")
    database_url: str = Field("", description="SQLAlchemy URL. Empty: a SQLite file in `DATA_DIR`.")
    storage_url: str = Field("", description="`s3://bucket/prefix` or a folder for files. Empty: `DATA_DIR/files`.")
    retention_hours: float = Field(24.0, gt=0, description="Results are deleted this long after the job ended.")
    upload_retention_minutes: float = Field(
        60.0, gt=0, description="An upload is deleted when its job ends, at the latest after this time."
    )
    keep_page_source: bool = Field(
        True,
        description="Keep the pages' pictures with the result until it expires, for the page viewer and the searchable "
        "PDF. `false`: neither is offered once the job has ended.",
    )

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'ocr-chat.sqlite'}"

    @property
    def effective_storage_url(self) -> str:
        return self.storage_url or str(self.data_dir.resolve() / "files")


class LimitSettings(_Group):
    """What one request and one minute may bring."""

    max_upload_mb: float = Field(50.0, gt=0, description="Largest accepted file in megabytes (1,000,000 bytes).")
    max_page_megapixels: float = Field(80.0, gt=0, description="Largest accepted picture in megapixels.")
    max_pages_per_file: int = Field(2000, ge=1, description="Technical limit of pages a file, whatever the plan.")
    inline_max_pages: int = Field(5, ge=0, description="Up to this many pages a POST waits for the finished job.")
    max_inline_wait_s: float = Field(120.0, gt=0, description="How long such a POST waits at most.")
    max_queued_pages: int = Field(5000, ge=1, description="Pages waiting over which new jobs get a 503.")
    requests_per_minute: int = Field(
        120, ge=0, description="Requests a minute and caller (account or IP); 0: no limit."
    )
    sign_ups_per_hour: int = Field(10, ge=0, description="New accounts an hour and IP; 0: no limit.")


class PlanSettings(_Group):
    """Who may read how many pages, and what a page costs."""

    quotas: Literal["on", "off"] = Field(
        "on", description="`off` for a private machine: nothing is metered, and the plans' page caps do not hold."
    )
    allow_anonymous: bool = Field(True, description="`false`: every call needs a token.")
    anonymous_pages_per_day: int = Field(50, ge=0, description="Credits a day and IP address without an account.")
    free_pages_per_month: int = Field(500, ge=0, description="Credits a month of a free account.")
    anonymous_max_pages: int = Field(20, ge=1, description="Pages a file without an account.")
    free_max_pages: int = Field(100, ge=1, description="Pages a file of a free account.")
    paid_max_pages: int = Field(1000, ge=1, description="Pages a file of a paid account.")
    cpu_page_credits: int = Field(1, ge=0, description="Credits a page of tier `cpu` costs.")
    vlm_page_credits: int = Field(3, ge=0, description="Credits a page of tier `vlm` costs.")
    chat_message_credits: int = Field(0, ge=0, description="Credits a chat question costs.")


class SecuritySettings(_Group):
    """Keys. They are made on first start and kept in `DATA_DIR/secrets.json` where left empty."""

    server_key: str = Field("", description="Encrypts the tokens that the account page shows and salts addresses.")
    payments_key: str = Field("", description="Bearer key of the call by which a payment system grants credits.")
    open_sign_up: bool = Field(True, description="`false`: only an administrator makes accounts.")


class WorkerSettings(_Group):
    """Who computes."""

    executor: Literal["local", "ray"] = Field(
        "local", description="`local`: processes of this machine; `ray`: a cluster."
    )
    ray_address: str = Field(
        "",
        description="Address of the Ray cluster when `EXECUTOR=ray`, e.g. `ray-head:6379`; a node of it must run on "
        "this machine. Empty: the cluster this machine is part of.",
    )
    ray_model_actors: int = Field(
        0, ge=0, description="With Ray: processes that hold a model or wait for its server; 0: as many as without Ray."
    )
    ray_model_cpus: float = Field(1.0, ge=0, description="CPUs that Ray sets aside for each of them.")
    ray_model_gpus: float = Field(
        0.0, ge=0, description="GPUs that Ray sets aside for each of them; may be a fraction."
    )
    worker_in_server: bool = Field(
        True, description="`false`: the web process only queues; run `app.py worker` beside it."
    )
    page_processes: int = Field(
        0, ge=0, description="Processes that read pages; 0: one a core (of the whole cluster with Ray)."
    )
    page_timeout_s: float = Field(120.0, gt=0, description="A page that takes longer is stopped and tried again.")
    page_memory_mb: int = Field(3000, ge=0, description="Memory of one page process in megabytes; 0: no limit.")
    page_attempts: int = Field(3, ge=1, description="How often a page is tried before it counts as failed.")
    pages_per_process: int = Field(200, ge=1, description="A page process is replaced after so many pages.")
    lease_s: float = Field(30.0, gt=1, description="A worker silent for so long loses its jobs to another.")
    worker_metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Where `app.py worker` answers `GET /livez` and `GET /metrics` on `HOST`; 0: nowhere.",
    )


class EngineSettings(_Group):
    """What reads the pages."""

    cpu_engine: Literal["auto", "tesseract", "rapidocr", "surya"] = Field(
        "auto", description="Engine of tier `cpu`; `auto` chooses page by page."
    )
    tessdata_prefix: str = Field(
        "", description="Folder of Tesseract's language data; empty looks in the usual places."
    )
    vlm_url: str = Field("", description="OpenAI-compatible server for tier `vlm`, e.g. `http://127.0.0.1:8000/v1`.")
    vlm_key: str = Field("", description="Its API key, where it wants one.")
    vlm_model: str = Field(
        "lightonai/LightOnOCR-3-0.8B",
        description="Model id, or a folder with its weights. With `VLM_URL` it is what the server calls it; not set, "
        "the server's first model. Without, it runs in this program if its weights are on this machine.",
    )
    vlm_profile: str = Field("auto", description="How the model is talked to; `auto` goes by the model's id.")
    vlm_download: bool = Field(
        False, description="`true`: weights of `VLM_MODEL` and `TRANSLATION_MODEL` are downloaded when first needed."
    )
    vlm_device: str = Field("auto", description="What torch computes on: `auto`, `cpu`, `cuda`, `mps`.")
    vlm_gguf: str = Field("", description="GGUF file that llama.cpp serves inside this program for tier `vlm`.")
    vlm_mmproj: str = Field("", description="Its image projector (mmproj GGUF).")
    vlm_page_s: float = Field(
        180.0, gt=0, description="A model that takes longer over a page is stopped; the embedded engines read the page."
    )
    vlm_pages_in_flight: int = Field(
        8, ge=1, le=256, description="Pages that wait for the server of `VLM_URL` at once."
    )
    vlm_batch_pages: int = Field(
        0,
        ge=0,
        le=64,
        description="Pages of a job that `VLM_MODEL` reads side by side. `0`: 4 on a CUDA GPU, 1 elsewhere.",
    )
    vlm_required: bool = Field(
        False, description="`true`: without a VLM tier `vlm` is a 503 instead of careful reading."
    )
    hf_hub_cache: str = Field(
        "",
        description="huggingface-hub's folder of downloaded models, where weights are looked for besides "
        "`DATA_DIR/models`. Empty: `~/.cache/huggingface/hub`.",
    )
    surya_inference_url: str = Field("", description="Server that has Surya 2, for `CPU_ENGINE=surya`.")
    surya_model_checkpoint: str = Field("datalab-to/surya-ocr-2", description="What that server calls the model.")
    surya_python: str = Field(
        ".venv-surya/bin/python", description="Interpreter of Surya's own environment, which `make surya` makes."
    )
    translation_model: str = Field(
        "", description="Translation model of the M2M100 kind (id or folder), e.g. `facebook/m2m100_418M`."
    )
    translation_page_s: float = Field(60.0, gt=0, description="Longest time for the translation of a page.")
    apertium_modes: str = Field(
        "/usr/share/apertium/modes", description="Folder with the pairs of Apertium; empty: it is not used."
    )


class ChatSettings(_Group):
    """What searches documents and answers."""

    embedder_model: str = Field(
        "", description="Sentence-transformers model id or folder. Empty: the multilingual e5-small that is installed."
    )
    chroma_url: str = Field("", description="A Chroma server, e.g. `http://127.0.0.1:8001`. Empty: in `DATA_DIR`.")
    chat_url: str = Field(
        "",
        description="OpenAI-compatible server that words answers. Empty: an instruct model at `VLM_URL`, else quotes.",
    )
    chat_key: str = Field("", description="Its API key, where it wants one.")
    chat_model: str = Field("", description="Model name at `CHAT_URL`, or a transformers model id when that is empty.")
    chat_answer_s: float = Field(
        120.0, gt=0, description="Longest time for an answer of a server; then the document's own sentences answer."
    )
    chat_gguf: str = Field("", description="GGUF file of a chat model that runs inside this program.")


@dataclass(frozen=True, slots=True)
class Settings:
    server: ServerSettings
    storage: StorageSettings
    limits: LimitSettings
    plans: PlanSettings
    security: SecuritySettings
    worker: WorkerSettings
    engines: EngineSettings
    chat: ChatSettings

    @classmethod
    def from_environment(cls) -> Self:
        """Raises pydantic.ValidationError naming the variable that has a wrong value."""
        return cls.from_values(_space_values() if runs_on_a_space() else {})

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Self:
        """The environment with ``values`` (field names, any group) on top; for tests and the command line.

        Raises KeyError for a name that no group has.
        """
        unknown = set(values) - {name for group in GROUPS.values() for name in group.model_fields}
        if unknown:
            raise KeyError(f"no such settings: {', '.join(sorted(unknown))}")

        def build(group: type[_Group]) -> _Group:
            return group(**{name: values[name] for name in group.model_fields if name in values})

        return cls(**{name: build(group) for name, group in GROUPS.items()})  # type: ignore[arg-type]


GROUPS: dict[str, type[_Group]] = {
    "server": ServerSettings,
    "storage": StorageSettings,
    "limits": LimitSettings,
    "plans": PlanSettings,
    "security": SecuritySettings,
    "worker": WorkerSettings,
    "engines": EngineSettings,
    "chat": ChatSettings,
}


# A Space is reached through its host's proxies, which stand in a private network.
SPACE_VALUES = {"host": "0.0.0.0", "trusted_proxies": "10.0.0.0/8"}  # noqa: S104 - a container of its own


def _space_values() -> dict[str, str]:
    """What a Space needs and its environment does not say."""
    return {name: value for name, value in SPACE_VALUES.items() if not os.environ.get(name.upper())}


def runs_on_a_space() -> bool:
    """Whether this is a Hugging Face Space (its own variables say so)."""
    return os.environ.get("SYSTEM") == "spaces" or "SPACE_ID" in os.environ
