#!/usr/bin/env python3
"""Counts tests from ctest's JUnit file and the GoogleTest reports beside it.

usage: test_summary.py DIRECTORY...

Prints the reason of each skip, then one line: "N passed, N failed, N skipped". Exits 1 if any failed.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def gtest_cases(path):
    for case in xml.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            yield name, "failed", ""
        elif skipped is not None:
            yield name, "skipped", (skipped.get("message") or "no reason given").strip()
        else:
            yield name, "passed", ""


def ctest_cases(path):
    for case in xml.parse(path).getroot().iter("testcase"):
        state = case.get("status", "")
        skipped = case.find("skipped")
        if state == "run":
            yield case.get("name"), "passed", ""
        elif skipped is not None or state in ("notrun", "disabled"):
            reason = (case.findtext("system-out") or "not run").strip().splitlines()
            yield case.get("name"), "skipped", reason[-1] if reason else "not run"
        else:
            yield case.get("name"), "failed", ""


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: test_summary.py DIRECTORY...")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for directory in map(pathlib.Path, sys.argv[1:]):
        for program, state, reason in ctest_cases(directory / "ctest.junit"):
            report = directory / f"{program}.xml"
            cases = list(gtest_cases(report)) if report.exists() else [(program, state, reason)]
            if state == "failed" and not any(case[1] == "failed" for case in cases):
                cases.append((program, "failed", ""))  # crashed or timed out after its last report
            for name, outcome, why in cases:
                counts[outcome] += 1
                if outcome == "skipped":
                    print(f"skipped {name}: {why}")
                elif outcome == "failed":
                    print(f"failed {name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
