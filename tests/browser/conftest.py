"""A browser without a network, in which any message on the console fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rnnscope.report import ReportInput, build_page, write_html

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """An open report and everything it did that a report must not do."""

    tab: Any
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.tab.route("**/*", self._route)
        self.tab.on("console", lambda message: self.messages.append(message.text))
        self.tab.on("pageerror", lambda error: self.messages.append(str(error)))
        self.tab.on("dialog", self._dialog)

    def _route(self, route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


Open = Callable[..., Watched]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def open_report(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Write a report and open it from its file; closing checks that it was silent and asked for nothing."""
    opened: list[Watched] = []

    def open_(given: ReportInput, fragment: str = "", **options: Any) -> Watched:
        path = tmp_path / f"report{len(opened)}.html"
        write_html(build_page(given, version="1"), path)
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        report = Watched(context.new_page())
        report.watch()
        report.tab.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            # Pages that are not on screen are prepared a little later. Tests begin when all are there, so that what
            # they look for means the same on a slow machine as on a fast one.
            report.tab.locator("main > article").nth(report.tab.locator("nav a").count() - 1).wait_for(state="attached")
        opened.append(report)
        return report

    yield open_
    for report in opened:
        report.tab.context.close()
        assert (report.requests, report.messages, report.dialogs) == ([], [], [])
