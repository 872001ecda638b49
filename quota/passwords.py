"""Passwords as argon2id hashes."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from errors import InvalidFieldError

MIN_LENGTH = 8
MAX_LENGTH = 256

# OWASP's second choice for argon2id (19 MiB, 2 passes, 1 lane): a burst of sign-ins must not eat a small server.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str, *, email: str) -> str:
    """Raises InvalidFieldError for a password outside 8..256 characters, or one that is the email address."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidFieldError(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", details={"field": "password"}
        )
    if password.strip().lower() == email:
        raise InvalidFieldError("The email address can't be the password.", details={"field": "password"})
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Takes as long without a hash (no such account, or one without password) as with one."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other costs than today's, and should be made anew."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
