"""The server's own keys: from the settings, or made on first start and kept in ``DATA_DIR/secrets.json`` (0600).

Several machines that share a database need the same keys: set ``SERVER_KEY`` and ``PAYMENTS_KEY`` there.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "secrets.json"
_NAMES = ("server_key", "payments_key")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Neither key is shown by ``repr``."""

    server_key: str = field(repr=False)
    payments_key: str = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from which neither the server key nor another purpose's bytes can be found."""
        return hmac.new(self.server_key.encode(), purpose.encode(), hashlib.sha256).digest()

    def is_payments_key(self, key: str) -> bool:
        """Takes as long for a wrong key as for the right one."""
        return hmac.compare_digest(key.encode(), self.payments_key.encode())


def load_secrets(data_dir: Path, *, server_key: str = "", payments_key: str = "") -> Secrets:
    """The keys given, and for an empty one that of the file, which is made when it is missing.

    Several processes may start at once: all get the keys of whoever was first. Raises ValueError, naming the file,
    when it can't be understood: making new keys silently would make every stored token unreadable.
    """
    if server_key and payments_key:
        return Secrets(server_key, payments_key)
    path = data_dir / FILE_NAME
    if not path.exists():
        _write_once(path, {name: secrets.token_urlsafe(32) for name in _NAMES})
    kept = _read(path)
    return Secrets(server_key or kept["server_key"], payments_key or kept["payments_key"])


def _write_once(path: Path, keys: dict[str, str]) -> None:
    """Appears under its name only when complete, and never replaces what another process wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(keys, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _read(path: Path) -> dict[str, str]:
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged. Put back a copy, or remove it (API tokens stay valid).") from error
    if not isinstance(keys, dict) or not all(isinstance(keys.get(name), str) and keys[name] for name in _NAMES):
        raise ValueError(f"{path} must hold {' and '.join(_NAMES)}.")
    return keys
