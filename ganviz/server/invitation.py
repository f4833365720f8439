"""How a class is invited: the address that others can reach, and its QR code."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import segno
from starlette.datastructures import Headers
from starlette.types import Scope

from ganviz.classroom.keys import Keys
from ganviz.server.entrance import JOIN, is_https

WILDCARDS = ("0.0.0.0", "::", "")


@dataclass(frozen=True)
class Invitation:
    """``address``: what people type; ``link``: what the QR code holds; ``code``: what they type at
    the address."""

    address: str
    link: str
    code: str

    @classmethod
    def at(cls, home: str, keys: Keys) -> Invitation:
        """To the class at the start page ``home``, which ends with a slash."""
        return cls(home.rstrip("/") + JOIN, f"{home.rstrip('/')}{JOIN}/{keys.link}", keys.code)

    def svg(self) -> str:
        """The QR code of the link as SVG, dark on light whatever is around it."""
        code = segno.make(self.link, error="m", micro=False)
        return code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True)

    def terminal(self) -> str:
        """The QR code of the link in characters."""
        import io

        drawn = io.StringIO()
        segno.make(self.link, error="l", micro=False).terminal(drawn, compact=True, border=2)
        return drawn.getvalue()


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, which no other machine can reach."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def lan_addresses() -> list[str]:
    """The addresses under which other machines reach this one, the likeliest first. No packet is
    sent."""
    found = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET and _may_be_reached(address.address)
    ]
    likeliest = _outgoing()
    return sorted(dict.fromkeys(found), key=lambda one: (one != likeliest, found.index(one)))


def _may_be_reached(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return not (ip.is_loopback or ip.is_link_local or ip.is_unspecified)


def _outgoing() -> str:
    """The address of the interface that leads out of this machine; empty where none does."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.connect(("192.0.2.1", 9))  # an address for examples: connecting sends nothing
            return str(trial.getsockname()[0])
    except OSError:
        return ""


def home_of(host: str, port: int) -> str:
    """The address of the start page that others can open, of a server that listens on ``host``."""
    if host in WILDCARDS:
        host = next(iter(lan_addresses()), "127.0.0.1")
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def home_seen_by(scope: Scope) -> str:
    """The address of the start page as the browser of a request reaches it; where that is on this
    machine, as others do."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    prefix = scope.get("root_path", "")
    name = urlsplit(f"//{host}").hostname or ""
    server = scope.get("server") or ("127.0.0.1", 80)
    if is_loopback(name) and not prefix:
        return home_of("0.0.0.0", server[1])
    return f"{'https' if is_https(scope) else 'http'}://{host}{prefix}/"
