"""The port, if one is configured: by which names it is reached, and when it needs TLS."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import Protocol

from flowlite.config import ConfigError
from flowlite.service.api.listening import tcp_socket

OUR_OWN = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::", "")
API = "[api]"


class Port(Protocol):
    """A section that says where to listen."""

    @property
    def host(self) -> str:
        """The address."""
        ...

    @property
    def port(self) -> int | None:
        """None: nowhere."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """More names that this machine is called by."""
        ...

    @property
    def tls_certificate(self) -> str | None:
        """A file."""
        ...

    @property
    def tls_key(self) -> str | None:
        """A file."""
        ...


def tls_of(section: Port, where: str = API) -> ssl.SSLContext | None:
    """None: what is said stays on this machine. Raises ConfigError if it would not, or if the files are no good."""
    if section.tls_certificate is None or section.tls_key is None:
        if section.tls_certificate is not section.tls_key:
            raise ConfigError(
                where, "of tls_certificate and tls_key one is missing, and there is no TLS without it",
                "give both, or neither",
            )  # fmt: skip
        if not is_our_own(section.host):
            raise ConfigError(
                where, f"host {section.host!r} can be reached from outside, and a token would go there in the clear",
                "give tls_certificate and tls_key, or leave host out",
            )  # fmt: skip
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(section.tls_certificate, section.tls_key)
    except (OSError, ssl.SSLError) as error:
        files = f"{section.tls_certificate} and {section.tls_key}"
        raise ConfigError(where, f"the certificate can't be used: {error}", f"look at {files}") from error
    return context


def is_our_own(host: str) -> bool:
    """Whether an address leads to this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hosts_of(section: Port) -> tuple[str, ...]:
    """The names by which a request may call us."""
    own = [socket.gethostname(), socket.getfqdn()] if not is_our_own(section.host) else []
    listened = [] if section.host in EVERYWHERE else [section.host]
    return tuple(dict.fromkeys([*OUR_OWN, *listened, *own, *section.hosts]))


def port_socket(section: Port, where: str = API) -> socket.socket:
    """Listening. Raises OSError, named after the address."""
    assert section.port is not None
    try:
        return tcp_socket(section.host, section.port)
    except OSError as error:
        raise ConfigError(
            where, f"{section.host}:{section.port} can't be listened on: {error.strerror or error}",
            "give another port, or stop what has it",
        ) from error  # fmt: skip
