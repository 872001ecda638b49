"""Keep a secret in the database so that only the server's key opens it (AES-256-GCM)."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(secret: str, key: bytes, *, owner: str) -> str:
    """Base64 of nonce and ciphertext; ``key`` is 32 bytes. Only the same ``owner`` opens it: rows can't be swapped."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, secret.encode(), owner.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def open_sealed(sealed: str, key: bytes, *, owner: str) -> str | None:
    """The secret; None when it was sealed with another key or for another owner."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError):
        return None
