"""A page in headless Chromium, through its DevTools protocol."""

import base64
import collections
import json
import os
import shutil
import subprocess
import tempfile

import websocket

# What a page must not do is noticed before its first script runs.
WATCH = """
globalThis.violations = [];
addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


def chromium():
    """The browser's path, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One page. Collects what it says on the console and what it asks the network for."""

    def __init__(self, url):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [chromium(), "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile.name}",
                   "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   "--disable-background-networking", "--remote-allow-origins=*", "about:blank"]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        address = next(line for line in self.process.stderr if "DevTools listening on " in line).split(" on ")[1].strip()
        self.socket = websocket.create_connection(address, timeout=60)
        self.count = 0
        self.session = None
        self.events = collections.deque()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def close(self):
        """Ends the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        self.profile.cleanup()

    def send(self, method, **parameters):
        """Does not wait for the answer, whose number it returns."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        return self.count

    def receive(self):
        """The next message; what is an event is kept, too."""
        message = json.loads(self.socket.recv())
        if "method" in message:
            self.events.append(message)
        return message

    def answer(self, number):
        """The answer to message `number`, and with it all before."""
        while (message := self.receive()).get("id") != number:
            pass
        assert "error" not in message, message
        return message["result"]

    def call(self, method, **parameters):
        """One command and its answer."""
        return self.answer(self.send(method, **parameters))

    def wait_for(self, event):
        """Until the browser tells of it."""
        while self.receive().get("method") != event:
            pass

    def evaluate(self, expression):
        """The value of a script's expression, awaited where it is a promise."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def look(self, width, height=900, dark=False, scale=1):
        """Shows the page on a screen of that size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                            {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.frames()

    def frames(self):
        """Waits until what is pending has been shown."""
        self.evaluate("new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)))")

    def screenshot(self, path, whole=True):
        """Of the whole page, as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def mouse(self, kind, x, y):
        """A pointer event, which is sent and not waited for."""
        pressed = kind != "mouseReleased"
        return self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=int(pressed), clickCount=1)

    def key(self, name, code=None):
        """One key, pressed and released."""
        text = {"text": name} if len(name) == 1 else {}
        numbers = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32, "Tab": 9,
                   "Backspace": 8, "Delete": 46, "Enter": 13}
        common = {"key": name, "code": code or name, "windowsVirtualKeyCode": numbers.get(name, 0)}
        self.send("Input.dispatchKeyEvent", type="keyDown", **common, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def complaints(self):
        """What the console says, what was thrown and what the policy forbade."""
        said = [event["params"] for event in self.events
                if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
        return said + self.evaluate("violations")

    def requests(self):
        """What the page asked for, besides itself and what it holds."""
        urls = [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("data:", "file:"))] + \
               [url for url in urls if url.startswith("file:")][1:]
