#!/usr/bin/env python3
"""read_metrics.py RENDER_RESULTS: metrics of sample results, read by the parsers of Prometheus's client."""

import math
import pathlib
import subprocess
import sys
import tempfile

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

GPU = {"uuid": "GPU-4f8e2a51", "model": "NVIDIA H200", "node": "node-3", "pod": "pod-7"}
EXPECTED = {
    "full": [
        ("mnist_demo_exit_code", {}, 21),
        ("mnist_demo_accuracy_ratio", {}, 0.9786),
        ("mnist_demo_duration_seconds", {"phase": "total"}, 4.75),
        ("mnist_demo_check", {"group": "health", "name": "temperature", "outcome": "unknown"}, 1),
        ("mnist_demo_gpu_duty_cycle_ratio", GPU, 0.6),
        ("mnist_demo_gpu_memory_used_bytes", GPU, 1000000002),
        ("mnist_demo_gpu_memory_total_bytes", GPU, 150000000000),
        ("mnist_demo_gpu_power_watts", GPU, 226.5),
    ],
    "two_gpus": [
        ("mnist_demo_gpu_exit_code", {"uuid": "GPU-b", "model": "NVIDIA H200", "node": "node-3"}, 20),
    ],
    "passed": [("mnist_demo_info", {"model": "lenet"}, 1), ("mnist_demo_passed", {}, 1)],
    "empty": [("mnist_demo_exit_code", {}, 1)],
    "unwatched": [("mnist_demo_gpu_memory_total_bytes", GPU, 150000000000)],
    "hostile": [("mnist_demo_exit_code", {}, 21)],
}
BROKEN = ["mnist_demo_passed 1\n", "mnist_demo_passed{a=\"b} 1\n# EOF\n", "# TYPE a gauge\na one\n# EOF\n"]


def samples_of(families):
    """Each sample once; every family is a gauge, or OpenMetrics' info, and has a help text."""
    samples = {}
    for family in families:
        assert family.type in ("gauge", "info") and family.documentation, family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"twice: {key}"
            assert sample.timestamp is None and math.isfinite(sample.value), sample
            samples[key] = sample.value
    return samples


def refuses(read, text):
    try:
        list(read(text))
    except ValueError:
        return True
    return False


readers = {".prom": parser.text_string_to_metric_families,
           ".openmetrics": openmetrics_parser.text_string_to_metric_families}
for text in BROKEN:
    assert refuses(readers[".openmetrics"], text), f"read: {text}"

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    for name, expected in EXPECTED.items():
        read = {}
        for ending, reader in readers.items():
            text = (pathlib.Path(folder) / (name + ending)).read_text(encoding="utf-8")
            assert text.endswith("# EOF\n") == (ending == ".openmetrics"), f"{name}{ending}"
            read[ending] = samples_of(reader(text))
            for metric, labels, value in expected:
                found = read[ending][metric, tuple(sorted(labels.items()))]
                assert found == value, f"{name}{ending}: {metric} is {found}, not {value}"
        assert read[".prom"] == read[".openmetrics"], name
print(f"{len(EXPECTED)} results read in both formats")
