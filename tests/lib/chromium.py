# SPDX-License-Identifier: EUPL-1.2
"""Chromium without a screen, driven through a pair of pipes (DevTools protocol, messages ended by an octet 0).

    with Chromium(folder, names={"mail.chu.test": "127.0.0.1"}) as browser:
        browser.phone()
        browser.go("https://mail.chu.test:10443/")
        browser.value("document.title"); browser.picture(folder / "page.png"); browser.complaints
"""
import base64
import fcntl
import json
import os
import select
import subprocess
import time


class Chromium:
    def __init__(self, folder, names=()):
        rules = ", ".join(f"MAP {name} {to}" for name, to in dict(names).items())
        to_it, self.to = os.pipe()
        self.frm, from_it = os.pipe()
        argv = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--ignore-certificate-errors", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}/chromium", f"--host-resolver-rules={rules}",
                "--remote-debugging-pipe", "about:blank"]
        self.out = open(f"{folder}/chromium.out", "wb")
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
        low = to_it, from_it
        to_it, from_it = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in low)
        self.proc = subprocess.Popen(argv, close_fds=False, preexec_fn=lambda: (os.dup2(to_it, 3), os.dup2(from_it, 4)),      # it reads from 3 and writes to 4
                                     stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out, env={**env, "HOME": str(folder)})
        for fd in (*low, to_it, from_it):
            os.close(fd)
        self.serial, self.rest, self.events, self.session, self.complaints = 0, b"", [], None, []

    def __enter__(self):
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        os.close(self.to)
        self.proc.terminate()
        self.proc.wait(20)
        os.close(self.frm)
        self.out.close()

    def message(self, until):
        while b"\0" not in self.rest:
            if not select.select([self.frm], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("chromium says nothing")
            piece = os.read(self.frm, 65536)
            if not piece:
                raise EOFError("chromium has gone")
            self.rest += piece
        one, _, self.rest = self.rest.partition(b"\0")
        got = json.loads(one)
        if got.get("method") == "Log.entryAdded":
            self.complaints.append(got["params"]["entry"]["text"])
        return got

    def ask(self, method, **params):
        self.serial += 1
        ours = self.serial
        os.write(self.to, json.dumps({"id": ours, "method": method, "params": params, **({"sessionId": self.session} if self.session else {})}).encode() + b"\0")
        while (got := self.message(time.monotonic() + 60)).get("id") != ours:
            self.events.append(got)
        if "error" in got:
            raise RuntimeError(f"{method}: {got['error']}")
        return got["result"]

    def until(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message(time.monotonic() + 60))

    # ---- what a user does ----
    def phone(self, width=390, height=844):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def go(self, url):
        self.events = []
        self.ask("Page.navigate", url=url)
        self.until("Page.loadEventFired")

    def press(self, script):
        """Runs something that leads to another page, and waits for that."""
        self.events = []
        self.value(script)
        self.until("Page.loadEventFired")

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def requests(self):
        """URLs that were asked for since go() or press()."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def picture(self, path):
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
