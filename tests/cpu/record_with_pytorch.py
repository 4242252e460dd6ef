#!/usr/bin/env python3
"""Records the losses of mlp and lenet over 100 training steps, computed by PyTorch.

    record_with_pytorch.py FILE              write the recording
    record_with_pytorch.py --check FILE      compute it again and compare
    record_with_pytorch.py --sensitivity     how far rounding alone moves the losses

Needs torch and numpy and nothing else: initial values, images and batches are computed here as the
program computes them (Philox4x32-10, algorithm AS 241), and their checksums stand in the recording.
PyTorch computes in double precision, so that the recording is the true curve and the program's
distance from it is the program's own rounding.

Why not the program's own learning rate: where two values of a pooling window, or a ReLU's input and
0, are within rounding of each other, one computation sends a gradient one way and another the other
way. That can be a hundredth of a weight's whole gradient; Adam makes the same part of a step of it,
and the weights moved so bring the next such cases about. At 0.001, on MNIST, the losses of lenet in
single and in double precision, both PyTorch's, are 2e-3 and more apart within 100 steps, and say
nothing about who is right. The smaller the steps, the smaller this is: at the learning rates used
here it stays below a third of what the test allows. --sensitivity shows it: single precision, and
double precision from initial values that differ in the last bits of a float.
"""

import argparse
import json
import sys
import zlib

import numpy as np
import torch
from torch.nn import functional

STEPS = 100
BATCH_SIZE = 100
LEARNING_RATES = {"mlp": 1e-4, "lenet": 1e-5}
IMAGES = 2000
IMAGE_SEED = 1  # of tests/patterned_images.hpp
SEED = 0  # of initial values and sample order
INITIAL_VALUES, SAMPLE_ORDER, PATTERN = 1, 2, 100  # purposes, as in src/base/philox.hpp

NETWORKS = {  # the shapes of weights and biases in order, fan-in of the weights
    "mlp": [((784, 500), 784), ((500,), 0), ((500, 10), 500), ((10,), 0)],
    "lenet": [((16, 1, 5, 5), 25), ((16,), 0), ((32, 16, 5, 5), 400), ((32,), 0),
              ((512, 128), 512), ((128,), 0), ((128, 10), 128), ((10,), 0)],
}


def philox(seed, purpose, stream, index):
    """The blocks of the indices given: an array of len(index) x 4 words."""
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    index = np.asarray(index, np.uint64)
    counter = [index & mask, index >> half, np.full_like(index, stream), np.full_like(index, purpose)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        product0 = np.uint64(0xD2511F53) * counter[0]
        product1 = np.uint64(0xCD9E8D57) * counter[2]
        counter = [(product1 >> half) ^ counter[1] ^ np.uint64(key[0]), product1 & mask,
                   (product0 >> half) ^ counter[3] ^ np.uint64(key[1]), product0 & mask]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(counter, axis=-1).astype(np.uint32)


def words(seed, purpose, stream, count):
    return philox(seed, purpose, stream, np.arange(-(-count // 4))).reshape(-1)[:count]


def natural_log(x):
    """As src/network/initial_values.cpp has it, operation by operation."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < np.sqrt(2.0) / 2
    mantissa, exponent = np.where(small, mantissa * 2, mantissa), exponent - small
    ratio = (mantissa - 1) / (mantissa + 1)
    square, series = ratio * ratio, np.zeros_like(ratio)
    for odd in range(23, 0, -2):
        series = series * square + 1.0 / odd
    return exponent * np.log(2.0) + 2 * ratio * series


def polynomial(coefficients, x):
    value = np.zeros_like(x)
    for coefficient in coefficients:
        value = value * x + coefficient
    return value


def inverse_normal(p):
    """Algorithm AS 241 (Wichura 1988), PPND16."""
    q = p - 0.5
    r = 0.180625 - q * q
    centre = q * polynomial(
        [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
         4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
         1.3314166789178437745e2, 3.3871328727963666080e0], r) / polynomial(
        [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
         2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
         4.2313330701600911252e1, 1.0], r)
    root = np.sqrt(-natural_log(np.where(q < 0, p, 1 - p)))
    r = root - 1.6
    near = polynomial(
        [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
         1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
         4.63033784615654529590e0, 1.42343711074968357734e0], r) / polynomial(
        [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
         1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
         2.05319162663775882187e0, 1.0], r)
    r = root - 5
    far = polynomial(
        [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
         2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
         5.46378491116411436990e0, 6.65790464350110377720e0], r) / polynomial(
        [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
         7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
         5.99832206555887937690e-1, 1.0], r)
    tail = np.where(root <= 5, near, far)
    return np.where(np.abs(q) <= 0.425, centre, np.where(q < 0, -tail, tail))


def initial_parameters(name):
    """Float32 arrays, in the order of the program's flat buffer."""
    count = sum(int(np.prod(shape)) for shape, _ in NETWORKS[name])
    uniform = (words(SEED, INITIAL_VALUES, 0, count) + 0.5) / 4294967296.0
    parameters, offset = [], 0
    for shape, fan_in in NETWORKS[name]:
        size = int(np.prod(shape))
        p = uniform[offset:offset + size]
        if fan_in == 0:
            values = np.full(size, 0.1 if name == "mlp" else 0.0)
        elif name == "mlp":
            inside = 0.97724986805182079  # the normal distribution function at 2
            values = 0.1 * inverse_normal((1 - inside) + p * (inside - (1 - inside)))
        else:
            values = np.sqrt(2 / fan_in) * inverse_normal(p)
        parameters.append(values.astype(np.float32).reshape(shape))
        offset += size
    return parameters


def sample_order():
    """The indices of the first STEPS batches."""
    order = []
    for epoch in range(-(-STEPS * BATCH_SIZE // IMAGES)):
        draws = philox(SEED, SAMPLE_ORDER, epoch, np.arange(IMAGES))[:, 0].astype(np.uint64)
        chosen = draws * (np.arange(IMAGES, dtype=np.uint64) + np.uint64(1)) >> np.uint64(32)
        permutation = np.arange(IMAGES, dtype=np.uint32)
        for last in range(IMAGES - 1, 0, -1):
            place = int(chosen[last])
            permutation[[place, last]] = permutation[[last, place]]
        order.append(permutation)
    return np.concatenate(order)[:STEPS * BATCH_SIZE]


def patterned_images():
    """As tests/patterned_images.hpp makes them."""
    def stream_bytes(stream, count):
        return words(IMAGE_SEED, PATTERN, stream, -(-count // 4)).astype("<u4").view(np.uint8)[:count]

    labels = np.arange(IMAGES) % 10
    noise = stream_bytes(0, IMAGES * 784).reshape(IMAGES, 28, 28).astype(int)
    squares = stream_bytes(1, 10 * 256).reshape(10, 16, 16)[:, :4, :4].astype(int)
    pattern = squares.repeat(7, axis=1).repeat(7, axis=2)
    return np.where(pattern[labels] < 128, noise, noise // 8).astype(np.uint8), labels


def logits_of(name, p, x):
    if name == "mlp":
        return functional.relu(x.flatten(1) @ p[0] + p[1]) @ p[2] + p[3]
    x = functional.max_pool2d(functional.relu(functional.conv2d(x, p[0], p[1])), 2)
    x = functional.max_pool2d(functional.relu(functional.conv2d(x, p[2], p[3])), 2)
    return functional.relu(x.flatten(1) @ p[4] + p[5]) @ p[6] + p[7]


def losses_of(name, initial, images, labels, order, dtype=torch.float64):
    """The mean loss of each batch before its update, with Adam as TensorFlow computes it."""
    parameters = [torch.tensor(values).to(dtype).requires_grad_() for values in initial]
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    x = torch.tensor(images).to(dtype).unsqueeze(1) / 255
    y = torch.tensor(labels)
    losses = []
    for step, batch in enumerate(torch.tensor(order.astype(np.int64)).split(BATCH_SIZE), start=1):
        loss = functional.cross_entropy(logits_of(name, parameters, x[batch]), y[batch])
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, parameters)
        rate = LEARNING_RATES[name] * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
        with torch.no_grad():
            for p, m, v, g in zip(parameters, first, second, gradients):
                m += (g - m) * (1 - 0.9)
                v += (g * g - v) * (1 - 0.999)
                p -= rate * m / (v.sqrt() + 1e-8)
    return losses


def record():
    images, labels = patterned_images()
    order = sample_order()
    recording = {"torch": torch.__version__, "batch_size": BATCH_SIZE,
                 "images": IMAGES, "image_seed": IMAGE_SEED, "seed": SEED,
                 "images_crc32": zlib.crc32(images.tobytes()),
                 "order_crc32": zlib.crc32(order.astype("<u4").tobytes()), "networks": {}}
    for name in NETWORKS:
        initial = initial_parameters(name)
        flat = b"".join(values.astype("<f4").tobytes() for values in initial)
        recording["networks"][name] = {"learning_rate": LEARNING_RATES[name],
                                       "parameters_crc32": zlib.crc32(flat),
                                       "losses": losses_of(name, initial, images, labels, order)}
    return recording


def largest_difference(losses, truth):
    return float(np.max(np.abs(np.array(losses) / np.array(truth) - 1)))


def check(recorded):
    """Differences in double precision are those of summation order, far below 1e-8."""
    again = record()
    failures = [key for key in again if key not in ("torch", "networks") and again[key] != recorded[key]]
    for name, network in again["networks"].items():
        before = recorded["networks"][name]
        difference = largest_difference(network["losses"], before["losses"])
        print(f"{name}: losses differ from the recording by {difference:.1e} at most")
        if network["parameters_crc32"] != before["parameters_crc32"] or not difference < 1e-8:
            failures.append(name)
    if failures:
        sys.exit("the recording does not hold for: " + ", ".join(failures))


def sensitivity(runs):
    images, labels = patterned_images()
    order = sample_order()
    random = np.random.default_rng(0)
    for name in NETWORKS:
        initial = initial_parameters(name)
        truth = losses_of(name, initial, images, labels, order)
        print(f"{name}: losses {truth[0]:.4f} at first, {truth[50]:.4f} after 50, {truth[-1]:.4f} after 99")
        single = losses_of(name, initial, images, labels, order, torch.float32)
        print(f"{name}: PyTorch in single precision is off by {largest_difference(single, truth):.1e}")
        for _ in range(runs):
            nudged = [v.astype(float) * (1 + random.choice([-1, 1], v.shape) * 2.0**-22) for v in initial]
            moved = losses_of(name, nudged, images, labels, order)
            print(f"{name}: last bits changed, off by {largest_difference(moved, truth):.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("file", nargs="?", help="write the recording here")
    group.add_argument("--check", metavar="FILE", help="compute it again and compare with FILE")
    group.add_argument("--sensitivity", action="store_true", help="show what rounding alone does")
    arguments = parser.parse_args()
    if arguments.sensitivity:
        sensitivity(runs=8)
    elif arguments.check:
        with open(arguments.check, encoding="utf-8") as file:
            check(json.load(file))
    else:
        with open(arguments.file, "w", encoding="utf-8") as file:
            json.dump(record(), file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
