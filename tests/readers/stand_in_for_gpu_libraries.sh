#!/usr/bin/env bash
# stand_in_for_gpu_libraries.sh FOLDER: makes the PyTorch whose libraries lie in FOLDER load without
# the GPU libraries that it is linked to. They are 2.4 GB of download, and nothing on the CPU calls
# them; but the loader wants every library, and every symbol that a table of functions names. So one
# small library, under each missing name, defines each missing symbol, in the version asked for.
set -euo pipefail
cd "$1"
report=$(ldd -r ./libtorch_*.so 2>&1) || true

sed -nE 's/.*undefined symbol: ([[:alpha:]]\w*).*/void \1(void) {}/p' <<<"$report" |
  sort -u >stand_in.c
sed -nE 's/.*undefined symbol: ([[:alpha:]]\w*), version (\S+).*/\2 \1/p' <<<"$report" | sort -u |
  awk '{ symbols[$1] = symbols[$1] " " $2 ";" }
       END { for (version in symbols) print version " {" symbols[version] " };" }' >stand_in.map
"${CC:-cc}" -w -shared -o stand_in.so stand_in.c -Wl,--version-script=stand_in.map

awk '/=> not found/ { print $1 }' <<<"$report" | sort -u | while read -r library; do
  ln -sf stand_in.so "$library"
done
