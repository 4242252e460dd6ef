#!/usr/bin/env python3
"""Times this program and PyTorch on the CPU side by side, in turns, and prints medians and ratios.

    against_pytorch.py [--build FOLDER] [--threads N] [--rounds N]

Run it with a Python that has torch, in whatever environment; tests/readers/with_packages.sh makes
one: `tests/readers/with_packages.sh tests/readers/torch.txt bench/against_pytorch.py`. Our side are
step_benchmark and mnist-demo of a Release build.

Both sides: the same two networks, batches of 100 of 60,000 images, Adam, the same number of
threads, start-up left out. PyTorch gets what is fastest for it: images that are floats already, its
fused Adam, no look at the loss while it trains, and evaluation in the better of batches of 1,000
and 10,000.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional

NETWORKS = ("mlp", "lenet")
GOALS = {"step/mlp": 0.45, "step/lenet": 0.35, "evaluation/lenet": 0.25, "loop/lenet": 0.26,
         "loop/mlp": 0.65}


def network(name):
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 500), nn.ReLU(), nn.Dropout(0.1),
                             nn.Linear(500, 10))
    return nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10))


class PyTorch:
    """One network with its optimizer and data. Times depend on the sizes of the data alone."""

    def __init__(self, name):
        torch.manual_seed(0)
        self.model = network(name)
        self.adam = torch.optim.Adam(self.model.parameters(), fused=True)
        self.images = torch.rand(60000, 1, 28, 28)
        self.labels = torch.arange(60000) % 10
        self.test_images = torch.rand(10000, 1, 28, 28)
        self.test_labels = torch.arange(10000) % 10
        self.order = torch.randperm(60000).split(100)
        self.next = 0
        self.evaluation_batch = 1000

    def train(self, steps):
        self.model.train()
        for _ in range(steps):
            batch = self.order[self.next % len(self.order)]
            self.next += 1
            self.adam.zero_grad()
            loss = functional.cross_entropy(self.model(self.images[batch]), self.labels[batch])
            loss.backward()
            self.adam.step()

    def evaluate(self):
        self.model.eval()
        loss = correct = 0
        with torch.inference_mode():
            for images, labels in zip(self.test_images.split(self.evaluation_batch),
                                      self.test_labels.split(self.evaluation_batch)):
                logits = self.model(images)
                loss += functional.cross_entropy(logits, labels, reduction="sum").item()
                correct += (logits.argmax(1) == labels).sum().item()
        return loss, correct

    def loop(self):
        for _ in range(50):
            self.evaluate()
            self.train(10)
        self.evaluate()

    def settle(self):
        """Warms up, and finds the better batch for evaluation."""
        self.train(20)
        times = {}
        for batch in (1000, 10000):
            self.evaluation_batch = batch
            self.evaluate()
            times[batch] = min(seconds(self.evaluate) for _ in range(3))
        self.evaluation_batch = min(times, key=times.get)


def seconds(work, *arguments):
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def pytorch_times(sides):
    """Milliseconds by measurement, named as step_benchmark names them."""
    times = {}
    for name, side in sides.items():
        side.train(20)
        times[f"step/{name}"] = seconds(side.train, 100) / 100 * 1e3
        times[f"evaluation/{name}"] = statistics.mean(seconds(side.evaluate) for _ in range(3)) * 1e3
        times[f"loop/{name}"] = seconds(side.loop) * 1e3
    return times


def our_times(build, threads):
    result = subprocess.run(
        [build / "step_benchmark", f"--threads={threads}", "--benchmark_format=json"],
        check=True, stdout=subprocess.PIPE)
    return {run["name"].removesuffix("/real_time").removesuffix("/iterations:1"): run
            for run in json.loads(result.stdout)["benchmarks"]}


def our_peak_memory(build, threads, name):
    """Of a whole run, in megabytes. Started by a small process: the system counts what the starting
    one holds as the started one's too, and this one holds PyTorch."""
    program = [build / "mnist-demo", "--dataset", "synthetic", "--model", name, "--max_steps", "500",
               "--device", "cpu", "--threads", str(threads), "--quiet"]
    starter = ("import resource, subprocess, sys;"
               "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    result = subprocess.run([sys.executable, "-c", starter, *program], check=True,
                            stdout=subprocess.PIPE)
    return int(result.stdout) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "release")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    sides = {name: PyTorch(name) for name in NETWORKS}
    for side in sides.values():
        side.settle()
    rounds = []
    for _ in range(arguments.rounds):
        theirs = pytorch_times(sides)
        rounds.append((our_times(arguments.build, arguments.threads), theirs))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)

    print(f"PyTorch {torch.__version__}, {arguments.threads} threads, {arguments.rounds} rounds; "
          "milliseconds: median (smallest to largest)")
    for measurement in rounds[0][1]:
        ours = [ours[measurement]["real_time"] for ours, _ in rounds]
        theirs = [theirs[measurement] for _, theirs in rounds]
        ratio = statistics.median(ours) / statistics.median(theirs)
        goal = f", goal {GOALS[measurement]}" if measurement in GOALS else ""
        print(f"{measurement:17} ours {spread(ours)}  PyTorch {spread(theirs)}  "
              f"ratio {ratio:.2f}{goal}")
    for measurement in rounds[0][1]:
        if not measurement.startswith("loop"):
            percent = statistics.median(ours[measurement]["percent"] for ours, _ in rounds)
            print(f"{measurement:17} {percent:.0f} % of the SGEMM peak")
    for name in NETWORKS:
        memory = our_peak_memory(arguments.build, arguments.threads, name)
        print(f"{name:17} {memory:.0f} MB of memory at most in a run of 500 steps, goal 400")


def spread(times):
    return f"{statistics.median(times):8.2f} ({min(times):.2f} to {max(times):.2f})"


if __name__ == "__main__":
    main()
