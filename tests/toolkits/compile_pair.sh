#!/usr/bin/env bash
# compile_pair.sh PAIR [CMAKE ARGUMENT]...: builds the program and the CUDA engine's tests, warnings as
# errors, with a pair of toolkit and cuDNN, and runs those tests, for which no GPU is needed; with
# -DMNIST_BUILD_TESTS=OFF the program alone. PAIR is
#   13.0  CUDA 13.0 + cuDNN 9.19, Python packages alone
#   12.9  CUDA 12.9 + cuDNN 9.10, Python packages alone; the kernels by clang
#   11.8  CUDA 11.8 + cuDNN 8.7, Debian 12's packages and a Python package
# The toolkits (0.9 to 2 GB of download) are kept in $MNIST_TOOLKITS_DIR, else in the user's cache
# folder. Exits 77 (skipped) where one cannot be had, or 1 where MNIST_REQUIRE_TOOLKITS=1.
set -euo pipefail
pair=$1
shift
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$here/../..
kept=${MNIST_TOOLKITS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mnist-demo-toolkits}
kind=${pair/11.8/distribution}
folder=$kept/cuda-$kind
build=$source/build/cuda-pair-$pair

if ! "$source/docker/cuda_folder.sh" "$kind" "$folder"; then
  [[ ${MNIST_REQUIRE_TOOLKITS:-0} != 1 ]] || exit 1
  echo "skipped: CUDA $pair cannot be had"
  exit 77
fi

toolkit=$folder
case $pair in
  13.0) toolkit=$folder/nvidia/cu13 ;;
  12.9)
    # One root of the packages' parts, with clang in nvcc's place.
    toolkit=$build.toolkit
    rm -rf "$toolkit"
    mkdir -p "$toolkit"
    cp -rs "$folder"/nvidia/{cuda_nvcc,cuda_runtime,cuda_cccl,cublas}/. "$toolkit"
    cp "$here/clang_as_nvcc.sh" "$toolkit/bin/nvcc"
    ;;
esac

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMNIST_WARNINGS_AS_ERRORS=ON -DMNIST_CUDA=ON \
  -DMNIST_BUILD_BENCHMARKS=OFF "-DCUDAToolkit_ROOT=$toolkit" "-DCUDNN_ROOT=$folder/nvidia/cudnn" \
  "$@" | grep -F 'CUDA engine:'
cmake --build "$build" --target mnist-demo
[[ " $* " != *" -DMNIST_BUILD_TESTS=OFF "* ]] || exit 0
cmake --build "$build" --target tests/cuda/all
ctest --test-dir "$build/tests/cuda" --output-on-failure --no-tests=error --parallel "$(nproc)"
