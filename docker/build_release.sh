#!/usr/bin/env bash
# build_release.sh TARGET [-DOPTION=VALUE]...: builds TARGET in build/release, which is configured
# with the options when it is new, when it lacks one that is to be ON, or when a CUDA toolkit or
# cuDNN has come or gone. All words go to standard error; the build's own only on a terminal, or when
# it fails.
set -euo pipefail
exec >&2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1
shift
folder=build/release
cache=$folder/CMakeCache.txt
cuda_at_configure=$folder/cuda_at_configure.txt

quietly() {
  local log=build/release.log
  if ! "$@" >"$log" 2>&1; then
    tail -n 200 "$log"
    echo "mnist-demo: failed: $* (in $PWD; the lines above are the end of $PWD/$log)"
    exit 1
  fi
}

must_configure() {
  [[ -e $folder/build.ninja && $cuda == "$(cat "$cuda_at_configure" 2>/dev/null)" ]] || return 0
  local option
  for option in "$@"; do
    [[ $option != -D*=ON ]] || grep -qx "${option:2:-3}:BOOL=ON" "$cache" || return 0
  done
  return 1
}

mkdir -p build 2>/dev/null || true
if [[ ! -w build ]]; then
  echo "mnist-demo: $(id -un) cannot write $PWD/build; was it made by another user?"
  exit 1
fi
# A clone that was moved or copied: CMake's files name the old place, and would build its sources.
if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
  rm -rf "$folder"
fi
cuda=$(cmake -P cuda/find_cuda.cmake 2>&1)
# Several source files compiled as one take half the time: it is the first build that people wait for.
[[ -e $cache ]] || set -- -DCMAKE_UNITY_BUILD=ON "$@"
if must_configure "$@"; then
  echo "mnist-demo: building $target in $PWD/$folder, which takes minutes the first time"
  quietly cmake --preset release "$@"
  sed -n 's/^-- CUDA engine:/mnist-demo: CUDA engine:/p' build/release.log
  echo "$cuda" >"$cuda_at_configure"
fi
if [[ -t 2 ]]; then
  cmake --build "$folder" --target "$target"
else
  quietly cmake --build "$folder" --target "$target"
fi
