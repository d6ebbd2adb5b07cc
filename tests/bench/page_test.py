#!/usr/bin/python3
"""The benchmark page opens offline in a browser, which finds and draws every plot; and a comparison tells noise from change.

    page_test.py SOURCE_FOLDER
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop(1) if len(sys.argv) > 1 else "."
PAGE = os.path.join(SOURCE, "bench", "page.py")

# Asked of the browser itself: what it laid out, not what the file says.
PROBE = """<script>
const plots = [...document.querySelectorAll('svg.plot')].map(s => {
  const box = s.getBoundingClientRect();
  const drawn = [...s.querySelectorAll('polyline, rect')].filter(e => { const b = e.getBBox(); return b.width + b.height > 0; });
  return s.id + '=' + Math.round(box.width) + 'x' + Math.round(box.height) + ':' + drawn.length;
});
document.body.innerHTML = '<pre id=found>' + plots.join(' ') + ' requests:' + performance.getEntriesByType('resource').length + '</pre>';
</script></body>"""


def row(name, items_per_second, **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "iterations": 1, "real_time": 1.0, "cpu_time": 1.0, "time_unit": "us",
            "items_per_second": items_per_second, **more}


def results():
    rows = []
    for kind in ("class-add", "backend-add", "backend-update", "select"):
        for turn in range(3):
            for n in (100, 1000, 10000):
                for m in (100, 1000):
                    rows.append(row(f"{kind}/ours/attrs/N:{n}/M:{m}", 1e6 + turn))
                    rows.append(row(f"{kind}/linear/attrs/N:{n}/M:{m}", 1e6 / n + turn))
    for turn in range(3):
        rows.append(row("zapi/system-get-version/ours", 30000.0 + turn, p99_us=900.0))
        rows.append(row("zapi/system-get-version/bare", 40000.0 + turn, p99_us=700.0))
    return {"context": {"date": "2018-01-01T00:00:00Z", "num_cpus": 2}, "benchmarks": rows}


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as file:
            json.dump(content, file)
        return path

    def tool(self, *arguments):
        return subprocess.run([sys.executable, PAGE, *arguments], capture_output=True, text=True)

    def test_a_browser_finds_every_plot(self):
        self.write("all.json", results())
        made = self.tool("page", self.folder.name)
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(os.path.join(self.folder.name, "index.html")) as file:
            text = file.read()
        self.assertNotRegex(text, r"(src|href)=|url\(|@import")  # self-contained
        probed = os.path.join(self.folder.name, "probed.html")
        with open(probed, "w") as file:
            file.write(text.replace("</body>", PROBE))
        browser = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                                  "--user-data-dir=" + os.path.join(self.folder.name, "profile"), "--dump-dom", "file://" + probed],
                                 capture_output=True, text=True, timeout=240)
        found = re.search(r'<pre id="found">(.*?)</pre>', browser.stdout)
        self.assertIsNotNone(found, browser.stdout[-500:] + browser.stderr[-2000:])
        words = found.group(1).split()
        self.assertEqual(words.pop(), "requests:0")
        seen = dict(word.split("=") for word in words)
        kinds = ("class-add", "backend-add", "backend-update", "select")
        wanted = {f"{kind}-{axis}" for kind in kinds for axis in "NM"} | {f"ratio-{kind}" for kind in kinds} | {"shares"}
        self.assertEqual(set(seen), wanted)
        self.assertEqual(int(re.search(r'data-plots="(\d+)"', text).group(1)), len(wanted))
        for identity, what in seen.items():
            size, drawn = what.split(":")
            width, height = map(int, size.split("x"))
            self.assertTrue(width >= 300 and height >= 40 and int(drawn) >= 1, f"{identity}: {what}")

    def test_noise_is_not_read_as_change(self):
        noise = [1.0, 1.3, 0.8, 1.1, 0.9]
        base = self.write("base.json", {"context": {}, "benchmarks": [row("steady", 1e6 * f) for f in noise] + [row("worse", 1e6 * f) for f in noise]})
        new = self.write("new.json", {"context": {}, "benchmarks": [row("steady", 1e6 * f) for f in noise[1:] + noise[:1]] + [row("worse", 5e5 * f) for f in noise]})
        compared = self.tool("compare", base, new)
        self.assertEqual(compared.returncode, 1, compared.stderr)
        self.assertTrue(compared.stdout.rstrip().endswith("1 slower: worse"), compared.stdout)
        self.assertEqual(self.tool("compare", base, base).returncode, 0)

    def test_a_folder_without_results_is_an_error(self):
        self.assertNotEqual(self.tool("page", self.folder.name).returncode, 0)


class Programs(unittest.TestCase):
    def test_each_part_names_programs_that_are_built(self):
        suite = os.path.join(SOURCE, "bench", "suite.py")
        listed = subprocess.run([sys.executable, suite, "list"], capture_output=True, text=True, check=True).stdout
        parts = re.findall(r"^(\w+): ", listed, re.M)
        self.assertGreaterEqual(len(parts), 7)
        built = ""
        for folder in ("bench", "k8s-fake", "ontap-sim", "scenarios"):
            with open(os.path.join(SOURCE, folder, "CMakeLists.txt")) as file:
                built += file.read()
        for part in parts:
            programs = subprocess.run([sys.executable, suite, "programs", "--only", part], capture_output=True, text=True, check=True).stdout.split()
            self.assertTrue(programs, part)
            for program in programs:
                self.assertIn(f"lab_program({program} ", built, part)
        unknown = subprocess.run([sys.executable, suite, "programs", "--only", "nothing"], capture_output=True, text=True)
        self.assertEqual(unknown.returncode, 2)


if __name__ == "__main__":
    unittest.main()
