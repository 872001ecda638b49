"""The server's keys."""

import json
import threading
from pathlib import Path

import pytest

from service.secrets import FILE_NAME, Secrets, load_secrets


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = load_secrets(folder)
    assert load_secrets(folder) == made
    assert len(made.server_key) >= 32
    assert made.server_key != made.payments_key
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_settings_win(tmp_path: Path) -> None:
    assert load_secrets(tmp_path, server_key="a", payments_key="b") == Secrets("a", "b")
    assert not (tmp_path / FILE_NAME).exists()
    made = load_secrets(tmp_path)
    assert load_secrets(tmp_path, server_key="a") == Secrets("a", made.payments_key)


def test_all_who_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    found: list[Secrets] = []
    barrier = threading.Barrier(16)

    def start() -> None:
        barrier.wait()
        found.append(load_secrets(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len({(each.server_key, each.payments_key) for each in found}) == 1
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"server_key": "a", "payments_key": ""})])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text)
    with pytest.raises(ValueError, match=r"secrets\.json"):
        load_secrets(tmp_path)
    assert path.read_text() == text


def test_purposes_have_keys_of_their_own() -> None:
    keys = Secrets("a", "b")
    assert keys.derive("tokens") == keys.derive("tokens")
    assert len({keys.derive("tokens"), keys.derive("addresses"), Secrets("c", "b").derive("tokens")}) == 3
    assert len(keys.derive("tokens")) == 32


def test_keys_are_not_shown() -> None:
    assert "hidden" not in repr(Secrets("hidden", "hidden"))
