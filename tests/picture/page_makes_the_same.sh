#!/usr/bin/env bash
# page_makes_the_same.sh MADE_DIGITS DIGIT_PICTURE.JS: runs the page's function on the pictures that
# MADE_DIGITS prints, and compares every byte. Exits 77 (skipped) where there is no Node.js, or 1 where
# MNIST_REQUIRE_READERS=1 says that there must be.
set -euo pipefail
if ! command -v node >/dev/null; then
  echo "skipped: there is no node, a JavaScript engine"
  [[ ${MNIST_REQUIRE_READERS:-0} != 1 ]] || exit 1
  exit 77
fi
"$1" | node "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/page_makes_the_same.js" "$2"
