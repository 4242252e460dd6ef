"""Folders that look like CUDA toolkits and cuDNN to whoever searches for them."""
import os
import pathlib
import shutil

NVCC = """#!/bin/sh
case "$1" in
  --version) echo "Cuda compilation tools, release {release}, V{version}" ;;
  --list-gpu-arch) printf 'compute_90\\ncompute_75\\ncompute_100\\n' ;;
  *) {compiles} ;;
esac
"""
# Stands in for a compilation: makes the file after -o.
COMPILES = 'while [ "$1" != -o ]; do shift; done; : >"$2"'


def write(file, text="", executable=False):
    file = pathlib.Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    if executable:
        file.chmod(0o755)


def cublas(include, major):
    write(f"{include}/cublas_v2.h")
    write(f"{include}/cublas_api.h", f"#define CUBLAS_VER_MAJOR {major}\n")


def toolkit(root, version="13.0.88", lib="lib64", headers=None, with_cublas=True, compiles=COMPILES):
    release = version.rpartition(".")[0]
    major, minor = map(int, release.split("."))
    write(f"{root}/bin/nvcc", NVCC.format(release=release, version=version, compiles=compiles), True)
    number = headers or major * 1000 + minor * 10
    write(f"{root}/include/cuda_runtime_api.h", f"#define CUDART_VERSION  {number}\n")
    write(f"{root}/{lib}/libcudart_static.a")
    if with_cublas:
        cublas(f"{root}/include", major)
        write(f"{root}/{lib}/libcublas.so.{major}")


def cudnn(root, version="9.19.0", include="include", lib="lib"):
    major, minor, patch = version.split(".")
    write(f"{root}/{include}/cudnn.h")
    write(f"{root}/{include}/cudnn_version.h",
          f"#define CUDNN_MAJOR {major}\n#define CUDNN_MINOR {minor}\n#define CUDNN_PATCHLEVEL {patch}\n")
    write(f"{root}/{lib}/libcudnn.so.{major}")


def tools(folder, *names):
    """A folder for PATH that holds these programs of the machine and no others."""
    os.makedirs(folder, exist_ok=True)
    for name in names:
        os.symlink(os.path.realpath(shutil.which(name)), f"{folder}/{name}")
