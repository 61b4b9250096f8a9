"""A headless Chromium that has a page open; fails in one sentence where there is none."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
              "--hide-scrollbars")  # fmt: skip
_WIDTHS = {"light": 1280, "dark": 1280, "phone": 390, "print": 794}
"""In CSS pixels; A4 is 794 wide."""


def pytest_addoption(parser):
    """Say where pictures of the pages go, and which results are looked at besides the sample."""
    group = parser.getgroup("page")
    group.addoption(
        "--screenshots",
        type=Path,
        default=ROOT / "results" / "screenshots",
        help="folder for pictures of the pages [%(default)s]",
    )
    group.addoption(
        "--shown",
        type=Path,
        default=ROOT / "results" / "results.json",
        help="results to look at besides the sample's, where there are any [%(default)s]",
    )
    group.addoption("--sweep", type=Path, default=ROOT / "results" / "frontier-jets.json")


def _programs():
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver") or shutil.which(
        "chromedriver", path=os.environ.get("CHROMEWEBDRIVER", "")
    )
    return browser, driver


def pytest_sessionstart(session):
    """End the run in one sentence where there is no browser."""
    if None in _programs():
        raise pytest.UsageError(
            f"these tests need Chromium ({' or '.join(_BROWSERS)}) and chromedriver on PATH; on "
            "Debian: 'apt-get install chromium chromium-driver'."
        )


@pytest.fixture(scope="session")
def driver():
    """Start one browser for all tests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, program = _programs()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(program))
    yield started
    started.quit()


class Opened:
    """A page that is open, and what the browser says of it."""

    def __init__(self, driver, path):
        self.driver = driver
        driver.get_log("browser"), driver.get_log("performance")
        driver.get(path.as_uri())

    def console(self):
        """Return what the browser complained about since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self):
        """Return the addresses that were asked for."""
        events = [json.loads(one["message"]) for one in self.driver.get_log("performance")]
        sent = [one["message"] for one in events]
        wanted = [one for one in sent if one["method"] == "Network.requestWillBeSent"]
        return [one["params"]["request"]["url"] for one in wanted]

    def run(self, script, *args):
        """Run JavaScript in the page."""
        return self.driver.execute_script(script, *args)

    def look(self, name):
        """Show the page as a reader would have it: light, dark, phone or print."""
        media = {
            "media": "print" if name == "print" else "screen",
            "features": [{"name": "prefers-color-scheme", "value": _scheme(name)}],
        }
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": _WIDTHS[name], "height": 900, "deviceScaleFactor": 1}
        size["mobile"] = name == "phone"
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        return self

    def shoot(self, path):
        """Take a picture of the whole page."""
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        options = {"captureBeyondViewport": True, "clip": clip}
        made = self.driver.execute_cdp_cmd("Page.captureScreenshot", options)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(made["data"]))


def _scheme(name):
    return "dark" if name == "dark" else "light"


@pytest.fixture
def show(driver):
    """Open a page."""
    return lambda path: Opened(driver, path)
