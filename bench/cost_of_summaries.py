#!/usr/bin/env python3
"""What --log_dir adds to training and evaluation: runs with it and without, in turns.

cost_of_summaries.py MNIST_DEMO [--rounds N] [ARGUMENT]...: prints the medians of a network each.
Other arguments go to the program (--data_dir, --device).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile


def seconds(program, arguments, folder):
    """From the first evaluation to the verdict: all but the data and the set-up."""
    result = folder / "result.json"
    subprocess.run([program, *arguments, f"--json={result}"], check=True, capture_output=True)
    timings = json.loads(result.read_text(encoding="utf-8"))["timings_s"]
    return timings["total"] - sum(timings[phase] or 0 for phase in ("checks", "data", "engine"))


def main():
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    options, more = parser.parse_known_args()
    for model in ("mlp", "lenet"):
        without, with_summaries = [], []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as temporary:
                folder = pathlib.Path(temporary)
                arguments = [f"--model={model}", *more]
                without.append(seconds(options.program, arguments, folder))
                arguments.append(f"--log_dir={folder}/logs")
                with_summaries.append(seconds(options.program, arguments, folder))
        one, other = statistics.median(without), statistics.median(with_summaries)
        print(f"{model}: {one:.3f} s without, {other:.3f} s with summaries, {100 * (other / one - 1):+.1f} % "
              f"(medians of {options.rounds}; {min(without):.3f} to {max(without):.3f} and "
              f"{min(with_summaries):.3f} to {max(with_summaries):.3f})", flush=True)


if __name__ == "__main__":
    main()
