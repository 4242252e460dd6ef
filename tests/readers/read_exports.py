#!/usr/bin/env python3
"""read_exports.py onnx|torch PROGRAM COMPUTE_LOGITS DATA_DIR

Trains both networks, and computes the logits of the whole test set from what --export wrote: with
onnxruntime, or with torch.nn. They have to be the program's own."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import safetensors
import safetensors.numpy

LIBRARY, PROGRAM, COMPUTE_LOGITS, DATA_DIR = sys.argv[1:]
DATA_DIR = os.environ.get("MNIST_TEST_DATA_DIR", DATA_DIR)
DATA = ["--dataset=mnist", f"--data_dir={DATA_DIR}"] if os.path.isdir(DATA_DIR) else ["--fake_data"]
TOLERANCE = 1e-4
SHAPES = {
    "mlp": {"fc1.weight": (500, 784), "fc1.bias": (500,), "fc2.weight": (10, 500), "fc2.bias": (10,)},
    "lenet": {"conv1.weight": (16, 1, 5, 5), "conv1.bias": (16,), "conv2.weight": (32, 16, 5, 5), "conv2.bias": (32,),
              "fc1.weight": (128, 512), "fc1.bias": (128,), "fc2.weight": (10, 128), "fc2.bias": (10,)},
}


def logits_of_onnxruntime(name, folder, images):
    import onnx
    import onnxruntime

    file = str(folder / "network.onnx")
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 13)], model.opset_import
    assert {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer} == SHAPES[name]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (given,), (taken,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("image", "tensor(float)", ["N", 1, 28, 28]), given
    assert (taken.name, taken.type, taken.shape) == ("logits", "tensor(float)", ["N", 10]), taken
    parts = np.split(images, [1, 8, 9])  # any number of images
    return np.concatenate([session.run(["logits"], {"image": part})[0] for part in parts])


def logits_of_torch(name, folder, images):
    import torch
    from safetensors.torch import load_file
    from torch import nn

    class Mlp(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(784, 500), nn.Linear(500, 10)

        def forward(self, x):
            return self.fc2(torch.relu(self.fc1(x.flatten(1))))

    class Lenet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5)
            self.fc1, self.fc2 = nn.Linear(512, 128), nn.Linear(128, 10)

        def forward(self, x):
            x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
            x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
            return self.fc2(torch.relu(self.fc1(x.flatten(1))))

    model = {"mlp": Mlp, "lenet": Lenet}[name]()
    model.load_state_dict(load_file(folder / "network.safetensors"), strict=True)
    with torch.no_grad():
        return model(torch.from_numpy(images)).numpy()


def check_safetensors(name, folder, result):
    """The library reads what was written, and what it writes is read."""
    with safetensors.safe_open(folder / "network.safetensors", framework="numpy") as file:
        said = file.metadata()
        network = {tensor: file.get_tensor(tensor) for tensor in file.keys()}
    with safetensors.safe_open(folder / "kept.safetensors", framework="numpy") as file:
        kept_said = file.metadata()
        kept = {tensor: file.get_tensor(tensor) for tensor in file.keys()}
    assert {tensor: values.shape for tensor, values in network.items()} == SHAPES[name]
    assert set(kept) == {prefix + tensor for tensor in network for prefix in ("", "exp_avg.", "exp_avg_sq.")}
    for tensor, values in network.items():
        assert values.dtype == np.float32 and np.array_equal(values, kept[tensor]), tensor
        assert kept["exp_avg_sq." + tensor].min() >= 0
    assert kept_said["step"] == said["steps"] == str(result["steps"])
    assert said["model"] == name and said["dataset_sha256"] == result["dataset"]["sha256"], said
    safetensors.numpy.save_file(kept, folder / "again.safetensors", metadata=kept_said)


def check(name, folder):
    result_file = folder / "result.json"
    run = [PROGRAM, *DATA, "--device=cpu", "--eval_every=0", "--quiet", f"--json={result_file}"]
    subprocess.run([*run, f"--model={name}", "--max_steps=300", f"--checkpoint={folder / 'kept.safetensors'}",
                    f"--export={folder / 'network.onnx'}", f"--export={folder / 'network.safetensors'}"], check=True)
    result = json.loads(result_file.read_text())
    check_safetensors(name, folder, result)
    subprocess.run([*run, "--max_steps=301", f"--resume={folder / 'again.safetensors'}"], check=True)

    data = DATA_DIR if DATA[0] == "--dataset=mnist" else "synthetic"
    subprocess.run([COMPUTE_LOGITS, folder / "network.safetensors", data, folder], check=True)
    ours = np.fromfile(folder / "logits", np.float32).reshape(-1, 10)
    images = np.fromfile(folder / "images", np.uint8).reshape(-1, 1, 28, 28).astype(np.float32) / np.float32(255)
    labels = np.fromfile(folder / "labels", np.uint8)
    theirs = {"onnx": logits_of_onnxruntime, "torch": logits_of_torch}[LIBRARY](name, folder, images)
    assert theirs.shape == ours.shape == (len(labels), 10), theirs.shape
    difference = np.abs(theirs - ours).max()
    accuracies = [float((logits.argmax(1) == labels).mean()) for logits in (theirs, ours)]
    print(f"{name}: {len(labels)} images, logits up to {np.abs(ours).max():.1f} differ by {difference:.1e} at most, "
          f"accuracy {accuracies[0]}")
    assert difference < TOLERANCE, difference
    assert accuracies == [result["final_accuracy"]] * 2, (accuracies, result["final_accuracy"])


for network in SHAPES:
    with tempfile.TemporaryDirectory() as name:
        check(network, pathlib.Path(name))
