#!/usr/bin/env python3
"""Turns src/base/metrics.toml into the C++ enumeration and the reference page.

usage: generate_metrics.py --header FILE   write the C++ header (the build does)
       generate_metrics.py --docs [FILE]   write docs/operations/metrics.md
       generate_metrics.py --check         exit 1 if docs/operations/metrics.md is out of date
       generate_metrics.py --json          print the schema as JSON

Standard library only. A schema that breaks a rule is refused with the metric's name.
"""
import json
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "src/base/metrics.toml"
DOCS = ROOT / "docs/operations/metrics.md"
TYPES = {"counter": "kCounter", "gauge": "kGauge", "histogram": "kHistogram"}
UNITS = {"", "seconds", "bytes", "ratio", "celsius", "watts", "joules", "events", "blocks"}
SUFFIXES = UNITS - {"", "events", "blocks"}
BUCKETS = {"seconds": "kSeconds", "events": "kEvents", "ratio": "kRatio"}
KEYS = {"name", "type", "unit", "help", "labels", "buckets", "lazy", "since"}
LABELS_MAX = 3


def refuse(name, problem):
    sys.exit(f"metrics.toml: {name}: {problem}")


def check_label(name, label):
    if set(label) not in ({"name", "values"}, {"name", "max"}):
        refuse(name, f"a label has a name and either values or max, not {sorted(label)}")
    if not re.fullmatch(r"[a-z][a-z_]*", label["name"]) or label["name"] == "le":
        refuse(name, f"bad label name {label['name']!r}")
    values = label.get("values", ["x"])
    if len(set(values)) != len(values) or not values or not label.get("max", 1) >= 1:
        refuse(name, f"label {label['name']} has no values, or one twice")
    if not all(re.fullmatch(r"[a-z0-9_]+", value) for value in values):
        refuse(name, f"label {label['name']}: values are snake_case")


def check(metric):
    name = metric.get("name", "?")
    if set(metric) - KEYS or KEYS - {"labels", "buckets", "lazy"} - set(metric):
        refuse(name, f"keys are {sorted(KEYS)}; found {sorted(metric)}")
    if not re.fullmatch(r"weir_[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        refuse(name, "names are weir_ and snake_case")
    if metric["type"] not in TYPES:
        refuse(name, f"unknown type {metric['type']!r}")
    if metric["unit"] not in UNITS:
        refuse(name, f"unknown unit {metric['unit']!r}")
    if (metric["type"] == "counter") != name.endswith("_total"):
        refuse(name, "counters, and only counters, end in _total")
    stem = name.removesuffix("_total")
    if metric["unit"] in SUFFIXES and not stem.endswith("_" + metric["unit"]):
        refuse(name, f"the name ends in its unit, {metric['unit']}")
    if ("buckets" in metric) != (metric["type"] == "histogram"):
        refuse(name, "histograms, and only histograms, name their buckets")
    if metric.get("buckets", "events") not in BUCKETS:
        refuse(name, f"unknown bucket set {metric['buckets']!r}")
    if metric.get("lazy", True) is not True:
        refuse(name, "lazy is true or left out")
    if not metric["help"].endswith(".") or "\n" in metric["help"] or '"' in metric["help"]:
        refuse(name, "help is one sentence with a full stop, without quotes")
    if len(metric.get("labels", [])) > LABELS_MAX:
        refuse(name, f"at most {LABELS_MAX} labels")
    for label in metric.get("labels", []):
        check_label(name, label)


def load():
    with SCHEMA.open("rb") as file:
        metrics = tomllib.load(file)["metric"]
    for metric in metrics:
        check(metric)
    names = [metric["name"] for metric in metrics]
    for name in names:
        if names.count(name) > 1:
            refuse(name, "declared twice")
    return metrics


def constant(name):
    return "k" + "".join(word.capitalize() for word in name.removeprefix("weir_").split("_"))


def header(metrics):
    out = ["// Generated from src/base/metrics.toml by tools/generate_metrics.py. Do not edit.",
           "#pragma once", "", "#include <array>", "#include <cstdint>", "#include <string_view>", "",
           '#include "base/metric_info.hpp"', "", "namespace weir {", "",
           "enum class Metric : std::uint16_t {"]
    out += [f"  {constant(metric['name'])}," for metric in metrics]
    out += ["};", "", "namespace metric_tables {"]
    for metric in metrics:
        for at, label in enumerate(metric.get("labels", [])):
            if "values" in label:
                values = ", ".join(f'"{value}"' for value in label["values"])
                out.append(f"inline constexpr std::array<std::string_view, {len(label['values'])}> "
                           f"{constant(metric['name'])}Values{at} = {{{values}}};")
        if metric.get("labels"):
            rows = []
            for at, label in enumerate(metric["labels"]):
                values = f"{constant(metric['name'])}Values{at}" if "values" in label else "{}"
                bound = label.get("max", len(label.get("values", [])))
                rows.append(f'MetricLabel{{"{label["name"]}", {values}, {bound}}}')
            out.append(f"inline constexpr std::array<MetricLabel, {len(rows)}> "
                       f"{constant(metric['name'])}Labels = {{{', '.join(rows)}}};")
    out += ["}  // namespace metric_tables", "",
            f"inline constexpr std::array<MetricInfo, {len(metrics)}> kMetricTable = {{"]
    for metric in metrics:
        labels = f"metric_tables::{constant(metric['name'])}Labels" if metric.get("labels") else "{}"
        buckets = BUCKETS[metric.get("buckets", "seconds")]
        out.append(f'    MetricInfo{{"{metric["name"]}", "{metric["help"]}", "{metric["unit"]}",\n'
                   f"               MetricType::{TYPES[metric['type']]}, MetricBuckets::{buckets}, {labels},\n"
                   f"               {'true' if metric.get('lazy') else 'false'}}},")
    out += ["};", "", "}  // namespace weir", ""]
    return "\n".join(out)


def label_text(label):
    if "values" in label:
        return f"`{label['name']}`: " + ", ".join(label["values"])
    return f"`{label['name']}`: at most {label['max']}"


def docs(metrics):
    out = ["# Metrics", "",
           "Generated from `src/base/metrics.toml` by `tools/generate_metrics.py --docs`. Weir serves them as",
           "Prometheus text at `/metrics`. Label values are bounded: the sets below, or the stated number, beyond",
           "which a value counts as `other`. No label names an account, an event or a user.", "",
           "Histograms in seconds have the buckets 10, 25, 50, 100, 250 us, 0.5, 1, 2.5, 5, 10, 25, 50, 100,",
           "250 ms and 1 s; those in events or blocks 1, 8, 64, 256, 512, 1,024, 2,048, 4,096, 8,192, 16,384,",
           "32,768 and 65,536; those of ratios 0.1, 0.2, 0.5, 0.8, 0.9, 1, 1.1, 1.25, 2, 5 and 10. A metric marked",
           "\"if known\" is shown only where something can be read: it is absent, never 0, on other machines.", "",
           "| metric | type | unit | meaning | labels | since |", "|---|---|---|---|---|---|"]
    for metric in metrics:
        labels = "; ".join(label_text(label) for label in metric.get("labels", []))
        known = " If known." if metric.get("lazy") else ""
        out.append(f"| `{metric['name']}` | {metric['type']} | {metric['unit']} | {metric['help']}{known} "
                   f"| {labels} | {metric['since']} |")
    return "\n".join(out) + "\n"


def write_if_changed(path, text):
    path = pathlib.Path(path)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(arguments):
    metrics = load()
    if len(arguments) == 2 and arguments[0] == "--header":
        path = pathlib.Path(arguments[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header(metrics), encoding="utf-8")
    elif arguments and arguments[0] == "--docs" and len(arguments) <= 2:
        write_if_changed(arguments[1] if len(arguments) == 2 else DOCS, docs(metrics))
    elif arguments == ["--check"]:
        if not DOCS.is_file() or DOCS.read_text(encoding="utf-8") != docs(metrics):
            sys.exit(f"{DOCS.relative_to(ROOT)} is out of date: run tools/generate_metrics.py --docs")
    elif arguments == ["--json"]:
        print(json.dumps(metrics, indent=1))
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
