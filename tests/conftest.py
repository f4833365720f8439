"""What tests of several folders share: a real Chromium."""

from __future__ import annotations

import os

import pytest

from benchmarks import browser as installation


def pytest_collection_modifyitems(items):
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU"))


@pytest.fixture(
    scope="module"
)  # no longer: Playwright leaves an event loop running, in which other tests' asyncio.run fails
def chromium():
    path = installation.installed()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(installation.MISSING)
        pytest.skip(installation.MISSING)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, headless=True, args=installation.FLAGS
        )
        yield browser
        browser.close()
