#!/usr/bin/env bash
# ./run.sh [--with-cuda] [flags]: installs what is missing, builds, and trains for 500 steps with the
# flags given. With an NVIDIA GPU or driver here, or --with-cuda, it fetches CUDA where that is
# missing, and trains on the GPU or fails, unless told of another device.
set -euo pipefail
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
with_cuda=()
flags=()
for flag in "$@"; do
  if [[ $flag == --with-cuda ]]; then with_cuda=("$flag"); else flags+=("$flag"); fi
done

"$root/docker/install_packages.sh" build
gpu=$("$root/docker/fetch_cuda.sh" "${with_cuda[@]}")
"$root/docker/build_release.sh" mnist-demo -DMNIST_BUILD_TESTS=OFF -DMNIST_BUILD_BENCHMARKS=OFF
[[ -z $gpu ]] || export MNIST_DEMO_DEVICE=${MNIST_DEMO_DEVICE:-cuda}
exec "$root/build/release/mnist-demo" --max_steps 500 "${flags[@]}"
