#!/usr/bin/env bash
# ./run.sh [flags]: installs what is missing, builds, and trains for 500 steps with the flags given.
set -euo pipefail
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
"$root/docker/install_packages.sh" build
"$root/docker/build_release.sh" mnist-demo -DMNIST_BUILD_TESTS=OFF -DMNIST_BUILD_BENCHMARKS=OFF
exec "$root/build/release/mnist-demo" --max_steps 500 "$@"
