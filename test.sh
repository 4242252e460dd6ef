#!/usr/bin/env bash
# ./test.sh [ctest arguments]: installs what is missing, builds, runs every test, and names the ten
# slowest.
set -euo pipefail
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
"$root/docker/install_packages.sh" build test
"$root/docker/build_release.sh" all -DMNIST_BUILD_TESTS=ON -DMNIST_BUILD_BENCHMARKS=ON

cd "$root/build/release"
status=0
ctest --parallel "$(nproc)" --output-on-failure --no-tests=error --output-junit tests.xml "$@" ||
  status=$?

echo
echo "The ten slowest tests, in seconds:"
awk -F '"' '/<testcase / { printf "%8.2f  %s\n", $6, $2 }' tests.xml | sort -rn | sed -n 1,10p
exit "$status"
