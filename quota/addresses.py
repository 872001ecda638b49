"""Callers without an account are told apart by their address, of which only a salted hash is kept."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

_DIGEST_BYTES = 16
_IPV6_PREFIX = 64
"""One household or server gets a whole /64 and can use any address of it."""


def hash_address(address: str, salt: bytes, *, period: str = "") -> str:
    """32 hexadecimal digits: the same for one IPv4 address, and for all addresses of one IPv6 /64.

    With a ``period`` the hashes of two periods can't be linked. Text that is no IP address counts as itself.
    """
    message = f"{period}|{to_network(address)}".encode()
    return hmac.new(salt, message, hashlib.sha256).digest()[:_DIGEST_BYTES].hex()


def to_network(address: str) -> str:
    """``203.0.113.7`` as it is, ``2001:db8::1`` as ``2001:db8::/64``, ``::ffff:203.0.113.7`` as IPv4."""
    try:
        parsed = ip_address(address.strip().split("%")[0])
    except ValueError:
        return address.strip().lower()
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)
