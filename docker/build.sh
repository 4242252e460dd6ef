#!/usr/bin/env bash
# docker/build.sh [FLAG VALUE]... [-- ARGUMENT...]: builds the image with docker, podman or buildah, the
# first that works here, and prints its name, size and digest. What follows -- goes to that tool's
# build.
#   --cuda VERSION        12.9 (drivers from 525, GPUs from P4 to Blackwell; the default), 13.0
#                         (drivers from 580, GPUs from T4) or 11.8 (drivers from 450.80.02, and K80)
#   --push REGISTRY/NAME  push it there, and write the digest into k8s/kustomization.yaml
#   --tag TAG             in place of the version of CUDA
#   --platform LIST       linux/amd64, linux/arm64 or both, separated by a comma; 11.8: amd64 alone
#   --registry HOST       where the bases come from, in place of docker.io
#   --mirror URL          where MNIST is fetched from first
#   --mnist FOLDER        where its files lie, for a build that fetches none
#   --architectures LIST  of GPUs, such as '75;90', in place of all that this CUDA can build for
#   --tool NAME           docker, podman or buildah
set -euo pipefail
called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kustomization=k8s/kustomization.yaml

fail() {
  printf 'mnist-demo: %s\n' "$1" >&2
  exit "${2:-1}"
}

wrong_usage() {
  fail "$1; docker/build.sh --help lists the flags" 2
}

declare -A given=([cuda]=12.9 [registry]=docker.io)
while (($# > 0)); do
  case $1 in
    --help) sed -n '2,/^set/ { s/^# \{0,1\}//p }' docker/build.sh && exit ;;
    --) shift && break ;;
    --cuda | --push | --tag | --platform | --registry | --mirror | --mnist | --architectures | --tool)
      [[ -n ${2:-} && $2 != --* ]] || wrong_usage "$1 needs a value"
      given[${1#--}]=$2
      shift 2 ;;
    *) wrong_usage "there is no flag $1" ;;
  esac
done
cuda=${given[cuda]}
push=${given[push]:-}
platform=${given[platform]:-}

# The Dockerfile itself has the bases for 12.9.
from=${given[registry]}
arguments=(--build-arg "REGISTRY=$from")
case $cuda in
  12.9) ;;
  13.0) arguments+=(--build-arg "CUDA_IMAGE=$from/nvidia/cuda:13.0.2-cudnn-devel-ubuntu24.04") ;;
  11.8)
    # The base that has a cuDNN has 8.9, in which there is nothing for a K80.
    arguments+=(--build-arg "CUDA_IMAGE=$from/nvidia/cuda:11.8.0-devel-ubuntu22.04"
      --build-arg "SYSTEM_IMAGE=$from/library/ubuntu:22.04"
      --build-arg CUDNN=cudnn_8.7.0.txt)
    [[ $platform != *arm64* ]] || wrong_usage '--cuda 11.8: its cuDNN is for linux/amd64 alone' ;;
  *) wrong_usage "--cuda: '$cuda' is not 12.9, 13.0 or 11.8" ;;
esac
case $platform in
  '') ;;
  linux/amd64 | linux/arm64 | linux/amd64,linux/arm64) arguments+=(--platform "$platform") ;;
  *) wrong_usage "--platform: '$platform' is not linux/amd64, linux/arm64 or linux/amd64,linux/arm64" ;;
esac
[[ -z ${given[mirror]:-} ]] || arguments+=(--build-arg "MIRROR=${given[mirror]}")
[[ -z ${given[architectures]:-} ]] || arguments+=(--build-arg "ARCHITECTURES=${given[architectures]}")
if [[ -n ${given[mnist]:-} ]]; then
  mnist=$(cd "$called_from" && cd "${given[mnist]}" 2>/dev/null && pwd) ||
    wrong_usage "--mnist: there is no folder ${given[mnist]}"
  arguments+=(--build-context "mnist=$mnist")
fi
tag=${given[tag]:-$cuda}
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || wrong_usage "--tag: '$tag' is not a tag"
image=mnist-demo:$tag
if [[ -n $push ]]; then
  [[ $push =~ ^[^/@]+(/[^/:@]+)+$ ]] || wrong_usage "--push: '$push' is not REGISTRY/NAME, without a tag"
  # Before an hour is spent on what could not be written down.
  if [[ ! -w $kustomization ]] || ! grep -qx '  - name: mnist-demo' "$kustomization"; then
    fail "$PWD/$kustomization has no image mnist-demo to write a digest to, or cannot be written"
  fi
  image=$push:$tag
fi

tool=${given[tool]:-}
case $tool in
  docker | podman | buildah) ;;
  '')
    # A docker whose daemon does not answer is not there.
    if docker version >/dev/null 2>&1; then tool=docker
    elif command -v podman >/dev/null; then tool=podman
    elif command -v buildah >/dev/null; then tool=buildah
    else fail 'there is no docker whose daemon answers, no podman and no buildah; install one'; fi ;;
  *) wrong_usage "--tool: '$tool' is not docker, podman or buildah" ;;
esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# An image for several platforms is a list of images, which only docker treats like one. It has no id,
# and is added to where one of its name is there.
name=(--tag "$image" --iidfile "$scratch/id")
to_push=(push)
if [[ $platform == *,* && $tool != docker ]]; then
  name=(--manifest "$image")
  to_push=(manifest push --all)
  "$tool" manifest rm "$image" >/dev/null 2>&1 || "$tool" rmi "$image" >/dev/null 2>&1 || true
fi
# Layers are pulled side by side; not each tool keeps them unasked.
[[ $tool == docker ]] || name+=(--layers)

printf 'mnist-demo: building %s with %s\n' "$image" "$tool"
"$tool" build --file docker/Dockerfile "${name[@]}" "${arguments[@]}" \
  --build-arg "VERSION=$(sed -n 's/^project(mnist-demo VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" \
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
  --build-arg "CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  "$@" .

# The layers, one after the other; docker may keep them compressed.
layers() {
  case $tool in
    buildah) buildah push --quiet "$image" docker-archive:/dev/stdout ;;
    *) "$tool" save "$image" ;;
  esac | tar --extract --to-command='gzip -dcf'
}

if [[ $platform != *,* ]]; then
  compressed=$({ layers | tee /dev/fd/3 | wc -c >"$scratch/bytes"; } 3>&1 |
    "$(command -v pigz || echo gzip)" | wc -c) || fail "$tool did not hand out the layers of $image"
  printf 'mnist-demo: %s is %d MB, and %d MB with gzip\n' "$image" \
    $(($(<"$scratch/bytes") / 1000000)) $((compressed / 1000000))
fi
if [[ -z $push ]]; then
  built=$(cat "$scratch/id" 2>/dev/null) || built="for $platform"
  printf 'mnist-demo: built %s, %s\n' "$image" "$built"
  exit
fi

if [[ $tool == docker ]]; then
  docker push "$image"
  # docker leaves out the name of its own registry.
  familiar=${push#docker.io/}
  docker image inspect --format '{{ range .RepoDigests }}{{ println . }}{{ end }}' "$image" |
    awk -F@ -v name="${familiar#library/}" '$1 == name { print $2 }' >"$scratch/digest"
else
  # gzip is what every host unpacks. A host with a driver for 13.0 is young enough for zstd, which comes
  # out smaller. Older tools leave no choice.
  compression=(--compression-format gzip --compression-level 9)
  [[ $cuda != 13.0 ]] || compression=(--compression-format zstd --compression-level 3)
  [[ $("$tool" "${to_push[@]}" --help) == *--compression-level* ]] || compression=()
  "$tool" "${to_push[@]}" "${compression[@]}" --digestfile "$scratch/digest" "$image" "docker://$image"
fi
digest=$(<"$scratch/digest")
[[ $digest == sha256:* ]] || fail "$tool did not tell the digest of what it pushed"
awk -v name="$push" -v digest="$digest" '
  /^  - name: / { ours = $3 == "mnist-demo" }
  ours && /^    newName: / { print "    newName: " name; next }
  ours && /^    (newTag|digest): / { print "    digest: " digest; next }
  { print }' "$kustomization" >"$scratch/kustomization"
cat "$scratch/kustomization" >"$kustomization"
printf 'mnist-demo: pushed %s@%s, which %s names now\n' "$push" "$digest" "$kustomization"
