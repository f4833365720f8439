"""Browsers that come to a class."""

from starlette.testclient import TestClient

BASE = "http://localhost"


def browser(gate, **cookies):
    """A browser with these ``cookies``, which shows each redirect."""
    client = TestClient(gate, base_url=BASE, follow_redirects=False)
    for name, value in cookies.items():
        client.cookies.set(name, value)
    return client
