"""Which address a request really comes from, for both doors."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """``"10.0.0.0/8, ::1"`` -> networks. Raises ValueError for what is neither an address nor a network."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def resolve_client(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The right-most address that no trusted proxy has.

    ``peer`` is the other end of the connection, ``forwarded_for`` the lines of ``X-Forwarded-For``. That header grows
    to the right, and only what our own proxies appended can be believed; whatever a client wrote itself stands further
    left and is never reached.
    """
    address = peer
    hops = [hop.strip() for line in forwarded_for for hop in line.split(",")]
    while hops and _is_trusted(address, trusted):
        address = hops.pop()
    return address


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
