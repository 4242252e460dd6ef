#!/usr/bin/env bash
# install_packages.sh PURPOSE...: installs what is missing of the packages that packages.txt lists
# for these purposes, with apt, as root or through sudo. All words go to standard error.
set -euo pipefail
exec >&2

fail() {
  printf 'mnist-demo: %s\n' "$1"
  exit 1
}

list=$(dirname "${BASH_SOURCE[0]}")/packages.txt
read -ra wanted < <(awk -v purposes=" $* " \
  'index(purposes, " " $1 " ") { $1 = ""; printf "%s", $0 }' "$list") || true

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "mnist-demo: no apt here, so nothing is installed. What Debian calls: ${wanted[*]}" \
    "must be there already."
  exit 0
fi

# One call for the whole list: this stands between every ./run.sh and its first step.
# shellcheck disable=SC2016  # dpkg-query fills in these fields, not the shell
installed=" $(dpkg-query --show --showformat '${db:Status-Status}:${Package} ' \
  "${wanted[@]}" 2>/dev/null || true)"
missing=()
for package in "${wanted[@]}"; do
  [[ $installed == *" installed:$package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null ||
    fail "these packages are missing, and without root or sudo they cannot be installed: ${missing[*]}"
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes \
    -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

echo "mnist-demo: installing with apt: ${missing[*]}"
# apt-get update calls a mirror that it cannot reach a warning and goes on with what it has.
apt update || true
# Nothing that is there is removed: a package in the way is for its owner to judge.
if ! apt install --no-install-recommends --no-remove "${missing[@]}"; then
  tail -n 20 "$log"
  fail "apt could not install them (its last lines are above); is there a network, and room on the disk?"
fi
