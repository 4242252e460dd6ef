#!/usr/bin/env python3
"""Times this program and PyTorch on one GPU side by side, in turns, and prints medians and ratios.

    against_pytorch.py [--build FOLDER] [--rounds N] [--data_dir FOLDER]

Run it with a Python that has torch with CUDA. Our side are gpu_benchmark and mnist-demo of a Release
build. Both sides: the same two networks, batches of 100 of 60,000 images that lie on the GPU, Adam,
FP32 without TF32, CUDA's events, start-up left out. PyTorch gets its fused Adam and no look at the
loss while it trains, once launching each kernel (eager) and once replaying its own CUDA graph.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from against_pytorch import NETWORKS, network, spread  # noqa: E402

GOALS = {"step/mlp": 25, "step/lenet": 60}  # microseconds, on an H200
GOAL_RUN_SECONDS = 1.5  # from exec to exit of 500 steps, the data in place


class PyTorch:
    """One network with its optimizer and data on the GPU."""

    def __init__(self, name, device):
        torch.manual_seed(0)
        self.model = network(name).to(device)
        self.adam = torch.optim.Adam(self.model.parameters(), fused=True, capturable=True)
        self.images = torch.rand(60000, 1, 28, 28, device=device)
        self.labels = torch.arange(60000, device=device) % 10
        self.test_images = torch.rand(10000, 1, 28, 28, device=device)
        self.test_labels = torch.arange(10000, device=device) % 10
        self.order = torch.randperm(60000, device=device).split(100)
        self.batch = self.order[0].clone()
        self.next = 0

    def step(self):
        self.adam.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.model(self.images[self.batch]),
                                        self.labels[self.batch])
        loss.backward()
        self.adam.step()

    def train(self, steps, one_step):
        self.model.train()
        for _ in range(steps):
            self.batch.copy_(self.order[self.next % len(self.order)])
            self.next += 1
            one_step()

    def evaluate(self):
        self.model.eval()
        with torch.inference_mode():
            logits = self.model(self.test_images)
            loss = functional.cross_entropy(logits, self.test_labels)
            correct = (logits.argmax(1) == self.test_labels).sum()
        return loss.item(), correct.item()

    def recorded_step(self):
        """The step as a CUDA graph, after the warm-up on a stream of its own that PyTorch asks for."""
        self.model.train()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay


def microseconds(work, repeats):
    start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    work()
    stop.record()
    stop.synchronize()
    return start.elapsed_time(stop) * 1e3 / repeats


def pytorch_times(sides):
    """Microseconds by measurement: medians of several."""
    times = {}
    for name, (side, replay) in sides.items():
        def median(work, repeats):
            return statistics.median(microseconds(work, repeats) for _ in range(11))
        side.train(50, side.step)
        times[f"step/{name}", "eager"] = median(lambda: side.train(100, side.step), 100)
        times[f"step/{name}", "graph"] = median(lambda: side.train(100, replay), 100)
        side.evaluate()
        times[f"evaluation/{name}", "eager"] = median(side.evaluate, 1)
    return times


def our_times(build):
    result = subprocess.run([build / "gpu_benchmark", "--benchmark_format=json"], check=True,
                            stdout=subprocess.PIPE)
    report = json.loads(result.stdout)
    medians = {run["run_name"].split("/iterations")[0]: run["real_time"]
               for run in report["benchmarks"] if run["aggregate_name"] == "median"}
    return medians, report["context"]


def run_seconds(build, name, data_dir):
    """From exec to exit of a run of 500 steps with its evaluations."""
    program = [build / "mnist-demo", "--device", "cuda", "--model", name, "--max_steps", "500",
               "--data_dir", data_dir]
    start = time.perf_counter()
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data_dir", help="where MNIST lies; without it no whole runs are timed")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("against_pytorch.py: this PyTorch sees no GPU")

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    sides = {}
    for name in NETWORKS:
        side = PyTorch(name, "cuda")
        sides[name] = (side, side.recorded_step())
    rounds = []
    for _ in range(arguments.rounds):
        theirs = pytorch_times(sides)
        ours, context = our_times(arguments.build)
        rounds.append((ours, theirs))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)

    print(f"{context['gpu']}; driver {context['driver']}; {context['libraries']}; "
          f"PyTorch {torch.__version__} with CUDA {torch.version.cuda}; {arguments.rounds} rounds; "
          "microseconds: median (smallest to largest)")
    for name in NETWORKS:
        print(f"{name}: {context[name]}")
    for measurement, way in rounds[0][1]:
        ours = [ours[measurement] for ours, _ in rounds]
        theirs = [theirs[measurement, way] for _, theirs in rounds]
        ratio = statistics.median(ours) / statistics.median(theirs)
        goal = f", goal {GOALS[measurement]} us" if measurement in GOALS else ""
        print(f"{measurement:17} ours {spread(ours)}  PyTorch {way} {spread(theirs)}  "
              f"ratio {ratio:.2f}{goal}")
    if arguments.data_dir:
        for name in NETWORKS:
            times = [run_seconds(arguments.build, name, arguments.data_dir)
                     for _ in range(arguments.rounds)]
            print(f"{name}, exec to exit of 500 steps: {spread(times)} s, goal {GOAL_RUN_SECONDS}")


if __name__ == "__main__":
    main()
