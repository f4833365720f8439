"""Behind a proxy the page works, or says what the proxy has to do."""

from __future__ import annotations

from contextlib import contextmanager
from urllib.parse import urlparse

import pytest

from .conftest import DESKTOP, FRESH, TIMEOUT

BELOW = "/user/ann/proxy/7860"


@contextmanager
def opened(profiles, url):
    """(a page, the addresses that were not there)."""
    page, missing = profiles.next().new_page(), []
    page.set_viewport_size(DESKTOP)
    page.set_default_timeout(TIMEOUT)
    page.on("response", lambda one: one.status >= 400 and missing.append(urlparse(one.url).path))
    page.goto(url + FRESH)
    page.wait_for_selector("body[data-gv-ready=yes][data-gv-form=filled]")
    yield page, missing
    profiles.clear()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-prefix": BELOW},
        {"x-forwarded-context": BELOW},
        # a proxy that says nothing
        {},
    ],
)
def test_the_page_trains_below_a_path(profiles, server, proxy, headers, only_ours):
    shown = proxy(urlparse(server.url).port, BELOW, headers)
    with opened(profiles, shown.url) as (page, missing):
        page.wait_for_selector("#gv-link[data-link=live]")
        assert page.evaluate("gradio_config.root") == shown.url
        page.wait_for_function("document.querySelector('link[href*=\"theme.css\"]')")
        if server.status() is None or server.status()["state"] != "running":
            page.click("#gv-train")
        page.wait_for_selector("body[data-gv-state=running]")
        page.wait_for_function("Number(document.querySelector('#gv-grid').dataset.step) > 0")
        for state in ("paused", "running"):  # commands arrive, the first one's run or not
            page.click("#gv-pause")
            page.wait_for_selector(f"body[data-gv-state={state}]")
        # asked for before the page could know better
        assert set(missing) <= (set() if headers else {"/theme.css", "/manifest.json"})


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"upgrade": None, "connection": "close"}, "does not pass WebSockets on"),
        ({"host": "127.0.0.1"}, "proxy_set_header Host $http_host"),
    ],
)
def test_a_proxy_that_keeps_the_socket_from_opening_is_named(
    profiles, server, proxy, headers, words
):
    shown = proxy(urlparse(server.url).port, "", headers)
    with opened(profiles, shown.url) as (page, _):
        page.wait_for_selector("#gv-blocked")
        assert words in page.inner_text("#gv-blocked")
