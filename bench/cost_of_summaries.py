#!/usr/bin/env python3
"""What --log_dir adds to training and evaluation: runs with it and without, in pairs.

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
    parser.add_argument("--rounds", type=int, default=9)
    options, more = parser.parse_known_args()
    for model in ("mlp", "lenet"):
        pairs = []
        for turn in range(options.rounds):
            with tempfile.TemporaryDirectory() as temporary:
                folder = pathlib.Path(temporary)
                arguments = [f"--model={model}", *more]
                runs = {False: arguments, True: [*arguments, f"--log_dir={folder}/logs"]}
                took = {logs: seconds(options.program, runs[logs], folder) for logs in (turn % 2 == 0, turn % 2 == 1)}
                pairs.append((took[False], took[True]))
        # A machine is quicker at one time than at another: a run is compared with the one beside it.
        added = statistics.median(100 * (other / one - 1) for one, other in pairs)
        one, other = (statistics.median(times) for times in zip(*pairs))
        print(f"{model}: {added:+.1f} % with summaries, the median of {options.rounds} pairs of runs; "
              f"{one:.3f} s without, {other:.3f} s with", flush=True)


if __name__ == "__main__":
    main()
