#!/usr/bin/env bash
# with_packages.sh REQUIREMENTS SCRIPT [ARGUMENT]...: runs a Python script with the pinned packages of
# a requirements file. They are fetched from the Python package index once and kept in
# $MNIST_READERS_DIR, else in the user's cache folder. Exits 77 (skipped) where they cannot be had, or
# 1 where MNIST_REQUIRE_READERS=1 says that they must be.
set -euo pipefail
requirements=$1
shift
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

skip() {
  echo "skipped: $1"
  [[ ${MNIST_REQUIRE_READERS:-0} != 1 ]] || exit 1
  exit 77
}

kept=${MNIST_READERS_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/mnist-demo-readers}
if ! mkdir -p "$kept" 2>/dev/null || [[ ! -w $kept ]]; then
  kept=${TMPDIR:-/tmp}/mnist-demo-readers-$(id -u)
  mkdir -p "$kept"
  # /tmp is everybody's: what somebody else put there is not to be run.
  [[ -O $kept ]] || skip "$kept belongs to somebody else; name a folder in MNIST_READERS_DIR"
fi

name=$(basename "$requirements" .txt)
venv=$kept/$name
complete=$venv/complete
wanted=$(cat "$requirements" "$here"/*.sh && python3 --version)
exec 9>"$kept/$name.lock"
flock 9
if [[ ! -e $complete || $(<"$complete") != "$wanted" ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  # Unpacked beside their place, since /tmp is small on some machines.
  if ! TMPDIR=$venv "$venv/bin/python" -m pip install --quiet --no-input --no-cache-dir --no-deps \
    --disable-pip-version-check --retries 2 --timeout 20 --requirement "$requirements"; then
    rm -rf "$venv"
    skip "the Python package index did not give the packages of $requirements"
  fi
  torch=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch
  if [[ -d $torch ]]; then
    "$here/stand_in_for_gpu_libraries.sh" "$torch/lib"
  fi
  printf '%s' "$wanted" >"$complete"
fi
exec "$venv/bin/python" "$@"
