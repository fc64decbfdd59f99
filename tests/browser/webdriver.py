"""A WebDriver client of the few commands the page's tests need, on the standard library."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"enter": "\ue007", "escape": "\ue00c", "tab": "\ue004", "shift": "\ue008", "left": "\ue012", "right": "\ue014",
        "space": "\ue00d", "end": "\ue010"}
CHROMIUM_ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"]


class WebDriverError(Exception):
    pass


class Browser:
    """Headless Chromium with an empty profile. Use as a context manager: leaving ends both processes."""

    def __init__(self, width=1280, height=900):
        self._profile = tempfile.mkdtemp(prefix="wellspring-browser-")
        self._process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        self._url = self._read_address()
        arguments = CHROMIUM_ARGUMENTS + [f"--user-data-dir={self._profile}", f"--window-size={width},{height}"]
        options = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self._url += f"/session/{session['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._send("DELETE", "")
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _read_address(self):
        for line in self._process.stdout:
            if "started successfully on port" in line:
                return f"http://127.0.0.1:{line.rsplit(' ', 1)[1].strip().rstrip('.')}"
        raise WebDriverError("chromedriver ended without naming its port")

    def _send(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(json.load(error)["value"]["message"]) from error

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def script(self, source, *arguments):
        return self._send("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return Element(self, self._send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT])

    def find_all(self, selector):
        found = self._send("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self, item[ELEMENT]) for item in found]

    def active(self):
        return Element(self, self._send("GET", "/element/active")[ELEMENT])

    def press(self, *keys):
        """Presses keys where the focus is; a name of KEYS or a text. "shift" is held for the key after it."""
        actions = []
        held = None
        for key in keys:
            for value in ([KEYS[key]] if key in KEYS else list(key)):
                actions.append({"type": "keyDown", "value": value})
                if key == "shift":
                    held = value
                    continue
                actions.append({"type": "keyUp", "value": value})
                if held:
                    actions.append({"type": "keyUp", "value": held})
                    held = None
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def point_at(self, element):
        move = {"type": "pointerMove", "duration": 0, "origin": {ELEMENT: element.id}, "x": 0, "y": 0}
        self._send("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def problems(self):
        """What the page wrote to the console since the last call: warnings and errors, as text."""
        entries = self._send("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("WARNING", "SEVERE")]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._send("GET", "/screenshot")))

    def wait(self, condition, what, seconds=15):
        """Returns the first true value of `condition`; looks again and again until then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
        raise AssertionError(f"not within {seconds} s: {what}")


class Element:
    def __init__(self, browser, identity):
        self.browser, self.id = browser, identity

    def _send(self, method, path, body=None):
        return self.browser._send(method, f"/element/{self.id}{path}", body)

    def click(self):
        # WebDriver itself scrolls only as far as the window's edge, where the question box lies over the page.
        self.browser.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", {ELEMENT: self.id})
        self._send("POST", "/click")

    def type(self, text):
        self._send("POST", "/value", {"text": text})

    @property
    def text(self):
        return self._send("GET", "/text")

    def shown(self):
        return self._send("GET", "/displayed")

    def attribute(self, name):
        return self._send("GET", f"/attribute/{name}")

    def find_all(self, selector):
        found = self._send("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self.browser, item[ELEMENT]) for item in found]
