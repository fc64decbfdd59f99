"""docs/openapi.yaml as it is served: it names every route of the program and no other, and docs/api.md does what it says."""
import json
import pathlib
import re
import subprocess
import unittest

from contract import ContractCase, ServerCase

ROOT = pathlib.Path(__file__).resolve().parents[2]
# These the program does not count (contract 6.1), so its metrics do not name them.
UNCOUNTED = {("GET", "/metrics"), ("GET", "/health"), ("GET", "/docs"), ("HEAD", "/docs"), ("GET", "/docs/"), ("GET", "/redoc"),
             ("GET", "/openapi.json"), ("HEAD", "/openapi.json")}


class Document(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Each counted route has its line from the first scrape on.
        text = cls.server.request("GET", "/metrics")[2].decode()
        lines = [dict(re.findall(r'(\w+)="([^"]*)"', labels)) for labels in re.findall(r"(?m)^http_requests_total\{(.*)\} ", text)]
        cls.served = {(line["method"], line["endpoint"]) for line in lines if line["status_code"] == "200"}
        cls.document = json.loads(cls.server.request("GET", "/openapi.json")[2])

    def test_the_document_and_the_router_name_the_same_routes(self):
        served = {(method, path.replace("...}", "}")) for method, path in self.served} | UNCOUNTED
        documented = {(method.upper(), path) for path, item in self.document["paths"].items() for method in item if method != "parameters"}
        self.assertGreater(len(self.served), 20)
        self.assertEqual(served - documented, set(), "served but not in docs/openapi.yaml")
        self.assertEqual(documented - served, set(), "in docs/openapi.yaml but not served")

    def test_what_is_not_counted_is_served(self):
        for method, path in sorted(UNCOUNTED):
            self.assertIn(self.server.request(method, path)[0], (200, 307), f"{method} {path}")
        text = self.server.request("GET", "/metrics")[2].decode()
        for path in ("/docs", "/openapi.json", "/redoc"):
            self.assertNotIn(f'endpoint="{path}', text)

    def test_every_operation_says_what_it_is_for_and_where_it_belongs(self):
        tags = {tag["name"] for tag in self.document["tags"]}
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method == "parameters":
                    continue
                self.assertTrue(operation.get("summary"), f"{method} {path}: no summary")
                self.assertLessEqual(set(operation.get("tags", [])), tags, f"{method} {path}: a tag that is not listed under tags")

    def test_1_0_the_document_and_its_page_are_served(self):
        status, headers, _ = self.server.request("GET", "/openapi.json")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
        self.assertEqual(self.server.request("GET", "/openapi.json", headers={"If-None-Match": headers["ETag"]})[0], 304)
        status, headers, page = self.server.request("GET", "/docs")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertTrue(headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'"))
        for asset in re.findall(r'(?:src|href)="([^"#:]+)"', page.decode()):
            self.assertEqual(self.server.request("GET", "/" + asset)[0], 200, asset)

    def test_1_0_redoc_leads_to_the_page(self):
        status, headers, _ = self.server.request("GET", "/redoc")
        self.assertEqual((status, headers["Location"]), (307, "/docs"))


class Examples(ContractCase):
    """The commands of docs/api.md, one after the other as somebody who reads it would run them."""

    # What these answer is an error by design: the job of the example is not dead.
    REFUSED = "/retry"

    def test_every_command_answers(self):
        blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", (ROOT / "docs/api.md").read_text(encoding="utf-8"))
        self.assertGreater(len(blocks), 8)
        source = question = None
        for block in blocks:
            # A block that sets variables is one script.
            separate = not re.search(r"(?m)^\w+=", block)
            for command in re.split(r"\n(?=curl|printf)", block.strip()) if separate else [block]:
                command = command.replace("localhost:8000", f"127.0.0.1:{self.server.port}").replace("/sources/ID", f"/sources/{source}").replace('"question_id":"ID"', f'"question_id":"{question}"')
                done = subprocess.run(["bash", "-ec", command], capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 0, (command, done.stderr))
                if self.REFUSED in command:
                    self.assertIn('"error":"conflict"', done.stdout, command)
                else:
                    self.assertNotIn('"detail"', done.stdout, command)
                if "/sources/" in command and '"ingesting"' in done.stdout and done.stdout.startswith("{"):
                    source = json.loads(done.stdout)["id"]
                asked = re.search(r'"question_id":"([0-9a-f]{24})"', done.stdout)
                question = asked.group(1) if asked else question
                self.server.wait_idle()
        self.assertIsNotNone(source)


if __name__ == "__main__":
    unittest.main()
