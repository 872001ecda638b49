"""The foot of the page promises only what the settings keep."""

import pytest

from ui.privacy import describe_privacy
from ui.texts import get_texts

HERE = "Nothing leaves this machine."
ELSEWHERE = "another server"
DELETED = "Uploads are deleted when they have been read, results after 24 hours."


def describe(*, models: tuple[str, ...] = (), stores: tuple[str, ...] = (), is_shared: bool = False) -> str:
    return describe_privacy(get_texts("en"), models=models, stores=stores, is_shared=is_shared, retention_hours=24.0)


@pytest.mark.parametrize(
    ("models", "stores"),
    [
        ((), ()),
        (("", "http://127.0.0.1:8000/v1", "http://localhost:8080/v1"), ("",)),
        ((), ("/srv/files", "sqlite:////srv/ocr.sqlite", "http://[::1]:8001")),
    ],
)
def test_what_stays_here_is_said_to_stay(models: tuple[str, ...], stores: tuple[str, ...]) -> None:
    assert describe(models=models, stores=stores) == f"{HERE} {DELETED}"


def test_a_model_on_another_machine_is_named() -> None:
    said = describe(models=("", "http://gpu-machine:8000/v1"))
    assert ELSEWHERE in said
    assert HERE not in said


@pytest.mark.parametrize(
    "store", ["s3://bucket/prefix", "postgresql+psycopg://user@database/ocr", "http://chroma:8001"]
)
def test_nothing_is_promised_of_other_machines(store: str) -> None:
    assert describe(stores=("", store)) == DELETED


def test_nothing_is_promised_of_machines_of_others() -> None:
    assert describe(is_shared=True) == DELETED
