"""In a real browser: headless Chromium, steered by its own protocol. Pictures go to the folder of the test run."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .conftest import PATIENCE_S, come_true, terminal_uis

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
CONTROL = 2
RED, ACCENT = (255, 113, 82), (185, 163, 255)  # what failed, and keys, in the dark theme


class Page:
    """A page of it, and all that it has asked for and complained about."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers, self._session = socket, itertools.count(1), ""
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.asked: list[str] = []
        self.complaints: list[str] = []

    async def begin(self) -> None:
        target = await self.tell("Target.createTarget", url="about:blank", newWindow=True, width=1200, height=760)
        attached = await self.tell("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.tell(f"{domain}.enable")

    async def tell(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        said = {"id": number, "method": method, "params": params}
        await self._socket.send_json({**said, "sessionId": self._session} if self._session else said)
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if said.get("id") in self._answers:
                answer = self._answers.pop(said["id"])
                if "error" in said:
                    answer.set_exception(RuntimeError(said["error"]["message"]))
                else:
                    answer.set_result(said["result"])
            elif said.get("method") == "Network.requestWillBeSent":
                self.asked.append(said["params"]["request"]["url"])
            elif said.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["params"]["exceptionDetails"]))
            elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                self.complaints.append(said["params"]["entry"]["text"])

    # --- as a person would --------------------------------------------------------------------------------------------
    async def go(self, address: str) -> None:
        await self.tell("Page.navigate", url=address)
        await self.comes("document.readyState === 'complete'")

    async def is_so(self, what: str) -> Any:
        found = await self.tell("Runtime.evaluate", expression=what, returnByValue=True)
        return found["result"].get("value")

    async def comes(self, what: str) -> None:
        """It becomes true."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if await self.is_so(what):
                        return
                except RuntimeError:
                    pass  # between two pages
                await asyncio.sleep(0.05)

    async def write(self, text: str) -> None:
        await self.tell("Input.insertText", text=text)

    async def press(self, key: str, text: str = "", **more: Any) -> None:
        codes = {"Enter": 13, "Escape": 27}
        how = {"key": key, "text": text or None, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        how = {name: value for name, value in {**how, **more}.items() if value is not None}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", **how)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", **how)

    async def log_in(self, token: str) -> None:
        await self.comes("document.activeElement && document.activeElement.id === 'token'")
        await self.write(token)
        await self.press("Enter", "\r")

    async def picture(self) -> bytes:
        return base64.b64decode((await self.tell("Page.captureScreenshot"))["data"])

    async def shows(self, colour: tuple[int, int, int]) -> None:
        """There is writing in this colour."""
        async with asyncio.timeout(PATIENCE_S):
            while pixels_of(await self.picture(), colour) < 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


def pixels_of(picture: bytes, colour: tuple[int, int, int]) -> int:
    matplotlib = pytest.importorskip("matplotlib.image")
    pixels = matplotlib.imread(io.BytesIO(picture))[:, :, :3] * 255
    return int((abs(pixels - colour).max(axis=2) < 3).sum())


@pytest.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Page]:
    """A page of one that was started for the test."""
    profile = tmp_path / "profile"
    process = subprocess.Popen(  # noqa: ASYNC220  it starts in no time
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run",
         "--disable-background-networking", f"--user-data-dir={profile}", "about:blank"],
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told = profile / "DevToolsActivePort"
        await come_true(lambda: told.exists() and told.read_text().count("\n") == 1)
        port, path = told.read_text().split("\n")
        address = f"ws://127.0.0.1:{port}{path}"
        async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            await page.begin()
            yield page
            listening.cancel()
    finally:
        process.terminate()
        process.wait()


# --- scenes -----------------------------------------------------------------------------------------------------------
async def test_from_the_link_to_the_place_and_back_after_a_reload(served, company, chromium, tmp_path):
    page = chromium
    await page.go(f"{served.address}/#run/1")
    (tmp_path / "login.png").write_bytes(await page.picture())
    await page.log_in("flt_wrong")
    await page.comes("document.querySelector('.problem') !== null")
    (tmp_path / "login-failed.png").write_bytes(await page.picture())
    await page.log_in(company.tokens["vera"])
    await page.comes("document.title === 'run/1 · flowlite' && location.hash === '#run/1'")
    await page.shows(RED)
    (tmp_path / "run.png").write_bytes(await page.picture())
    await page.tell("Page.reload")
    await page.comes("document.readyState === 'complete' && document.title === 'run/1 · flowlite'")
    await page.shows(RED)
    await page.press("Escape")
    await page.comes("document.title === 'flowlite' && location.hash === ''")
    assert {url for url in page.asked if not url.startswith((f"{served.address}/", "data:"))} == set()
    assert [said for said in page.complaints if "401 (Unauthorized)" not in said] == []


async def test_logging_out_is_one_click_and_ends_the_process(served, company, chromium):
    page = chromium
    await page.go(served.address)
    await page.log_in(company.tokens["vera"])
    await page.comes("document.body.classList.contains('-first-byte')")
    assert len(terminal_uis(company.state)) == 1
    await page.is_so("document.querySelector('header button').click()")
    await page.comes("document.querySelector('.login') !== null")
    await come_true(lambda: not terminal_uis(company.state))


async def test_the_login_works_without_scripts(served, company, chromium):
    page = chromium
    await page.tell("Emulation.setScriptExecutionDisabled", value=True)
    await page.go(served.address)
    await page.log_in(company.tokens["vera"])
    await page.comes("document.querySelector('.screen header').textContent.includes('vera')")
    assert terminal_uis(company.state) == []


async def test_a_download_is_a_file_of_the_browser(served, company, chromium, tmp_path):
    page = chromium
    await page.tell("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    await page.go(f"{served.address}/#dag/train")
    await page.log_in(company.tokens["vera"])
    await page.comes("document.title === 'dag/train · flowlite'")
    await page.press("o", "o")
    await come_true(lambda: (tmp_path / "work.py").exists())
    assert (tmp_path / "work.py").read_text() == (company.root / "pipelines" / "work.py").read_text()


async def test_a_page_says_why_it_ended_and_comes_back_with_the_server(serve, company, chromium):
    served = await serve()
    page = chromium
    await page.go(f"{served.address}/#pools")
    await page.log_in(company.tokens["vera"])
    await page.comes("document.title === 'pools · flowlite'")
    await page.shows(ACCENT)
    await page.press("q", modifiers=CONTROL)
    await page.comes("document.getElementById('because').textContent === 'You have left the terminal UI.'")
    await page.press("Enter", "\r")
    await page.comes("document.title === 'pools · flowlite' && document.body.classList.contains('-first-byte')")
    await served.web.stop()
    await page.comes("document.getElementById('because').textContent.startsWith('The server is out of reach')")
    await serve(port=served.port)
    await page.comes("document.querySelector('.login') !== null && location.hash === '#pools'")
