#!/usr/bin/env python3
"""Asks the questions of CONTRIBUTING.md of every tracked file, and fails on a wrong answer.

usage: tidy.py [CHECK ...]     without arguments: all checks

Each check yields "path:line: what is wrong". Exceptions to the size limits stand in EXCEPTIONS with a
reason; an exception that is no longer needed fails too.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".cpp", ".hpp", ".cu", ".h"}
FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
BAD_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc)(_|$)")

# path -> reason. Size only.
EXCEPTIONS: dict[str, str] = {}

FORBIDDEN = [
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "unfinished work named in the code"),
    (re.compile(r"^using namespace\b"), "using namespace at file scope"),
    (re.compile(r"-ffast-math"), "-ffast-math breaks the determinism contract"),
]
LIBM = re.compile(r"\bstd::(exp2?f?|log(2|10|1p)?f?|powf?|sinf?|cosf?|tanhf?)\(")
VERDICT_PATH = ("src/profile/", "src/decide/", "src/ledger/", "src/ops/")
ONLY_IN = [
    (re.compile(r'#include <boost/'), ("src/server/", "src/main/"), "Boost belongs in server/"),
    (re.compile(r'#include <sqlite3'), ("src/storage/",), "SQLite belongs in storage/"),
    (re.compile(r'#include <cuda|#include <cub/|#include <thrust/'), ("src/device/cuda/",),
     "CUDA headers belong in device/cuda and .cu files"),
]


def tracked():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in names.stdout.splitlines() if (ROOT / name).is_file()]


def code_files():
    return [name for name in tracked() if pathlib.Path(name).suffix in CODE]


def lines_of(name):
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def layers():
    table = {}
    for line in lines_of("src/LAYERS"):
        words = line.split("#")[0].split()
        if words:
            table[words[0]] = int(words[1])
    return table


def check_layers():
    table = layers()
    for name in code_files():
        parts = pathlib.PurePosixPath(name).parts
        if parts[0] != "src":
            continue
        own = parts[1]
        if own not in table:
            yield f"{name}:1: folder src/{own} is not in src/LAYERS"
            continue
        for number, line in enumerate(lines_of(name), 1):
            match = re.match(r'\s*#\s*include "([a-z_]+)/', line)
            if not match or match[1] == own:
                continue
            if match[1] not in table:
                yield f"{name}:{number}: includes unknown folder {match[1]}"
            elif table[match[1]] >= table[own]:
                yield f"{name}:{number}: {own} (L{table[own]}) includes {match[1]} (L{table[match[1]]})"


def check_size():
    long_files = set()
    for name in code_files():
        lines = lines_of(name)
        if len(lines) > FILE_LINES_MAX:
            long_files.add(name)
            if name not in EXCEPTIONS:
                yield f"{name}:1: {len(lines)} lines; is there a room missing?"
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield f"{name}:{number}: {len(line)} columns"
    for name in EXCEPTIONS:
        if name not in long_files:
            yield f"{name}:1: exception in tidy.py is not needed any more"


def check_functions():
    """Functions are counted from a line that ends in '{' at no indentation to the closing '}'."""
    for name in code_files():
        if not name.endswith(".cpp") or name.endswith(("_test.cpp", "_bench.cpp")):
            continue
        start = None
        for number, line in enumerate(lines_of(name), 1):
            if line and not line[0].isspace() and line.endswith("{") and "(" in line:
                start = number
            elif start and line.startswith("}"):
                if number - start > FUNCTION_LINES_MAX:
                    yield f"{name}:{start}: function of {number - start} lines"
                start = None


def check_words():
    for name in code_files():
        for number, line in enumerate(lines_of(name), 1):
            for pattern, reason in FORBIDDEN:
                if pattern.search(line):
                    yield f"{name}:{number}: {reason}"
            for pattern, places, reason in ONLY_IN:
                if pattern.search(line) and not name.startswith(places):
                    yield f"{name}:{number}: {reason}"
            if name.startswith(VERDICT_PATH) and not name.endswith(
                    ("_test.cpp", "_bench.cpp", "reference.cpp")) and LIBM.search(line):
                yield f"{name}:{number}: libm in the verdict path; use base/numeric"


def check_names():
    for name in code_files():
        stem = pathlib.PurePosixPath(name).stem
        if BAD_NAMES.search(stem):
            yield f"{name}:1: a file is named after its concept, not {stem}"
        if not re.fullmatch(r"[a-z0-9_]+", stem):
            yield f"{name}:1: file names are snake_case"


def check_headers():
    """Each header opens with what it is for, and guards itself."""
    for name in code_files():
        if not name.endswith(".hpp"):
            continue
        lines = lines_of(name)
        if not lines or not lines[0].startswith("//"):
            yield f"{name}:1: a header opens with a comment that says what it is for"
        # Highway includes its per-target headers once for each target; the toggle is their guard.
        if "#pragma once" not in lines and not any("HWY_TARGET_TOGGLE" in line for line in lines):
            yield f"{name}:1: #pragma once is missing"
    headers = {name for name in code_files() if name.endswith(".hpp")}
    for name in code_files():
        own = name.removesuffix(".cpp") + ".hpp"
        if not name.endswith(".cpp") or own not in headers:
            continue
        first = next((line for line in lines_of(name) if line.startswith("#include")), "")
        if first != f'#include "{own.removeprefix("src/")}"':
            yield f"{name}:1: the first include is the file's own header"


def check_tests():
    """A test that is switched off or cannot fail is a defect."""
    for name in code_files():
        if not name.endswith("_test.cpp"):
            continue
        for number, line in enumerate(lines_of(name), 1):
            if re.search(r"DISABLED_|(EXPECT|ASSERT)_TRUE\(true\)", line):
                yield f"{name}:{number}: a test that is off or cannot fail"
            if re.search(r"\b(sleep_for|usleep|sleep)\(", line):
                yield f"{name}:{number}: tests do not sleep; inject a clock"


CHECKS = {
    "layers": check_layers,
    "size": check_size,
    "functions": check_functions,
    "words": check_words,
    "names": check_names,
    "headers": check_headers,
    "tests": check_tests,
}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown:
        sys.exit(f"no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    failures = 0
    for name in wanted:
        found = list(CHECKS[name]())
        failures += len(found)
        for line in found:
            print(f"{line} [{name}]")
    print(f"tidy: {len(wanted)} checks, {failures} findings")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
