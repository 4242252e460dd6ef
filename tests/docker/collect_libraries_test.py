#!/usr/bin/env python3
"""Which libraries docker/collect_libraries.sh takes, of some made up for it."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "docker/collect_libraries.sh"


class Collect(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(suffix=" of a test")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name).resolve()
        self.cuda = self.root / "cuda"
        self.cudnn = self.root / "cudnn"
        for folder in (self.cuda, self.cudnn):
            folder.mkdir()

        self.library(self.cuda / "libcublasLt.so.13")
        self.library(self.cuda / "libcublas.so.13", needs=[self.cuda / "libcublasLt.so.13"],
                     names=["libcuda.so.1"])
        # With the file's full version and a link for the linker, as in a toolkit.
        self.library(self.cudnn / "libcudnn.so.9.1.2", soname="libcudnn.so.9",
                     names=["libcudnn_graph.so", "libcudnn_adv.so", "libnot_there.so.4"])
        for link in ("libcudnn.so", "libcudnn.so.9"):
            os.symlink("libcudnn.so.9.1.2", self.cudnn / link)
        self.library(self.cudnn / "libcompression.so.1")
        self.library(self.cudnn / "libcudnn_graph.so.9", needs=[self.cudnn / "libcompression.so.1"],
                     names=["libcudnn_engines.so", "libnvrtc.so"])
        self.library(self.cudnn / "libcudnn_engines.so.9", names=["libcublasLt.so.13", "libcudnn.so.9"])
        self.not_opened = ["libcudnn_adv.so.9", "libnvrtc.so.13", "libcuda.so.1", "libunrelated.so.1"]
        for name in self.not_opened:
            self.library(self.cudnn / name)

        # As one of the system's.
        self.library(self.root / "libreports.so.2")
        self.binary = self.root / "program"
        self.compile("int main(void) { return 0; }", self.binary, [self.root / "libreports.so.2"],
                     f"-Wl,-rpath,{self.root}")

    def compile(self, text, to, needs, *flags):
        subprocess.run(["cc", "-x", "c", "-", "-o", to, "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined",
                        *flags, "-x", "none", *needs], input=text, text=True, check=True)

    def library(self, file, needs=(), names=(), soname=None):
        """A library that needs others, and in which names are written, as in one that opens them."""
        text = "".join(f'const char* const name_{number} = "{name}";\n' for number, name in enumerate(names))
        self.compile(text + "int nothing;\n", file, needs, "-shared", "-fPIC", f"-Wl,-soname,{soname or file.name}")

    def collect(self, *folders):
        to = self.root / "collected"
        done = subprocess.run([SCRIPT, self.binary, to, *(folders or (self.cuda, self.cudnn))], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done, sorted(os.listdir(to)) if to.exists() else []

    def test_takes_what_is_needed_and_what_is_named_and_nothing_else(self):
        done, names = self.collect()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(names, ["libcompression.so.1", "libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9",
                                 "libcudnn_engines.so.9", "libcudnn_graph.so.9", "libreports.so.2"])
        self.assertRegex(done.stdout, r"\d smaller ones\n +[\d.]+  in all\n$")

    def test_cudnn_8_has_nvrtc_by_the_name_that_it_uses(self):
        for link in ("libcudnn.so", "libcudnn.so.9", "libcudnn.so.9.1.2"):
            (self.cudnn / link).unlink()
        self.library(self.cudnn / "libcudnn.so.8")
        done, names = self.collect()
        self.assertEqual((done.returncode, "libnvrtc.so" in names), (0, True), done.stderr)
        (self.cudnn / "libnvrtc.so.13").unlink()
        done, _ = self.collect()
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no libnvrtc.so in", done.stderr)

    def test_takes_files_and_not_links(self):
        self.collect()
        collected = self.root / "collected"
        self.assertFalse([file for file in collected.iterdir() if file.is_symlink()])
        self.assertTrue(all(file.stat().st_mode & 0o777 == 0o644 for file in collected.iterdir()))

    def test_the_first_folder_wins(self):
        other = self.root / "other"
        other.mkdir()
        self.library(other / "libcublasLt.so.13", names=["of the other folder"])
        self.collect(self.cuda, other, self.cudnn)
        self.assertNotIn(b"of the other folder", (self.root / "collected/libcublasLt.so.13").read_bytes())

    def test_without_cublas_or_cudnn_there_is_no_image(self):
        for folder, missing in ((self.cuda, "libcudnn.so"), (self.cudnn, "libcublas.so")):
            done, _ = self.collect(folder)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, f"mnist-demo: there is no {missing} in {folder}\n")

    def test_what_is_needed_and_not_there_is_named(self):
        (self.cudnn / "libcompression.so.1").unlink()
        done, _ = self.collect()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"mnist-demo: {self.cudnn}/libcudnn_graph.so.9 needs what is not there: "
                                      "libcompression.so.1\n")


if __name__ == "__main__":
    unittest.main()
