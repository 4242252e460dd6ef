#!/usr/bin/env bash
# fetch_cuda.sh [--with-cuda]: on a machine with an NVIDIA GPU or driver (or told so by the flag) and
# without what the CUDA engine is built from, fetches the newest CUDA that the driver can run into
# build/, where CMake finds it. Prints on standard output what shows the GPU or driver, and nothing
# where there is none. Where nothing can be fetched it says so, and succeeds: that is a CPU build.
set -euo pipefail
exec 3>&1 >&2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
system=${MNIST_SYSTEM_ROOT:-}  # tests put another root here
fetched=$PWD/build/cuda

# The GPU or driver that is to be seen here.
evidence() {
  local file vendor
  for file in "$system"/dev/nvidia* "$system"/proc/driver/nvidia/version; do
    [[ ! -e $file ]] || { echo "${file#"$system"}" && return; }
  done
  # Class 0x03 is display controllers; GPUs have other functions too, which tell nothing.
  for vendor in "$system"/sys/bus/pci/devices/*/vendor; do
    if [[ -e $vendor && $(<"$vendor") == 0x10de && $(<"${vendor%vendor}class") == 0x03* ]]; then
      vendor=${vendor%/vendor}
      echo "PCI device ${vendor##*/}" && return
    fi
  done
  for file in "$system"/usr/{lib64,lib,lib/*-linux-gnu,lib/wsl/lib,local/nvidia/lib64}/libcuda.so.1; do
    [[ ! -e $file ]] || { echo "${file#"$system"}" && return; }
  done
}

# The driver's version, or nothing where none is loaded.
driver_version() {
  { sed -n '/^NVRM/p' "$system/proc/driver/nvidia/version" ||
    cat "$system/sys/module/nvidia/version" ||
    timeout 20 nvidia-smi --query-gpu=driver_version --format=csv,noheader; } 2>/dev/null |
    grep -oE -m 1 '[0-9]{3,}\.[0-9.]+' | head -n 1
}

# CUDA 13 builds for Turing and later; 580, the first driver that runs it, still knows older GPUs.
has_gpu_before_turing() {
  timeout 20 nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
    awk '$1 + 0 > 0 && $1 < 7.5 { old = 1 } END { exit !old }'
}

# What CMake would find; with an argument, if that folder were what had been fetched.
finds() {
  cmake "-DMNIST_SYSTEM_ROOT=$system" "-DMNIST_FETCHED_CUDA=${1:-$fetched}" -P cuda/find_cuda.cmake 2>&1
}

why=$(evidence)
if [[ -z $why ]]; then
  [[ ${1:-} == --with-cuda ]] || exit 0
  why=--with-cuda
fi
echo "$why" >&3

driver=$(driver_version) || true
kind=13.0
if [[ -n $driver && $(printf '%s\n' 580.65 "$driver" | sort -V | head -n 1) != 580.65 ]] ||
  has_gpu_before_turing; then
  kind=distribution
fi
# What the user has comes first, whatever it is.
[[ $(finds /nonexistent) != yes:* ]] || exit 0

if [[ $(readlink "$fetched") == "cuda-$kind" && $(finds) == yes:* ]]; then exit 0; fi
echo "mnist-demo: $why, but no CUDA to build for it${driver:+ (driver $driver)}"
packages=(cuda)
[[ $kind == 13.0 ]] || packages+=(older_cuda)
if docker/install_packages.sh "${packages[@]}" &&
  docker/cuda_folder.sh "$kind" "$PWD/build/cuda-$kind"; then
  ln -sfn "cuda-$kind" "$fetched"
  if [[ $(finds) == yes:* ]]; then exit 0; fi
  finds || true
fi
rm -f "$fetched" || true
echo "mnist-demo: so this is a CPU build, without the CUDA engine"
