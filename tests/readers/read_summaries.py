#!/usr/bin/env python3
"""read_summaries.py MNIST_DEMO: the event files of real runs, read by TensorBoard's own readers."""

import io
import json
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import urllib.request

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import DEFAULT_SIZE_GUIDANCE, EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.plugins.hparams import metadata as hparams

PROGRAM = sys.argv[1]
EVERYTHING = {kind: 0 for kind in DEFAULT_SIZE_GUIDANCE}


def arguments(folder, *more):
    return [PROGRAM, "--dataset=synthetic", "--device=cpu", "--model=mlp", f"--log_dir={folder}", *more]


def only_file(run):
    files = list(run.iterdir())
    assert len(files) == 1, files
    return files[0]


def read(run):
    """What TensorBoard keeps of a run, all of it."""
    accumulator = EventAccumulator(str(run), size_guidance=EVERYTHING)
    return accumulator.Reload()


def scalars(run, tag):
    return {event.step: event.value for event in run.Scalars(tag)}


def records(path):
    """The data of each whole record of a file."""
    return list(RawEventFileLoader(str(path)).Load())


def close(found, expected, tolerance=1e-5):
    return abs(found - expected) <= tolerance * max(1, abs(expected))


def check_scalars(train, test, result, output):
    steps = list(range(0, 210, 20))
    curve = {point["step"]: point["accuracy"] for point in result["curve"]}
    told = dict(line[len("Accuracy at step "):].split(": ") for line in output.splitlines()
                if line.startswith("Accuracy at step "))
    assert [int(step) for step in told] == steps
    accuracy = scalars(test, "accuracy")
    assert list(accuracy) == steps + [210] == list(curve)
    for step, value in accuracy.items():
        assert close(value, curve[step], 1e-6), step
        assert step == 210 or close(value, float(told[str(step)]), 1e-6), step
    assert close(scalars(test, "cross_entropy")[210], result["final_loss"], 1e-6)
    for tag in ("accuracy", "cross_entropy"):
        assert list(scalars(train, tag)) == list(range(210)), f"{tag} of each step"
    assert scalars(train, "cross_entropy")[0] > 2 * scalars(train, "cross_entropy")[209]
    for run, keep in ((train, 0.9), (test, 1)):
        kept = scalars(run, "dropout_keep_probability")
        assert list(kept) == steps + [210] and all(close(value, keep) for value in kept.values())


def check_network(run):
    """Of mlp: biases begin as 0.1, weights within two sigmas of 0.1; the layers' sizes are known."""
    for layer, weights, units in (("layer1", 784 * 500, 500), ("layer2", 500 * 10, 10)):
        for name, count in (("weights", weights), ("biases", units)):
            scope = f"{layer}/{name}/summaries/"
            values = {tag: scalars(run, scope + tag) for tag in ("mean", "stddev", "max", "min")}
            histograms = run.Histograms(scope + "histogram")
            assert [event.step for event in histograms] == list(values["mean"])
            for event in histograms:
                found = event.histogram_value
                assert found.num == count == sum(found.bucket), f"{scope}: {found.num}"
                assert close(found.min, values["min"][event.step])
                assert close(found.max, values["max"][event.step])
                mean = found.sum / count
                assert close(mean, values["mean"][event.step])
                deviation = max(0, found.sum_squares / count - mean * mean) ** 0.5
                assert close(deviation, values["stddev"][event.step])
            assert values["mean"][0] != values["mean"][200]
            if name == "biases":
                assert close(values["min"][0], 0.1) and close(values["max"][0], 0.1)
                assert values["stddev"][0] == 0 < values["stddev"][200]
            else:
                assert -0.2 <= values["min"][0] and values["max"][0] <= 0.2
                assert close(values["stddev"][0], 0.088, 0.004), values["stddev"][0]
        before = [event.histogram_value for event in run.Histograms(f"{layer}/Wx_plus_b/pre_activations")]
        after = [event.histogram_value for event in run.Histograms(f"{layer}/activations")]
        assert len(before) == len(after) == 12
        for one, other in zip(before, after):
            assert one.num == other.num == 100 * units == sum(other.bucket)
            assert one.min < 0 and (other.min == 0) == (layer == "layer1") and one.max == other.max


def check_images(run):
    for number in range(10):
        images = run.Images(f"input_reshape/input/image/{number}")
        assert len(images) == 12
        for event in images:
            with Image.open(io.BytesIO(event.encoded_image_string)) as image:
                assert (image.mode, image.size) == ("L", (28, 28)) == ("L", (event.width, event.height))
                darkest, lightest = image.getextrema()
                assert darkest == 0 and lightest > 200, "a digit in white on black"


def check_graph(train):
    nodes = {node.name: node for node in train.Graph().node}
    assert {"input/images", "layer1/Wx_plus_b", "layer2/weights", "cross_entropy", "train/Adam"} <= set(nodes)
    for node in nodes.values():
        assert node.op and all(name in nodes for name in node.input), node
    shape = nodes["layer1/weights"].attr["_output_shapes"].list.shape[0]
    assert [dimension.size for dimension in shape.dim] == [784, 500]
    assert train.Tags()["run_metadata"] == ["step099", "step199"]
    for tag in ("step099", "step199"):
        stats = train.RunMetadata(tag).step_stats.dev_stats
        assert [device.device for device in stats] == ["/device:CPU:0"]
        timed = {node.node_name: node.all_end_rel_micros for node in stats[0].node_stats}
        computed = {name for name, node in nodes.items()
                    if node.op not in ("VariableV2", "InTopK") and name != "input/labels"}
        assert set(timed) == computed, set(timed) ^ computed
        assert all(took > 0 for took in timed.values())


def hparams_content(test, tag):
    value = test.SummaryMetadata(tag).plugin_data
    assert value.plugin_name == "hparams"
    return value.content


def check_hyper_parameters(test):
    experiment = hparams.parse_experiment_plugin_data(hparams_content(test, "_hparams_/experiment"))
    assert {info.name.tag for info in experiment.metric_infos} == {"accuracy", "cross_entropy"}
    start = hparams.parse_session_start_info_plugin_data(
        hparams_content(test, "_hparams_/session_start_info"))
    assert {info.name for info in experiment.hparam_infos} == set(start.hparams)
    assert start.hparams["model"].string_value == "mlp"
    assert close(start.hparams["learning_rate"].number_value, 0.001)
    assert close(start.hparams["dropout"].number_value, 0.9)
    end = hparams.parse_session_end_info_plugin_data(
        hparams_content(test, "_hparams_/session_end_info"))
    assert end.status == 1 and end.end_time_secs > start.start_time_secs


def ask(url, body=None):
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read()


def check_server(folder):
    """TensorBoard itself, whose server has a reader of its own."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host=127.0.0.1",
         "--port=0", "--reload_interval=1"], stderr=subprocess.PIPE, text=True)
    try:
        url = next(line for line in server.stderr if "http://127.0.0.1:" in line)
        url = "http://127.0.0.1:" + url.split("http://127.0.0.1:")[1].split("/")[0] + "/data/plugin/"
        while set(json.loads(ask(url + "scalars/tags"))) != {"train", "test"}:
            pass
        graph = ask(url + "graphs/graph?run=train").decode()
        assert '"layer1/Wx_plus_b"' in graph or "layer1/Wx_plus_b" in graph
        assert "layer1/Wx_plus_b" in ask(url + "graphs/run_metadata?run=train&tag=step099").decode()
        found = json.loads(ask(url + "hparams/session_groups", json.dumps({
            "startIndex": 0, "sliceSize": 10, "allowedStatuses": ["STATUS_SUCCESS"],
            "colParams": [{"metric": {"group": "", "tag": "accuracy"}, "order": "ORDER_DESC"}]}).encode()))
        group, = found["sessionGroups"]
        assert group["hparams"]["model"] == "mlp", group
        accuracy, = (metric["value"] for metric in group["metricValues"] if metric["name"]["tag"] == "accuracy")
        return accuracy
    finally:
        server.terminate()
        server.wait()


def check_cuts(path, folder):
    """Cut anywhere, a file is read up to there: the whole of it byte by byte would take minutes."""
    whole = path.read_bytes()
    bounds = [0]
    while bounds[-1] < len(whole):
        bounds.append(bounds[-1] + 16 + struct.unpack_from("<Q", whole, bounds[-1])[0])
    assert bounds[-1] == len(whole) and len(bounds) - 1 == len(records(path))
    cut = folder / "cut"
    cuts = {bound + offset for bound in bounds for offset in (-4, -1, 0, 1, 8, 12)}
    for size in sorted(cuts | set(range(500)) | set(range(0, len(whole), 1999))):
        if not 0 <= size <= len(whole):
            continue
        cut.write_bytes(whole[:size])
        whole_ones = sum(bound <= size for bound in bounds) - 1
        assert len(records(cut)) == whole_ones, size


def check_kill(folder):
    """Read while it is written, then killed: what was told before is there."""
    run = subprocess.Popen(arguments(folder, "--max_steps=1000000", "--eval_every=20"),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in run.stdout:
            if line.startswith("Accuracy at step 60:"):
                assert 40 in scalars(read(folder / "test"), "accuracy")
            if line.startswith("Accuracy at step 120:"):
                break
    finally:
        run.kill()
        run.wait()
    train, test = read(folder / "train"), read(folder / "test")
    assert {0, 20, 40, 60, 80, 100} <= set(scalars(test, "accuracy"))
    assert set(range(120)) <= set(scalars(train, "accuracy"))
    assert [event.step for event in train.Histograms("layer1/activations")][:6] == [0, 20, 40, 60, 80, 100]
    assert "step099" in train.Tags()["run_metadata"]


def check_full_disk(folder):
    """A file that may not grow stands for a disk that has no room: the run is judged all the same."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
    run = subprocess.run(arguments(folder, "--max_steps=60"), preexec_fn=limit, restore_signals=False,
                         capture_output=True, text=True, check=False)
    assert run.returncode == 1, run
    warning, = (line for line in run.stderr.splitlines() if "warning: cannot write" in line)
    assert "/events.out.tfevents." in warning and "File too large" in warning, warning
    assert "Accuracy at step 50:" in run.stdout and "Final accuracy: " in run.stdout
    assert run.stdout.count("Accuracy at step") == 6


def check_which_images(folder):
    """The first test images: ten of one white pixel each, then black ones, and from the 101st on white ones."""
    folder.mkdir()
    pixels = [bytes(i) + b"\xff" + bytes(783 - i) for i in range(10)] + 90 * [bytes(784)] + 100 * [784 * b"\xff"]
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 0x803, 200, 28, 28) + b"".join(pixels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, 200) + bytes(200))
    subprocess.run([PROGRAM, "--dataset=auto", f"--data_dir={folder}", "--device=cpu", "--model=mlp", "--max_steps=0",
                    f"--log_dir={folder}/logs"], check=True, capture_output=True)
    test = read(folder / "logs/test")
    for number in range(10):
        event, = test.Images(f"input_reshape/input/image/{number}")
        with Image.open(io.BytesIO(event.encoded_image_string)) as image:
            assert image.tobytes() == pixels[number], number
    for tag in ("layer1/Wx_plus_b/pre_activations", "layer1/activations"):
        event, = test.Histograms(tag)
        assert event.histogram_value.max < 0.5, "784 weights add up to more, which are black there"


def check_second_run(folder):
    """In the same folder: TensorBoard forgets the first."""
    subprocess.run(arguments(folder, "--max_steps=30", "--seed=7"), check=True, capture_output=True)
    assert list(scalars(read(folder / "test"), "accuracy")) == [0, 10, 20, 30]


with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    logs = root / "logs"
    run = subprocess.run(arguments(logs, "--max_steps=210", "--eval_every=20", f"--json={root}/result.json"),
                         capture_output=True, text=True, check=True)
    result = json.loads((root / "result.json").read_text(encoding="utf-8"))
    for name in ("train", "test"):
        only_file(logs / name)
    train, test = read(logs / "train"), read(logs / "test")
    assert [line for line in run.stdout.splitlines() if line.startswith("Adding")] == [
        "Adding run metadata for 99", "Adding run metadata for 199"]
    check_scalars(train, test, result, run.stdout)
    for each in (train, test):
        check_network(each)
        check_images(each)
    check_graph(train)
    check_hyper_parameters(test)
    assert close(check_server(logs), result["final_accuracy"], 1e-6)
    check_which_images(root / "made")
    check_cuts(only_file(logs / "train"), root)
    check_second_run(logs)
    check_kill(root / "killed")
    check_full_disk(root / "full")
print("event files of six runs read")
