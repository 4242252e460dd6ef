#!/usr/bin/env python3
"""What cuda/find_cuda.cmake and cuda/CMakeLists.txt make of many machines: find_cuda_test.py CMAKE."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fake_toolkit import cublas, cudnn, toolkit, write

CUDA = pathlib.Path(__file__).resolve().parents[2] / "cuda"
CMAKE = "cmake"

# As much of the project as cuda/ needs.
PROJECT = """cmake_minimum_required(VERSION 3.22)
project(machine LANGUAGES CXX)
find_package(Threads REQUIRED)
function(mnist_room name)
  add_library(mnist_${{name}} INTERFACE)
  message(STATUS "room: ${{ARGN}}")
endfunction()
macro(target_include_directories)
endmacro()
macro(target_compile_definitions)
  message(STATUS "definitions: ${{ARGN}}")
endmacro()
macro(target_link_libraries)
endmacro()
add_subdirectory({cuda} cuda)
"""


class Machine(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(suffix=" of a test")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name).resolve()
        self.fetched = self.root / "clone/build/cuda"
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": f"{self.root}/home"}

    def cmake(self, *arguments):
        done = subprocess.run(
            [CMAKE, f"-DMNIST_SYSTEM_ROOT={self.root}", f"-DMNIST_FETCHED_CUDA={self.fetched}", *arguments],
            env=self.environment, cwd=self.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # CMake breaks the lines of its errors.
        return done.returncode, " ".join(done.stdout.split())

    def find(self, *definitions):
        status, said = self.cmake(*definitions, "-P", str(CUDA / "find_cuda.cmake"))
        self.assertEqual(status, 0, said)
        return said

    def on_path(self, root):
        self.environment["PATH"] = f"{root}/bin:{self.environment['PATH']}"


class Find(Machine):
    def setUp(self):
        super().setUp()
        if pathlib.Path("/usr/bin/nvcc").exists():
            self.skipTest("the distribution's nvcc is on every PATH here")

    def assert_found(self, said, version, *parts):
        self.assertTrue(said.startswith(f"yes: CUDA {version} "), said)
        for part in parts:
            self.assertIn(str(part), said)

    def assert_refused(self, said, *parts):
        self.assertTrue(said.startswith("no: "), said)
        for part in parts:
            self.assertIn(str(part), said)

    def test_nothing(self):
        self.assert_refused(self.find(), "there is no CUDA toolkit", "CUDAToolkit_ROOT")

    def test_on_path(self):
        toolkit(self.root / "elsewhere")
        cudnn(self.root / "elsewhere", lib="lib64")
        self.on_path(self.root / "elsewhere")
        self.assert_found(self.find(), "13.0.88", "cuDNN 9.19.0", self.root / "elsewhere/lib64")

    def test_too_old_is_named(self):
        toolkit(self.root / "usr", "11.5.119", lib="lib/x86_64-linux-gnu")
        cudnn(self.root / "usr")
        self.assert_refused(self.find(), "CUDA 11.5.119", self.root / "usr", "11.8 is the oldest")

    def test_the_oldest_that_will_do(self):
        toolkit(self.root / "usr/local/cuda", "11.8.89")
        cudnn(self.root / "usr/local/cuda", "8.7.0", lib="lib64")
        self.assert_found(self.find(), "11.8.89", "cuDNN 8.7.0")

    def test_no_cudnn(self):
        toolkit(self.root / "usr/local/cuda")
        self.assert_refused(self.find(), "no cuDNN for CUDA 13.0.88", "CUDNN_ROOT")

    def test_cudnn_too_old(self):
        toolkit(self.root / "usr/local/cuda")
        cudnn(self.root / "usr/local/cuda", "7.6.5")
        self.assert_refused(self.find(), "7.6.5", "too old")

    def test_no_cublas(self):
        toolkit(self.root / "usr/local/cuda", with_cublas=False)
        cudnn(self.root / "usr/local/cuda")
        self.assert_refused(self.find(), "lacks cuBLAS", "of version 13")
        cublas(self.root / "usr/local/cuda/include", 12)
        self.assert_refused(self.find(), "lacks cuBLAS", "of version 13")

    def test_headers_of_another_version(self):
        toolkit(self.root / "usr/local/cuda", headers=12090)
        cudnn(self.root / "usr/local/cuda")
        self.assert_refused(self.find(), "headers of another version", "12090")

    def test_no_static_runtime(self):
        toolkit(self.root / "usr/local/cuda", lib="nowhere")
        self.assert_refused(self.find(), "lacks cuda_runtime_api.h or libcudart_static.a")

    def test_the_distributions(self):
        toolkit(self.root / "usr", "12.0.140", lib="lib/x86_64-linux-gnu")
        cudnn(self.root / "usr", "8.9.2", "include/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
        self.assert_found(self.find(), "12.0.140", "cuDNN 8.9.2", self.root / "usr/lib/x86_64-linux-gnu")

    def test_the_newest_and_past_a_refused_one(self):
        for version in ("12.9.86", "12.10.1", "11.0.3"):
            toolkit(self.root / f"usr/local/cuda-{version}", version)
        toolkit(self.root / "usr/local/cuda", "10.2.89")
        cudnn(self.root / "usr")
        self.assert_found(self.find(), "12.10.1")

    def test_python_packages(self):
        site = self.root / "usr/local/lib/python3.12/dist-packages"
        toolkit(site / "nvidia/cu13", lib="lib")
        cudnn(site / "nvidia/cudnn")
        write(site / "nvidia_cudnn_cu13-9.19.0.56.dist-info/METADATA")
        self.assert_found(self.find(), "13.0.88", site / "nvidia/cu13/lib", site / "nvidia/cudnn/lib")

    def test_virtual_environment_beside_a_toolkit(self):
        toolkit(self.root / "opt/cuda", "12.4.131", with_cublas=False)
        site = self.root / "venv/lib/python3.11/site-packages"
        cublas(site / "nvidia/cublas/include", 12)
        write(site / "nvidia/cublas/lib/libcublas.so.12")
        cudnn(site / "nvidia/cudnn")
        write(site / "nvidia_cudnn_cu12-9.10.2.21.dist-info/METADATA")
        self.assert_refused(self.find(), "lacks cuBLAS")
        self.environment["VIRTUAL_ENV"] = f"{self.root}/venv"
        self.assert_found(self.find(), "12.4.131", site / "nvidia/cublas/lib", site / "nvidia/cudnn/lib")

    def test_packages_for_another_cuda(self):
        toolkit(self.root / "usr/local/cuda")
        site = self.root / "home/.local/lib/python3.12/site-packages"
        cudnn(site / "nvidia/cudnn")
        write(site / "nvidia_cudnn_cu12-9.10.2.21.dist-info/METADATA")
        self.assert_refused(self.find(), "for another CUDA")

    def test_what_was_fetched(self):
        toolkit(self.fetched / "nvidia/cu13", lib="lib")
        cudnn(self.fetched / "nvidia/cudnn")
        self.assert_found(self.find(), "13.0.88", self.fetched / "nvidia/cu13/bin/nvcc")

    def test_fetched_from_the_distribution(self):
        toolkit(self.fetched, "11.8.89")
        cudnn(self.fetched / "nvidia/cudnn", "8.7.0")
        write(self.fetched / "nvidia_cudnn_cu11-8.7.0.84.dist-info/METADATA")
        self.assert_found(self.find(), "11.8.89", "cuDNN 8.7.0", self.fetched / "nvidia/cudnn/lib")

    def test_a_named_toolkit_is_the_only_one(self):
        toolkit(self.root / "usr/local/cuda")
        cudnn(self.root / "usr/local/cuda")
        self.assert_refused(self.find(f"-DCUDAToolkit_ROOT={self.root}/nowhere"), "nowhere/bin/nvcc")
        self.environment["CUDAToolkit_ROOT"] = f"{self.root}/nowhere"
        self.assert_refused(self.find(), "nowhere/bin/nvcc")

    def test_a_named_cudnn_is_the_only_one(self):
        toolkit(self.root / "usr/local/cuda")
        cudnn(self.root / "usr/local/cuda")
        cudnn(self.root / "mine", "9.1.0")
        self.environment["CUDNN_ROOT"] = f"{self.root}/mine"
        self.assert_found(self.find(), "13.0.88", "cuDNN 9.1.0", self.root / "mine/lib")
        self.environment["CUDNN_ROOT"] = f"{self.root}/nowhere"
        self.assert_refused(self.find(), "no cuDNN", f"CUDNN_ROOT={self.root}/nowhere")

    def test_broken_nvcc(self):
        write(self.root / "usr/local/cuda/bin/nvcc", "#!/bin/sh\nexit 1\n", True)
        self.assert_refused(self.find(), "tells no version")


class Configure(Machine):
    def setUp(self):
        super().setUp()
        toolkit(self.root / "toolkit")
        cudnn(self.root / "toolkit")
        write(self.root / "project/CMakeLists.txt", PROJECT.format(cuda=CUDA))

    def configure(self, *definitions, root="toolkit"):
        return self.cmake("-G", "Ninja", "-S", f"{self.root}/project", "-B", f"{self.root}/build",
                          f"-DCUDAToolkit_ROOT={self.root}/{root}", *definitions)

    def test_every_architecture_by_default(self):
        status, said = self.configure()
        self.assertEqual(status, 0, said)
        self.assertIn("CUDA engine: yes, CUDA 13.0.88 + cuDNN 9.19.0, architectures 75 90 100", said)
        self.assertNotIn("no_cuda.cpp", said)
        self.assertIn(f'MNIST_CUDA_LIBRARY_FOLDERS="{self.root}/toolkit/lib64:{self.root}/toolkit/lib"',
                      said)

    def test_chosen_architectures(self):
        status, said = self.configure("-DMNIST_CUDA_ARCHITECTURES=100;75")
        self.assertEqual(status, 0, said)
        self.assertIn("architectures 75 100", said)
        build = (self.root / "build/build.ninja").read_text()
        for flag in ("compute_75,code=sm_75", "compute_100,code=sm_100", "compute_100,code=compute_100"):
            self.assertIn(f"-gencode=arch={flag}", build)
        self.assertNotIn("sm_90", build)
        self.assertNotIn("code=compute_75", build)

    def test_an_architecture_that_the_toolkit_lacks(self):
        status, said = self.configure("-DMNIST_CUDA=ON", "-DMNIST_CUDA_ARCHITECTURES=37")
        self.assertNotEqual(status, 0)
        self.assertIn("cannot build for architecture 37", said)

    def test_off_is_off(self):
        status, said = self.configure("-DMNIST_CUDA=OFF")
        self.assertEqual(status, 0, said)
        self.assertIn("CUDA engine: no, because MNIST_CUDA is OFF", said)
        self.assertIn("no_cuda.cpp", said)

    def test_absence_is_said_or_an_error(self):
        status, said = self.configure(root="nowhere")
        self.assertEqual(status, 0, said)
        self.assertIn("CUDA engine: no, because there is no", said)
        self.assertIn("no_cuda.cpp", said)
        status, said = self.configure("-DMNIST_CUDA=ON", root="nowhere")
        self.assertNotEqual(status, 0)
        self.assertIn("MNIST_CUDA is ON, but there is no", said)

    def test_a_toolkit_that_comes_and_goes(self):
        self.assertIn("CUDA engine: no", self.configure(root="later")[1])
        (self.root / "toolkit").rename(self.root / "later")
        self.assertIn("CUDA engine: yes", self.configure(root="later")[1])
        (self.root / "later").rename(self.root / "toolkit")
        self.assertIn("CUDA engine: no", self.configure(root="later")[1])

    def test_no_host_compiler_will_do(self):
        toolkit(self.root / "toolkit", compiles="echo unsupported GNU version; exit 1")
        status, said = self.configure("-DCMAKE_CUDA_HOST_COMPILER=g++")
        self.assertEqual(status, 0, said)
        self.assertIn("compiles with none of g++", said)

    def test_no_such_value(self):
        status, said = self.configure("-DMNIST_CUDA=perhaps")
        self.assertNotEqual(status, 0)
        self.assertIn("MNIST_CUDA is perhaps", said)


if __name__ == "__main__":
    CMAKE = sys.argv.pop(1)
    unittest.main()
