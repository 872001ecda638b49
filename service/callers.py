"""Who asks for something, whichever door they came through."""

from dataclasses import dataclass

from quota.accounts import Account

__all__ = ["Account", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """``account`` None is an anonymous caller; ``address`` is the client's IP address, proxies resolved."""

    account: Account | None
    address: str
