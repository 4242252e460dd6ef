#!/usr/bin/env python3
"""run.sh's way to CUDA, on machines made up for it, with stand-ins for apt, pip and the program."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from fake_toolkit import cudnn, toolkit, tools, write

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FETCHED = "fetching CUDA 13.0 with cuBLAS and cuDNN from Python packages: about 900 MB"
CPU_BUILD = "so this is a CPU build"

# python3 -m venv FOLDER makes a python that knows pip install --target FOLDER.
PYTHON = """#!/bin/bash
mkdir -p "$3/bin"
cat >"$3/bin/python" <<'PIP'
#!/bin/bash
echo "$*" >>"$PIP_LOG"
while [[ $1 != --target ]]; do shift; done
mkdir -p "$2/nvidia/cu13/bin"
[[ $PIP != absent ]] || exit 1
[[ $PIP != killed ]] || kill -9 $PPID
cp -r "$PACKAGES/." "$2"
PIP
chmod +x "$3/bin/python"
"""
DF = "#!/bin/sh\necho Avail\necho ${FREE:-9000}\n"
NVIDIA_SMI = """#!/bin/sh
case "$*" in
  *driver_version*) echo "$SMI_DRIVER" ;;
  *compute_cap*) printf '9.0\\n%s\\n' "$SMI_CAPABILITY" ;;
esac
"""


class Clone(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(suffix=" of a test")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name).resolve()
        self.clone = self.root / "clone"
        for folder in ("docker", "cuda"):
            shutil.copytree(SOURCE / folder, self.clone / folder)
        shutil.copy(SOURCE / "run.sh", self.clone)
        # What is not to be tested here, and would install packages.
        write(self.clone / "docker/install_packages.sh", '#!/bin/sh\necho "packages: $*" >&2\n', True)
        bin = self.root / "bin"
        tools(bin, "awk", "bash", "cat", "chmod", "cmake", "cp", "dirname", "env", "flock", "grep", "head",
              "kill", "ln", "mkdir", "mv", "readlink", "rm", "sed", "sh", "sort", "tail", "timeout", "touch")
        write(bin / "python3", PYTHON, True)
        write(bin / "df", DF, True)
        packages = self.root / "packages"
        toolkit(packages / "nvidia/cu13", lib="lib")
        cudnn(packages / "nvidia/cudnn")
        self.machine = self.root / "machine"
        self.machine.mkdir()
        self.environment = {"PATH": str(bin), "HOME": f"{self.root}/home", "PACKAGES": str(packages),
                            "PIP": "", "PIP_LOG": f"{self.root}/pip.log",
                            "MNIST_SYSTEM_ROOT": str(self.machine)}

    def run_script(self, script, *arguments):
        done = subprocess.run([self.clone / script, *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def pip_calls(self):
        log = self.root / "pip.log"
        return log.read_text().count("\n") if log.exists() else 0


class Fetch(Clone):
    def fetch(self, *arguments):
        status, out, said = self.run_script("docker/fetch_cuda.sh", *arguments)
        self.assertEqual(status, 0, said)
        return out.strip(), said

    def driver(self, version):
        write(self.machine / "proc/driver/nvidia/version",
              f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Tue Sep 1 2026\n"
              "GCC version:  gcc version 12.2.0 (Debian)\n")

    def device(self, vendor, kind):
        folder = self.machine / "sys/bus/pci/devices/0000:65:00.0"
        write(folder / "vendor", vendor + "\n")
        write(folder / "class", kind + "\n")

    def test_no_gpu(self):
        self.device("0x10de", "0x040300")
        self.assertEqual(self.fetch(), ("", ""))
        self.device("0x1002", "0x030000")
        self.assertEqual(self.fetch(), ("", ""))
        self.assertEqual(self.pip_calls(), 0)

    def test_each_sign_of_a_gpu_or_driver(self):
        for sign in ("dev/nvidia0", "proc/driver/nvidia/version", "usr/lib/x86_64-linux-gnu/libcuda.so.1",
                     "usr/lib/wsl/lib/libcuda.so.1"):
            write(self.machine / sign)
            self.environment["PIP"] = "absent"
            out, said = self.fetch()
            self.assertEqual(out, "/" + sign)
            self.assertIn(FETCHED, said)
            (self.machine / sign).unlink()
        self.device("0x10de", "0x030200")
        self.assertEqual(self.fetch()[0], "PCI device 0000:65:00.0")

    def test_fetched_once(self):
        out, said = self.fetch("--with-cuda")
        self.assertEqual(out, "--with-cuda")
        self.assertIn("packages: cuda\n", said)
        self.assertIn(FETCHED, said)
        self.assertTrue((self.clone / "build/cuda/nvidia/cu13/bin/nvcc").exists())
        self.assertEqual(self.fetch("--with-cuda"), ("--with-cuda", ""))
        self.assertEqual(self.pip_calls(), 1)

    def test_the_users_own_comes_first(self):
        toolkit(self.machine / "usr/local/cuda", "12.4.131")
        cudnn(self.machine / "usr/local/cuda")
        self.driver("595.10")
        self.assertEqual(self.fetch(), ("/proc/driver/nvidia/version", ""))
        self.assertEqual(self.pip_calls(), 0)

    def test_the_newest_that_the_driver_can_run(self):
        for version in ("580.65.06", "580.95.05", "595.10", "1000.1"):
            self.driver(version)
            self.assertIn(FETCHED, self.fetch()[1], version)
            shutil.rmtree(self.clone / "build")
        # No apt here that could give the distribution's.
        for version in ("580.64", "575.57.08", "535.261.03", "470.256.02"):
            self.driver(version)
            said = self.fetch()[1]
            self.assertIn(f"(driver {version})", said)
            self.assertIn("packages: cuda older_cuda", said)
            self.assertIn("there is no distribution's CUDA to fetch", said)
            self.assertIn(CPU_BUILD, said)

    def test_what_nvidia_smi_tells(self):
        write(self.root / "bin/nvidia-smi", NVIDIA_SMI, True)
        write(self.machine / "dev/nvidia0")
        self.environment.update(SMI_DRIVER="535.54.03", SMI_CAPABILITY="8.0")
        self.assertIn("(driver 535.54.03)", self.fetch()[1])
        # Volta, with a driver that could run CUDA 13.
        self.environment.update(SMI_DRIVER="580.95.05", SMI_CAPABILITY="7.0")
        self.assertIn("there is no distribution's CUDA to fetch", self.fetch()[1])
        self.environment.update(SMI_CAPABILITY="7.5")
        self.assertIn(FETCHED, self.fetch()[1])

    def test_an_older_driver_does_not_get_what_a_newer_one_got(self):
        self.driver("580.95.05")
        self.fetch()
        self.assertTrue((self.clone / "build/cuda").exists())
        self.driver("535.261.03")
        self.assertIn(CPU_BUILD, self.fetch()[1])
        self.assertFalse((self.clone / "build/cuda").exists())
        self.driver("580.95.05")
        self.assertNotIn(CPU_BUILD, self.fetch()[1])
        self.assertEqual(self.pip_calls(), 1)

    def test_no_network(self):
        self.environment["PIP"] = "absent"
        out, said = self.fetch("--with-cuda")
        self.assertEqual(out, "--with-cuda")
        self.assertIn("is there a network?", said)
        self.assertIn(CPU_BUILD, said)
        self.assertFalse((self.clone / "build/cuda-13.0").exists())

    def test_no_room(self):
        self.environment["FREE"] = "1200"
        said = self.fetch("--with-cuda")[1]
        self.assertIn("2400 MB are needed", said)
        self.assertIn("1200 MB are free", said)
        self.assertEqual(self.pip_calls(), 0)

    def test_what_was_cut_off_is_not_taken_for_whole(self):
        self.environment["PIP"] = "killed"
        self.assertIn(CPU_BUILD, self.fetch("--with-cuda")[1])
        self.assertTrue((self.clone / "build/cuda-13.0.part").exists())
        self.assertFalse((self.clone / "build/cuda-13.0").exists())
        self.environment["PIP"] = ""
        self.assertNotIn(CPU_BUILD, self.fetch("--with-cuda")[1])
        self.assertFalse((self.clone / "build/cuda-13.0.part").exists())

    def test_packages_that_will_not_do(self):
        shutil.rmtree(self.root / "packages/nvidia/cudnn")
        said = self.fetch("--with-cuda")[1]
        self.assertIn("no cuDNN", said)
        self.assertIn(CPU_BUILD, said)


class Run(Clone):
    """run.sh, with stand-ins for all that it calls."""

    def setUp(self):
        super().setUp()
        write(self.clone / "docker/fetch_cuda.sh", '#!/bin/sh\necho "fetch: $*" >&2\necho "$GPU"\n', True)
        write(self.clone / "docker/build_release.sh", "#!/bin/sh\n", True)
        write(self.clone / "build/release/mnist-demo",
              '#!/bin/sh\necho "device $MNIST_DEMO_DEVICE"\nfor word; do echo "word $word"; done\nexit 10\n',
              True)

    def test_flags_and_status_go_through(self):
        status, out, said = self.run_script("run.sh", "--model", "a b", "")
        self.assertEqual(status, 10)
        self.assertEqual(out, "device \nword --max_steps\nword 500\nword --model\nword a b\nword \n")
        self.assertIn("fetch: \n", said)

    def test_a_gpu_is_asked_for(self):
        self.environment["GPU"] = "/dev/nvidia0"
        self.assertIn("device cuda\n", self.run_script("run.sh")[1])

    def test_unless_told_otherwise(self):
        self.environment.update(GPU="/dev/nvidia0", MNIST_DEMO_DEVICE="cpu")
        self.assertIn("device cpu\n", self.run_script("run.sh")[1])

    def test_with_cuda_is_not_the_programs(self):
        _, out, said = self.run_script("run.sh", "--seed", "1", "--with-cuda")
        self.assertIn("fetch: --with-cuda\n", said)
        self.assertNotIn("--with-cuda", out)
        self.assertIn("word --seed\nword 1\n", out)


class Build(Clone):
    """build_release.sh, with a stand-in for CMake but where it looks for CUDA."""

    def setUp(self):
        super().setUp()
        (self.root / "bin/cmake").rename(self.root / "bin/real_cmake")
        write(self.root / "bin/cmake", """#!/bin/bash
case "$*" in
  *find_cuda*) exec "$(dirname "$0")/real_cmake" "-DMNIST_SYSTEM_ROOT=$MNIST_SYSTEM_ROOT" "$@" ;;
  --preset*)
    mkdir -p build/release
    touch build/release/build.ninja
    echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >build/release/CMakeCache.txt
    echo "-- CUDA engine: as it is" ;;
esac
""", True)

    def build(self):
        status, _, said = self.run_script("docker/build_release.sh", "all")
        self.assertEqual(status, 0, said)
        return said

    def test_configured_again_when_cuda_came_or_went(self):
        self.assertIn("mnist-demo: CUDA engine: as it is", self.build())
        self.assertEqual(self.build(), "")
        local = self.machine / "usr/local/cuda"
        toolkit(local)
        self.assertIn("CUDA engine", self.build())
        self.assertEqual(self.build(), "")
        cudnn(local)
        self.assertIn("CUDA engine", self.build())
        self.assertEqual(self.build(), "")
        shutil.rmtree(local)
        self.assertIn("CUDA engine", self.build())
        self.assertEqual(self.build(), "")


if __name__ == "__main__":
    unittest.main()
