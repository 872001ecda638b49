"""Which address a request really comes from."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """``"10.0.0.0/8, ::1"`` -> networks. Raises ValueError for what is neither an address nor a network."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(connection: HTTPConnection, trusted: Sequence[Network]) -> str:
    """The right-most address that no trusted proxy has.

    ``X-Forwarded-For`` grows to the right, and only what our own proxies appended can be believed; whatever a client
    wrote itself stands further left and is never reached.
    """
    address = connection.client.host if connection.client else "0.0.0.0"  # noqa: S104 - a label, nothing is bound
    hops = [hop.strip() for line in connection.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and _is_trusted(address, trusted):
        address = hops.pop()
    return address


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
