"""The alerts: every metric they ask for exists, every link leads somewhere, and they fire when they should (promtool)."""
import pathlib
import re
import shutil
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROMTOOL = shutil.which("promtool")
OF_PROMETHEUS = {"up"}


class Alerts(unittest.TestCase):
    def setUp(self):
        self.text = (HERE / "alerts.yml").read_text()
        self.names = re.findall(r"- alert: (\w+)", self.text)

    def test_each_says_what_to_do_and_links_to_its_section(self):
        headings = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)}
        links = re.findall(r"runbook_url: docs/operations\.md#(\w+)", self.text)
        self.assertEqual(links, [name.lower() for name in self.names])
        self.assertEqual(len(re.findall(r'summary: ".{40,}"', self.text)), len(self.names))
        self.assertEqual(set(links) - headings, set())

    def test_each_metric_exists(self):
        families = set(re.findall(r'"([a-z_]+)",\s*k(?:Counter|Gauge|Histogram)', (ROOT / "src" / "obs" / "metric_families.cpp").read_text()))
        expressions = " ".join(re.findall(r"expr: (?:>-\n)?((?:.*\n)+?)\s+(?:for|labels):", self.text))
        asked = set(re.findall(r"\b([a-z_]+?)(?:_bucket)?(?=[{\[]| > 0\b| > 1\b| > 30\b| == 0\b| == 1\b)", expressions)) - {""}
        self.assertGreater(len(asked & families), 12)
        self.assertEqual(asked - families - OF_PROMETHEUS, set())

    def test_each_has_a_test(self):
        tested = set(re.findall(r"- alertname: (\w+)", (HERE / "alerts_test.yml").read_text()))
        self.assertEqual(tested, set(self.names))

    @unittest.skipUnless(PROMTOOL, "promtool is missing (Debian package prometheus)")
    def test_rules_fire_and_stay_quiet(self):
        for command in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
            run = subprocess.run([PROMTOOL, *command], cwd=HERE, capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
