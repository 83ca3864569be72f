"""Cut a Python process off from every network but its own machine.

The test run puts this folder on PYTHONPATH, so that each process it starts, a notebook's kernel
among them, loads this file first. Python's own sockets report to the audit hook; a library that
opens sockets in C without Python (ZeroMQ, which the kernel talks through) does not.
"""

import ipaddress
import socket
import sys

HERE = {None, "", b"", "localhost", "127.0.0.1", "::1", socket.gethostname()}


class NetworkIsOffError(OSError):
    """Raised in place of a connection that would leave this machine."""


def _stays_here(host) -> bool:
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    if host in HERE:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_to_leave(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket's path
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _stays_here(host):
        raise NetworkIsOffError(f"The course runs without a network, but {host!r} was asked for.")


sys.addaudithook(_refuse_to_leave)
