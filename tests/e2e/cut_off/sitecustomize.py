"""Every process of a server whose PYTHONPATH names this folder loads this first: it is cut off from the network.

Whatever Python code wants from another machine, a name or a connection, is refused as it is where there is no network,
and noted in the file ``NETWORK_NOTES``: a line with the process, what it wanted and of whom. Processes that are forked
take this with them, those that are started load it anew.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Any

# The place of the address among the arguments of an audit event (https://docs.python.org/3/library/audit_events.html).
_ADDRESS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}


def _host(address: Any) -> str | None:
    """None: a place on this machine, such as the path of a Unix socket."""
    if isinstance(address, tuple):
        address = address[0]
    elif isinstance(address, (str, bytes)) and (b"/" in os.fsencode(address) or b"\0" in os.fsencode(address)):
        return None
    if address is None:
        return None
    name = os.fsdecode(address)
    is_loopback = name in ("", "localhost", "::1") or name.startswith("127.")
    return None if is_loopback else name


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _ADDRESS:
        return
    host = _host(arguments[_ADDRESS[event]])
    if host is None:
        return
    with Path(os.environ["NETWORK_NOTES"]).open("a") as notes:
        notes.write(f"{os.getpid()} {event} {host}\n")
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
    import socket

    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


sys.addaudithook(_refuse)
