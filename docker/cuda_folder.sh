#!/usr/bin/env bash
# cuda_folder.sh KIND FOLDER: fetches a CUDA toolkit with cuBLAS and cuDNN into FOLDER, without root,
# and says first how much that is. KIND is
#   13.0          whole, from Python packages
#   12.9          from Python packages: headers and libraries; clang must compile the kernels
#   distribution  what apt offers as nvidia-cuda-toolkit, unpacked and not installed: it would bring
#                 a libcuda of its own, beside the driver's; cuDNN from its Python package
# What is half fetched never stands in FOLDER. All words go to standard error; the last one says
# why, where it fails.
set -euo pipefail
exec >&2
kind=$1
folder=$2

fail() {
  printf 'mnist-demo: %s\n' "$1"
  exit 1
}

# Each pinned: they were seen to work together.
packages=()
cudnn_for_11=nvidia-cudnn-cu11==8.7.0.84  # the last with code for the K80
cudnn_for_12=nvidia-cudnn-cu12==9.10.2.21  # the last with code for GPUs before Turing
case $kind in
  13.0)
    packages=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88
      nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 nvidia-cublas==13.0.2.14
      nvidia-cudnn-cu13==9.19.0.56)
    download=900 disk=2400 ;;
  12.9)
    packages=(nvidia-cuda-nvcc-cu12==12.9.86 nvidia-cuda-runtime-cu12==12.9.79
      nvidia-cuda-cccl-cu12==12.9.27 nvidia-cublas-cu12==12.9.1.4 "$cudnn_for_12")
    download=1350 disk=3400 ;;
  distribution) download=0 disk=5000 ;;
  *) fail "cuda_folder.sh: no such kind of toolkit: $kind" ;;
esac
wanted="$kind ${packages[*]} $cudnn_for_11 $cudnn_for_12"

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
[[ ! -e $folder/complete || $(<"$folder/complete") != "$wanted" ]] || exit 0
part=$folder.part
log=$folder.log
rm -rf "$part" "$folder"
trap 'rm -rf "$part"' EXIT
mkdir "$part"
: >"$log"

has_room_for() {
  local free
  free=$(df --output=avail --block-size=1M "$part" | tail -n 1)
  ((free >= $1)) ||
    fail "no room for CUDA: $1 MB are needed in $(dirname "$folder"), and $((free)) MB are free"
}

quietly() {
  "$@" >>"$log" 2>&1
}

from_python() {
  quietly python3 -m venv "$part/venv" ||
    fail "python3 cannot make a virtual environment here ($log has its words)"
  # Unpacked beside their place, since /tmp is small on some machines.
  TMPDIR=$part quietly "$part/venv/bin/python" -m pip install --no-input --no-cache-dir --no-deps \
    --disable-pip-version-check --only-binary :all: --retries 2 --timeout 20 --target "$part" "$@" ||
    fail "the Python package index did not give $1 and what goes with it ($log has pip's words); is there a network?"
  rm -rf "$part/venv"
}

# apt with lists of its own, which hold also the parts of the distribution that CUDA is in, without a
# change to the machine's sources.
apt() {
  "$1" -o Dir::Etc::sourcelist="$part/apt/sources.list" -o Dir::Etc::sourceparts=/none \
    -o Dir::State="$part/apt" -o Dir::State::status=/var/lib/dpkg/status \
    -o Dir::Cache="$part/apt" -o APT::Sandbox::User=root -o Acquire::Languages=none "${@:2}"
}

from_distribution() {
  local names size release major
  command -v apt-get >/dev/null || fail "no apt here, so there is no distribution's CUDA to fetch"
  mkdir -p "$part/apt/lists/partial" "$part/apt/archives/partial" "$part/debs"
  # shellcheck disable=SC2016  # apt fills in these fields, not the shell
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(SIGNED_BY)' 'Created-By: Packages' |
    awk '{ signed = $3 ~ "^/" ? " [signed-by=" $3 "]" : ""
           print "deb" signed, $1, $2, "main contrib non-free universe multiverse" }' |
    sort -u >"$part/apt/sources.list"
  quietly apt apt-get update || true
  names=$(apt apt-cache depends --recurse --important nvidia-cuda-toolkit 2>>"$log" |
    grep -xE 'nvidia-cuda-(toolkit|dev)|lib(cublas|cublaslt|nvvm|nvrtc|nvrtc-builtins)[0-9.]+' |
    sort -u) || true
  [[ $names == *nvidia-cuda-toolkit* ]] ||
    fail "apt offers no nvidia-cuda-toolkit ($log has its words); is there a network?"
  # shellcheck disable=SC2086  # a list of words
  set -- $names
  size=$(apt apt-cache show --no-all-versions "$@" | awk '/^Size:/ { sum += $2 } END { print int(sum / 1e6) }')
  release=$(apt apt-cache show --no-all-versions nvidia-cuda-toolkit | sed -n 's/^Version: //p')
  major=${release%%.*}
  dpkg --compare-versions "$release" ge 11.8 ||
    fail "the distribution's CUDA is $release; 11.8 is the oldest that will do"
  case $major in
    11) packages=("$cudnn_for_11") ;;
    12) packages=("$cudnn_for_12") ;;
    *) packages=("nvidia-cudnn-cu$major") ;;
  esac
  echo "mnist-demo: fetching the distribution's CUDA $release and cuDNN: about $((size + 730)) MB"
  (cd "$part/debs" && quietly apt apt-get download "$@") ||
    fail "apt could not fetch $* ($log has its words); is there a network?"

  # Of gigabytes of static libraries only the runtime's are of use.
  local deb system=$part/system
  mkdir "$system"
  for deb in "$part"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x -C "$system" --no-wildcards-match-slash --exclude='lib[!c]*.a' \
        --exclude='libcu[!d]*.a' --exclude=usr/share
    rm "$deb"
  done
  # Into the shape of a toolkit, which nvcc is told of by its profile.
  local from=$system/usr/lib/nvidia-cuda-toolkit
  mkdir -p "$part/nvvm"
  mv "$system/usr/include" "$part/include"
  mv "$system/usr/lib/$(uname -m)-linux-gnu" "$part/lib64"
  mv "$from/bin" "$part/bin"
  mv "$from/libdevice" "$part/nvvm/libdevice"
  mv "$system"/usr/bin/{ptxas,fatbinary,cudafe++,nvlink} "$part/bin/"
  # Its own choice of a host compiler has paths of the system.
  rm -rf "$part"/bin/{gcc,g++,nvcc.profile} "$part"/{apt,debs,system}
  cat >"$part/bin/nvcc.profile" <<'PROFILE'
TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
PATH += $(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
LIBRARIES =+ $(_SPACE_) "-L$(TOP)/lib64"
PROFILE
}

has_room_for "$disk"
if [[ $kind == distribution ]]; then
  from_distribution
else
  echo "mnist-demo: fetching CUDA $kind with cuBLAS and cuDNN from Python packages: about $download MB"
fi
from_python "${packages[@]}"
printf '%s' "$wanted" >"$part/complete"
mv "$part" "$folder"
rm -f "$log"
