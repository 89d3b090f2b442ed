# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as a person sees them: a real browser, wide and narrow, light and dark."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from werkzeug.serving import make_server as make_http_server

from api.archive_services import ArchiveServices
from snapshot.digest import Digest
from storage.blobs import MemoryBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.api.archive_server import ArchiveServer
from tests.api.lively_server import fill
from tests.api.past_server import FIRST, fill_past
from tests.api.rebuild_server import make_server
from tests.integration.browser import Browser, open_browser

#: Contrast of text that WCAG 2 asks for at level AA.
CONTRAST = 4.5

#: The pair of a text's colour and what lies behind it with the least contrast.
WORST_CONTRAST = """
(() => {
  const parts = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = node => {
    for (let e = node; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.getClientRects().length || element.closest("svg")) continue;
    const a = light(parts(getComputedStyle(element).color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, text.data.trim().slice(0, 60)];
  }
  return worst;
})()
"""

#: Elements that a keyboard or a screen reader could not use.
UNNAMED = """
[...document.querySelectorAll("a, button, input, img, svg[role=img]")]
  .filter(e => e.getClientRects().length)
  .filter(e => !(e.textContent.trim() || e.getAttribute("aria-label") || e.getAttribute("alt")
                 || e.querySelector("[alt]")))
  .map(e => e.outerHTML.slice(0, 120))
"""


@dataclass(frozen=True)
class Site:
    base: str
    attempts: dict[str, int]

    def pages(self) -> dict[str, str]:
        """Address to a text that must be readable there."""
        return {
            "/": "Is it what the source says?",
            "/campaigns": "bookworm small packages",
            "/campaigns/bookworm%20small%20packages": "Why packages could not be judged",
            "/workers": "online",
            "/rebuilds/debian/libsub-name-perl": "0.27-1",
            f"/attempts/{self.attempts['libsub-name-perl']}": "Depends: perl (>= 5.36.0-7+deb12u3)",
            f"/attempts/{self.attempts['catdoc']}": "in-toto link",
            f"/attempts/{self.attempts['dejabuild-needs-a-ghost']}": "libghost-dev 6.6.6",
            "/search?q=nothing-of-that-name": "No source or binary package",
            "/search?q=hel": "hello-traditional",
            "/archive/": "security",
            "/archive/debian/": "runs by month",
            "/archive/debian/?year=2025&month=1": "2025-01-05 09:00:00",
            f"/archive/debian/{FIRST}/dists/": "trixie",
            "/package/hello/": "Every version, the newest first",
            "/package/hello/2.10-3/": "hello-traditional_2.10-3_amd64.deb",
            "/binary/hello-doc/": "Built from hello",
            "/package/?cat=h": "hello",
            f"/locations/{Digest.of(b'upstream')}": "hello_2.orig.tar.gz",
        }


@pytest.fixture(scope="module")
def site(sqlite_templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(sqlite_templates, folder, dirs_exist_ok=True)
    database = Database.open(f"sqlite:///{folder}/ledger.sqlite", "ledger")
    catalogue_database = Database.open(f"sqlite:///{folder}/catalogue.sqlite", "catalogue")
    archive = ArchiveServices(Catalogue(catalogue_database), MemoryBlobs())
    server = make_server(database, archive=archive)
    attempts = fill(server)
    fill_past(ArchiveServer(archive.catalogue, archive.blobs, server.app))
    http = make_http_server("127.0.0.1", 0, server.app, threaded=True)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{http.server_port}", attempts)
    http.shutdown()
    thread.join()
    http.server_close()
    database.close()
    catalogue_database.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_reads_well_and_nothing_is_wider_than_the_window(
    site: Site, browser: Browser, width: int
) -> None:
    for path, text in site.pages().items():
        browser.visit(site.base + path, width=width)
        assert browser.complaints == [], path
        assert text in browser.ask("document.body.innerText"), path
        assert browser.ask("document.styleSheets[0].cssRules.length") > 50, path
        assert browser.ask("document.documentElement.scrollWidth") <= width, path
        assert browser.ask("document.querySelectorAll('h1').length") == 1, path
        assert browser.ask(UNNAMED) == [], path
        # The one script only helps while somebody types.
        assert browser.ask("[...document.scripts].map(s => new URL(s.src).pathname)") == [
            "/pages/search.js"
        ], path


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_what_lies_behind_it(
    site: Site, browser: Browser, *, dark: bool
) -> None:
    for path in site.pages():
        browser.visit(site.base + path, width=1000, dark=dark)
        background = browser.ask("getComputedStyle(document.documentElement).backgroundColor")
        assert (background == "rgb(255, 255, 255)") is not dark
        ratio, text = browser.ask(WORST_CONTRAST)
        assert ratio >= CONTRAST, f"{path}: {text!r} has {ratio:.2f}"


def test_a_person_finds_a_package_and_reads_its_log(site: Site, browser: Browser) -> None:
    browser.visit(site.base, width=1000)
    browser.ask("document.forms[0].q.value = 'catdoc', document.forms[0].submit()")
    browser.wait_for_load()
    assert browser.ask("location.pathname") == "/rebuilds/debian/catdoc"
    browser.ask("document.querySelector('a[href^=\"/attempts/\"]').click()")
    browser.wait_for_load()
    assert browser.ask("document.querySelector('h1').innerText").startswith("catdoc 1:0.95-6")
    browser.ask("[...document.links].find(a => a.innerText == 'Whole log').click()")
    browser.wait_for_load()
    assert "dh_step_0" in browser.ask("document.body.innerText")
    assert browser.complaints == []


#: Bars of the picture as [left, right, row, width of the whole], in pixels.
BARS = """
(() => {
  const picture = document.querySelector(".timeline > svg");
  const whole = picture.getBoundingClientRect().width;
  return [...picture.querySelectorAll("a > svg")].map(bar => [
    bar.x.baseVal.value, bar.x.baseVal.value + bar.width.baseVal.value, bar.y.baseVal.value, whole,
  ]);
})()
"""


def test_the_picture_shows_every_stay_inside_its_frame_one_after_the_other(
    site: Site, browser: Browser
) -> None:
    for width in (1280, 360):
        browser.visit(f"{site.base}/package/hello/", width=width)
        bars = browser.ask(BARS)
        rows = browser.ask("document.querySelectorAll('tbody tr').length")
        assert len(bars) == rows == 16
        whole = bars[0][3]
        assert whole >= 500
        assert all(0 < left < right <= whole and right - left >= 2 for left, right, *_ in bars)
        for band in {bar[2] for bar in bars}:
            ends = [(left, right) for left, right, of, *_ in bars if of == band]
            assert ends == sorted(ends)
            assert all(a[1] <= b[0] + 0.1 for a, b in pairwise(ends))
        # The page itself is no wider than the window: the picture scrolls in its own box.
        assert browser.ask("document.documentElement.scrollWidth") <= width
    colours = "getComputedStyle(document.querySelector('.timeline .solid')).fill"
    light = browser.ask(colours)
    browser.visit(f"{site.base}/package/hello/", width=1280, dark=True)
    assert browser.ask(colours) != light
    browser.ask("document.querySelector('.timeline a').dispatchEvent(new MouseEvent('click'))")
    browser.wait_for_load()
    assert browser.ask("location.pathname").startswith("/package/hello/2.10-3")


def type_text(browser: Browser, text: str) -> None:
    browser.ask("document.forms[0].q.focus()")
    browser.call("Input.insertText", text=text)


def press(browser: Browser, key: str) -> None:
    code = {"ArrowDown": 40, "Enter": 13, "Escape": 27}[key]
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
            text="\r" if key == "Enter" and kind == "keyDown" else "",
        )  # fmt: skip


def wait_for(browser: Browser, expression: str) -> None:
    for _ in range(200):
        if browser.ask(expression):
            return
        time.sleep(0.05)
    raise AssertionError(f"never true: {expression}")


def test_names_appear_while_typing_and_keys_alone_lead_to_the_package(
    site: Site, browser: Browser
) -> None:
    browser.visit(site.base, width=1000)
    type_text(browser, "hel")
    wait_for(browser, "document.querySelectorAll('#found li').length === 3")
    assert browser.ask("[...document.querySelectorAll('#found a')].map(a => a.innerText)") == [
        "hello\nsource", "hello-doc\nbinary", "hello-traditional\nbinary",
    ]  # fmt: skip
    assert browser.ask("document.forms[0].q.getAttribute('aria-expanded')") == "true"
    assert browser.ask(WORST_CONTRAST)[0] >= CONTRAST
    press(browser, "ArrowDown")
    press(browser, "ArrowDown")
    assert browser.ask("document.forms[0].q.getAttribute('aria-activedescendant')") == "found-1"
    press(browser, "Enter")
    browser.wait_for_load()
    assert browser.ask("location.pathname") == "/binary/hello-doc/"
    type_text(browser, "h<img src=x>")
    press(browser, "Escape")
    assert browser.ask("document.querySelector('#found').hidden")
    assert browser.ask("document.querySelectorAll('#found img').length") == 0
    assert browser.complaints == []


def test_searching_needs_no_script(site: Site, browser: Browser) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.visit(site.base, width=1000)
        assert browser.ask("document.querySelector('#found')") is None
        type_text(browser, "hel")
        press(browser, "Enter")
        browser.wait_for_load()
        assert browser.ask("location.pathname + location.search") == "/search?q=hel"
        assert "hello-traditional" in browser.ask("document.body.innerText")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
