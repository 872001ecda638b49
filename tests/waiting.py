"""Waiting for what happens by itself."""

import time
from collections.abc import Callable

DEADLINE_S = 120.0


def wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    """Returns as soon as it is so; fails with ``otherwise`` after two minutes."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
