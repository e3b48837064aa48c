"""Headless Chromium, told what to do over a pipe (DevTools protocol): pages as people see them, and all that they say and ask for."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One window. go() forgets what the last page said: requests (addresses), said (console, log and errors)."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bridge-browser-")
        self.ours_in, theirs_out = os.pipe()
        theirs_in, self.ours_out = os.pipe()

        def hand_over():                 # the browser reads 3 and writes 4
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={self.folder}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=hand_over, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.number, self.left, self.session = 0, b"", None
        self.requests, self.said, self.loaded = [], [], False
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "CSS"):
            self.call(f"{domain}.enable")

    def read(self, seconds):
        """The next message; None when none came in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.left:
            ready, _, _ = select.select([self.ours_in], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.ours_in, 1 << 20)
            assert more, "the browser ended"
            self.left += more
        message, self.left = self.left.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
            self.said.append(json.dumps(params)[:400])

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.ours_out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read(60)
            assert answer is not None, f"the browser does not answer {method}"
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.note(answer)

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def go(self, path, width=1280, height=900):
        self.resize(width, height)
        self.requests, self.said, self.loaded = [], [], False
        self.call("Page.navigate", url=f"file://{path}")
        end = time.monotonic() + 60
        while not self.loaded:
            message = self.read(max(0.01, end - time.monotonic()))
            assert message is not None, f"{path} was not loaded"
            self.note(message)

    def eval(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def until(self, expression, seconds=60):
        """What was ordered of the window reaches the page a moment later."""
        end = time.monotonic() + seconds
        while not self.eval(expression):
            assert time.monotonic() < end, f"never so: {expression}"

    def media(self, name):
        """"print", or "" for the screen."""
        self.call("Emulation.setEmulatedMedia", media=name)
        self.until(f"matchMedia('{name or 'screen'}').matches")

    def fonts(self, selector):
        """The fonts that texts below are drawn with, and how many glyphs of each."""
        found = {}
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        for node in self.call("DOM.querySelectorAll", nodeId=root, selector=f"{selector}, {selector} *")["nodeIds"]:
            for font in self.call("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]:
                found[font["familyName"]] = found.get(font["familyName"], 0) + font["glyphCount"]
        return found

    def tab(self):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def picture(self, to, whole=True):
        to.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]))

    def pdf(self, to):
        to.write_bytes(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"]))

    def stop(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(20)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(10)
        os.close(self.ours_in)
        os.close(self.ours_out)
        shutil.rmtree(self.folder, ignore_errors=True)
