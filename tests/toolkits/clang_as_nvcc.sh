#!/usr/bin/env bash
# Stands in for bin/nvcc in a toolkit without one, for as much of nvcc as cuda/ calls: clang compiles
# the kernels for each architecture with that toolkit's headers, libdevice and ptxas. The object has
# the host's half alone, since the machine code cannot be packed into it without nvcc's tools: it
# links, and launches nothing.
set -euo pipefail
root=$(dirname "$(dirname "${BASH_SOURCE[0]}")")

case ${1:-} in
  --version) exec "$root/bin/ptxas" --version ;;
  --list-gpu-arch) # what both clang 19 and CUDA 12.9 know
    printf 'compute_%s\n' 50 52 60 61 70 75 80 86 89 90
    exit ;;
esac

compile=("${CLANG_CUDA:-clang++-19}" -x cuda "--cuda-path=$root" -Wno-unknown-cuda-version)
dependencies=()
device_code=()
output=''
while (($# > 0)); do
  case $1 in
    -gencode=*code=*) device_code+=("${1##*code=}") ;;
    -ccbin=* | -Wno-deprecated-gpu-targets) ;;
    --fmad=false) compile+=(-ffp-contract=off) ;;
    -Werror=all-warnings) compile+=(-Werror) ;;
    -Xcompiler=*) IFS=, read -ra flags <<<"${1#*=}" && compile+=("${flags[@]}") ;;
    -MD) dependencies+=(-MD -MT "$output") ;;
    -MF) dependencies+=(-MF "$2") && shift ;;
    -o) output=$2 && shift ;;
    *) compile+=("$1") ;;
  esac
  shift
done
for code in "${device_code[@]}"; do
  if [[ $code == sm_* ]]; then
    "${compile[@]}" --cuda-device-only "--cuda-gpu-arch=$code" -o "$output.$code"
  else
    "${compile[@]/#-c/-S}" --cuda-device-only "--cuda-gpu-arch=sm_${code#compute_}" -o "$output.$code"
  fi
done
exec "${compile[@]}" --cuda-host-only "${dependencies[@]}" -o "$output"
