"""Machines made of a folder, for mnist-demo's stand-in build to look around in."""
import os
import pathlib
import random
import stat
import struct

H200 = "0x2335"


def write(root, files):
    """files: path below root -> content, or the mode of a file that refuses to be opened."""
    for path, content in files.items():
        file = pathlib.Path(root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            os.mknod(file, stat.S_IFSOCK)  # which even root cannot open
            file.chmod(content)
        else:
            file.write_text(content)


def gpu_on_pci(device=H200, address="0000:65:00.0"):
    folder = f"sys/bus/pci/devices/{address}"
    return {f"{folder}/vendor": "0x10de\n", f"{folder}/class": "0x030200\n", f"{folder}/device": device + "\n"}


def driver(version="580.65.06"):
    return {"sys/module/nvidia/version": version + "\n", "sys/module/nvidia_uvm/refcnt": "0\n",
            "proc/driver/nvidia/version":
                f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Sun Jul 27 07:03:52 UTC 2025\n"}


DEVICE_FILES = {"dev/nvidia0": "", "dev/nvidiactl": "", "dev/nvidia-uvm": ""}
DOCKER = {".dockerenv": ""}
WHOLE = {**gpu_on_pci(), **driver(), **DEVICE_FILES}


def loaded(libcuda):
    return {"proc/self/maps": f"7f12a000-7f12b000 r-xp 00000000 08:01 123    {libcuda}\n"}


def kernel_log(*xids):
    return {"dev/kmsg": "".join(f"6,{i},{i},-;NVRM: Xid (PCI:0000:0a:00): {xid}, pid=1, name=mnist-demo, something\n"
                                for i, xid in enumerate(xids))}


def write_images(folder, training=60, test=20):
    """A data set of random images, unpacked, in the four files of MNIST."""
    numbers = random.Random(1)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", training), ("t10k", test)):
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", 0x803, count, 28, 28) + numbers.randbytes(count * 28 * 28))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))
