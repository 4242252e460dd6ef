#!/usr/bin/env bash
# stand_in_bases.sh: makes the images localhost/stand-in/system, a bare root of this machine's
# distribution, and localhost/stand-in/cuda, the same with the packages that the image is built with,
# but for one that its Dockerfile is to install. A CUDA toolkit is mounted in when it is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC1091  # what the system is
. /etc/os-release

debootstrap --variant=minbase "--components=$([[ $ID == debian ]] && echo main || echo main,universe)" \
  "$VERSION_CODENAME" "$scratch/root"
rm -rf "$scratch"/root/var/{cache/apt/archives/*.deb,lib/apt/lists/*}
mkdir "$scratch/docker"
cp docker/install_packages.sh "$scratch/docker"
sed 's/ ninja-build//' docker/packages.txt >"$scratch/docker/packages.txt"
cat >"$scratch/Dockerfile" <<'DOCKERFILE'
FROM scratch AS system
COPY root /
FROM system
COPY docker /tmp/docker
RUN /tmp/docker/install_packages.sh build && rm -rf /tmp/docker /var/lib/apt/lists/* /var/cache/apt/*
DOCKERFILE
buildah build --target system --tag localhost/stand-in/system "$scratch"
buildah build --layers --tag localhost/stand-in/cuda "$scratch"
