"""Whether the peer of a TCP connection has closed it, while nothing is read from the connection."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_OPEN = frozenset((1, 4, 5))
"""The states of Linux in which the peer may still send (include/net/tcp_states.h): ESTABLISHED, FIN_WAIT1 and 2."""


def has_sent_all(transport: asyncio.BaseTransport) -> bool:
    """Return whether nothing more can come than what the kernel has; False where the system does not tell."""
    sock = transport.get_extra_info("socket")
    if not sys.platform.startswith("linux") or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] not in _OPEN
