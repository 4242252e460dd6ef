#!/usr/bin/env bash
# collect_libraries.sh BINARY TO [FOLDER...]: copies into TO the shared libraries that a run of BINARY
# opens, and prints their sizes in MB, the largest first. These are what the loader finds for BINARY,
# and cuBLAS and cuDNN from the first FOLDER that has them (else from where CMake finds them), with
# what they need and what they load by a name written in them. The C library is the system's, and
# libraries of the driver are the host's.
set -euo pipefail
binary=$1
to=$2
shift 2
folders=("$@")
if (($# == 0)); then
  found=$(cmake -P "$(dirname "${BASH_SOURCE[0]}")/../cuda/find_cuda.cmake" 2>&1)
  IFS=';' read -ra folders <<<"${found##*, }"
fi

fail() {
  printf 'mnist-demo: %s\n' "$1" >&2
  exit 1
}

of_the_system='linux-vdso|ld-linux.*|lib(c|m|mvec|dl|rt|pthread|resolv)'
# adv has attention and recurrent networks. nvrtc compiles graphs of several operations into one
# kernel; of the single ones that are called here the kernels are there.
not_opened='lib(cuda|nvidia-.*)|libcudnn_adv.*|libnvrtc.*'

# The file that `name` (libx.so.1, or libx.so for whichever version there is) means in the folders.
in_folders() {
  local folder file
  for folder in "${folders[@]}"; do
    for file in "$folder/$1" "$folder/$1".[0-9]*; do
      if [[ -e $file ]]; then
        echo "$file"
        return
      fi
    done
  done
}

# What the loader opens with a file, as lines of NAME FILE.
needed_by() {
  local found missing
  found=$(LD_LIBRARY_PATH=$(IFS=: && echo "${folders[*]}") ldd "$1") || fail "ldd cannot read $1: $found"
  missing=$(sed -nE 's/^\s*(\S+) => not found/\1/p' <<<"$found")
  [[ -z $missing ]] || fail "$1 needs what is not there: ${missing//$'\n'/, }"
  sed -nE 's/^\s*(\S+) => (.*) \(0x.*/\1 \2/p' <<<"$found"
}

soname() {
  objdump -p "$1" | awk '$1 == "SONAME" { print $2 }'
}

# Copies a library under the name that it is opened by, and all that it opens in turn.
collect() {
  local name=$1 file=$2
  [[ ! -e $to/$name && ! $name =~ ^($of_the_system|$not_opened)\.so ]] || return 0
  install -m 644 "$file" "$to/$name"
  if [[ $name == libcublas* || $name == libcudnn* ]]; then
    collect_needed_by "$file"
    collect_named_in "$file"
  fi
}

collect_needed_by() {
  local needed name file
  needed=$(needed_by "$1")
  while read -r name file; do collect "$name" "$file"; done <<<"$needed"
}

collect_named_in() {
  local names name file
  names=$(LC_ALL=C grep -aoE 'lib[A-Za-z0-9_-]+\.so(\.[0-9]+)*' "$1" | sort -u)
  for name in $names; do
    file=$(in_folders "$name")
    [[ -z $file ]] || collect "$(soname "$file")" "$file"
  done
}

mkdir -p "$to"
collect_needed_by "$binary"
for name in libcublas.so libcudnn.so; do
  file=$(in_folders "$name")
  [[ -n $file ]] || fail "there is no $name in ${folders[*]}"
  collect "$(soname "$file")" "$file"
done
# But cuDNN 8 opens nvrtc by this name when its parts are loaded, and some C libraries make the
# failure of that look like a failure of theirs.
if [[ -e $to/libcudnn.so.8 ]]; then
  file=$(in_folders libnvrtc.so)
  [[ -n $file ]] || fail "there is no libnvrtc.so in ${folders[*]}"
  install -m 644 "$file" "$to/libnvrtc.so"
fi

find "$to" -name 'lib*' -printf '%s %f\n' | sort -rn | awk '
  { all += $1 }
  $1 >= 5e5 { printf "%8.1f  %s\n", $1 / 1e6, $2; next }
  { rest += $1; count++ }
  END { printf "%8.1f  %d smaller ones\n%8.1f  in all\n", rest / 1e6, count, all / 1e6 }'
