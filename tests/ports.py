"""Loopback ports for servers of tests, below those the kernel gives away by itself.

A broker that is killed and started again must find its port free. In the kernel's own range another test's server, or a
client's connection, could have been given it meanwhile; a client that knocks there could even connect to itself.
"""

import os
import socket
from itertools import count

LOWEST, HIGHEST = 12_000, 32_000
_drawn = count(os.getpid() * 1_009)  # processes side by side begin far from each other


def free_port() -> int:
    """A TCP port nobody listens on at this moment; this process is not given it again soon."""
    for at in _drawn:
        port = LOWEST + at % (HIGHEST - LOWEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no end of numbers")
