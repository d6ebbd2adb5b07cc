#!/usr/bin/env python3
"""table_test.py ROOT: every row of the conformance table and of the table of suites names something that exists.

A cell of tests reads "`file` Name, Name…; `file`": the file is a source of tests/scenarios or a test of ctest, the names are its
GoogleTest names ("…" stands for the rest of a name).
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
here = root / "tests/scenarios"
text = (root / "scenarios/README.md").read_text()
cmake = (here / "CMakeLists.txt").read_text()
wrong = []


def section(title):
    return text.split("\n## " + title + "\n")[1].split("\n## ")[0]


def rows(part):
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        if len(cells) > 1 and not set(line) <= set("|- "):
            yield cells


def source_of(name):
    """The text of a test by the name of its file, its program or its ctest entry; None if there is none."""
    for path in [here / name, here / (name + ".cpp"), here / (name + ".sh")]:
        if path.is_file():
            return path.read_text()
    program = re.search(r"(?:lab_test\(|add_test\(NAME )" + re.escape(name) + r"\b([^)]*)", cmake)
    if not program:
        return None
    return "".join((here / f).read_text() for f in re.findall(r"[\w.]+\.(?:cpp|sh)", program.group(1)) if (here / f).is_file())


shown = 0
for cells in list(rows(section("Conformance")))[1:]:
    tests = cells[-1]
    names = re.findall(r"`([^`]+)`([^`;]*)", tests)
    if not names:
        wrong.append("no test: " + cells[0])
    for name, cases in names:
        source = source_of(name)
        if source is None:
            wrong.append(f"{name} is not there: {cells[0]}")
            continue
        shown += 1
        for case in re.findall(r"\b[A-Z]\w+…?", re.sub(r"\([^)]*\)", "", cases)):
            pattern = r"TEST(?:_F|_P)?\(\w+,\s*" + case.rstrip("…") + (r"\w*\)" if case.endswith("…") else r"\)")
            if not re.search(pattern, source):
                wrong.append(f"{name} has no test {case}: {cells[0]}")
for cells in list(rows(section("The suites")))[1:]:
    folder = ""
    for name in re.findall(r"`([^`]+)`", cells[0]):
        name = name.strip("/")
        folder = name.split("/")[0] if "/" in name else folder
        if not any((root / "scenarios" / f).is_dir() for f in (name, folder + "/" + name)):
            wrong.append("no suite " + name)
        shown += 1
if shown < 20:
    wrong.append(f"only {shown} names were found: the tables have changed their form")
# Three lines at the head of every suite say what it proves.
for suite in sorted((root / "scenarios").rglob("chainsaw-test.yaml")):
    head = suite.read_text().splitlines()[:3]
    if not all(line.startswith("#") and len(line) > 12 for line in head):
        wrong.append(f"{suite.relative_to(root)}: no three lines that say what it proves")
print("\n".join(wrong) or f"{shown} names, all there")
sys.exit(1 if wrong else 0)
