"""Builds the image from its Dockerfile without a daemon, pushes it to a registry on this machine, pulls it
from there, and runs it as k8s/job.yaml says. NVIDIA's and the distribution's images are stood in for by roots
made from the distribution's packages; the toolkit is this machine's, mounted in.

Exits 77 (skipped) where what that needs cannot be had, or 1 where MNIST_REQUIRE_IMAGE=1."""

import contextlib
import fcntl
import functools
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

from pod import Pod, pod_of

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/k8s"))
import kustomize  # noqa: E402

# Beside the clone, as other tests have it, or where the program looks for it.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
MNIST_FOLDERS = [SOURCE.parent / "shared/data/mnist",
                 pathlib.Path(os.environ.get("MNIST_DEMO_DATA_DIR") or CACHE / "mnist-demo")]
DIGITS = {f"{name}-ubyte.gz" for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3",
                                          "t10k-labels-idx1")}
MNIST = next((folder for folder in MNIST_FOLDERS if all((folder / name).exists() for name in DIGITS)), None)
BASES = {"CUDA_IMAGE": "localhost/stand-in/cuda", "SYSTEM_IMAGE": "localhost/stand-in/system"}
# Beside what it stands on, the image has these files and libraries, and no others but what RUN may leave.
ADDED = {"usr/local/bin/mnist-demo", "usr/local/share/doc/mnist-demo/LICENSE", "etc/ssl/certs/ca-certificates.crt",
         *(f"usr/local/share/mnist-demo/{name}" for name in DIGITS)}
LEFT = {"etc/ld.so.cache", "etc/hosts", "var/cache/ldconfig/aux-cache"}
LIBRARY = re.compile(r"usr/local/lib/(lib[^/]+)\.so\.\d+(\.\d+)*")
# A descriptor of a convolution needs no GPU, but parts of cuDNN that it opens by name.
PROBE = """#include <dlfcn.h>
int main(int count, char** words) {
  void* descriptor;
  void* cudnn = dlopen(words[count - 1], RTLD_NOW);
  return cudnn ? ((int (*)(void**))dlsym(cudnn, "cudnnCreateConvolutionDescriptor"))(&descriptor) : 1;
}
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(1 if os.environ.get("MNIST_REQUIRE_IMAGE") == "1" else 77)


def found_cuda():
    """What CMake says of this machine's CUDA."""
    return subprocess.run(["cmake", "-P", SOURCE / "cuda/find_cuda.cmake"], text=True, check=True,
                          stderr=subprocess.PIPE).stderr.strip()


def libraries_of_cudnn():
    """The names of those that there are."""
    folders = map(pathlib.Path, found_cuda().rpartition(", ")[2].split(";"))
    return {file.name.partition(".so")[0] for folder in folders for file in folder.glob("libcudnn*.so*")}


def toolkit():
    """How this machine's CUDA toolkit is mounted into a build."""
    told = found_cuda()
    found = re.match(r"yes: .*? \((.*)/bin/nvcc\)", told)
    if not found:
        skip(f"no CUDA toolkit to mount in: {told}")
    fetched = SOURCE / "build/cuda"
    if pathlib.Path(found[1]).is_relative_to(fetched.resolve()):
        return f"{fetched.resolve()}:/mnist-demo/build/cuda:ro"
    # That nvcc may be a script that starts another's, so it is asked where it really is.
    dry_run = subprocess.run([f"{found[1]}/bin/nvcc", "--dryrun", "-E", "-x", "cu", "/dev/null"], text=True,
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    root = pathlib.Path(re.search(r"(?m)^#\$ TOP=(.+)$", dry_run)[1]).resolve()
    return f"{root}:/usr/local/cuda:ro"


class Buildah:
    """buildah with images of its own, beside those of another that it only reads."""

    def __init__(self, folder, beside=None, registry=""):
        folder.mkdir(parents=True, exist_ok=True)
        self.images = folder / "images"
        kind = subprocess.run(["stat", "-f", "-c", "%T", folder], text=True, check=True, stdout=subprocess.PIPE)
        driver = "vfs" if "overlay" in kind.stdout else "overlay"  # one overlay on another is refused
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{self.images}"\nrunroot = "{folder}/run"\n'
            f"[storage.options]\nadditionalimagestores = {json.dumps([str(beside.images)] if beside else [])}\n")
        (folder / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n'
                                                if registry else "")
        self.environment = {**os.environ, "BUILDAH_ISOLATION": "chroot",
                            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
                            "CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf"}

    def run(self, *command, cwd=SOURCE):
        return subprocess.run(command, env=self.environment, cwd=cwd, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def said(self, *command, cwd=SOURCE):
        """What a command said, which must succeed."""
        done = self.run(*command, cwd=cwd)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-5000:]}")
        return done.stdout.strip()

    def rooted(self, image):
        """The folder of a new container's root file system."""
        container = self.said("buildah", "from", "--quiet", image).splitlines()[-1]
        return pathlib.Path(self.said("buildah", "mount", container))

    def leave(self):
        self.run("buildah", "rm", "--all")


def stand_in_bases():
    """The bases, made once and kept where the packages of other readers are."""
    # In the folder of virtual environments, of which one runs this.
    folder = pathlib.Path(sys.prefix).parent / "image-bases"
    folder.mkdir(exist_ok=True)
    made_of = hashlib.sha256(b"".join((SOURCE / file).read_bytes() for file in (
        "docker/packages.txt", "docker/install_packages.sh", "tests/docker/stand_in_bases.sh"))).hexdigest()
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != made_of:
            shutil.rmtree(folder / made_of, ignore_errors=True)
            done = Buildah(folder / made_of).run("tests/docker/stand_in_bases.sh")
            if done.returncode != 0:
                skip(f"the distribution's packages did not make a base:\n{done.stdout[-2000:]}")
            for older in folder.glob("?" * len(made_of)):
                if older.name != made_of:
                    shutil.rmtree(older)
            complete.write_text(made_of)
    return Buildah(folder / made_of)


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextlib.contextmanager
def registry(folder, port):
    folder.mkdir()
    (folder / "config.yml").write_text(f"version: 0.1\nlog: {{level: error}}\n"
                                       f"storage: {{filesystem: {{rootdirectory: {folder}/images}}}}\n"
                                       f"http: {{addr: '127.0.0.1:{port}'}}\n")
    with open(folder / "log", "w", encoding="utf-8") as log, subprocess.Popen(
            ["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log) as server:
        try:
            yield
        finally:
            server.terminate()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def mirror(folder):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def copied_clone(folder):
    """What an image is built from, and the kustomization that a push writes to."""
    folder.mkdir()
    for name in (".dockerignore", "CMakeLists.txt", "LICENSE"):
        shutil.copy(SOURCE / name, folder)
    for name in ("cuda", "data", "docker", "src", "k8s"):
        shutil.copytree(SOURCE / name, folder / name)
    return folder


def files_below(root):
    for folder, _, names in os.walk(root):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


class ImageForTwoPlatforms(unittest.TestCase):
    def test_is_a_list_of_two_however_often_it_is_built(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            scratch = pathlib.Path(folder)
            port = free_port()
            stack.enter_context(registry(scratch / "registry", port))
            clone = copied_clone(scratch / "clone")
            (clone / "docker/Dockerfile").write_text("FROM scratch\nARG TARGETARCH=amd64\n"
                                                     "COPY docker/${TARGETARCH} /\n")
            for platform in ("amd64", "arm64"):
                (clone / "docker" / platform).write_text(platform)
            name = f"127.0.0.1:{port}/smoke/list"
            builder = Buildah(scratch / "builder", registry=f"127.0.0.1:{port}")
            stack.callback(builder.leave)
            # For its `manifest push` alone a registry is never insecure by configuration.
            wrapper = scratch / "bin/buildah"
            wrapper.parent.mkdir()
            wrapper.write_text('#!/bin/sh\n[ "$1 $2" != "manifest push" ] || set -- "$@" --tls-verify=false\n'
                               f'exec {shutil.which("buildah")} "$@"\n')
            wrapper.chmod(0o755)
            builder.environment["PATH"] = f"{wrapper.parent}:{os.environ['PATH']}"
            build = ["docker/build.sh", "--tool", "buildah", "--push", name]
            builder.said(*build, cwd=clone)  # a single image has the name first
            for _ in range(2):
                builder.said(*build, "--platform", "linux/amd64,linux/arm64", cwd=clone)
                digest = re.search(r"digest: (\S+)", (clone / "k8s/kustomization.yaml").read_text())[1]
                ask = urllib.request.Request(f"http://127.0.0.1:{port}/v2/smoke/list/manifests/{digest}",
                                             headers={"Accept": "application/vnd.oci.image.index.v1+json"})
                with urllib.request.urlopen(ask) as answer:
                    listed = json.load(answer)["manifests"]
                self.assertEqual(sorted(entry["platform"]["architecture"] for entry in listed), ["amd64", "arm64"])


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bases = stand_in_bases()
        port = free_port()
        stack.enter_context(registry(cls.scratch / "registry", port))
        cls.clone = copied_clone(cls.scratch / "clone")
        cls.name = f"127.0.0.1:{port}/smoke/mnist-demo"
        cls.builder = Buildah(cls.scratch / "builder", bases, f"127.0.0.1:{port}")
        stack.callback(cls.builder.leave)
        cls.arguments = ["--volume", toolkit()]
        for argument, value in BASES.items():
            cls.arguments += ["--build-arg", f"{argument}={value}"]
        cls.builder.environment["PIGZ"] = "-1"
        with mirror(MNIST) as url:
            # With 13.0's compression, which is the quicker one.
            cls.built = cls.builder.said("docker/build.sh", "--cuda", "13.0", "--tool", "buildah", "--architectures",
                                         "75", "--mirror", url, "--push", cls.name, "--", *cls.arguments,
                                         cwd=cls.clone)

        # What is pulled is what the kustomization names.
        kustomization = (cls.clone / "k8s/kustomization.yaml").read_text()
        cls.pushed = "@".join(re.search(r"newName: (\S+)\n    digest: (\S+)", kustomization).groups())
        cls.puller = Buildah(cls.scratch / "puller", registry=f"127.0.0.1:{port}")
        stack.callback(cls.puller.leave)
        cls.root = cls.puller.rooted(cls.pushed)
        cls.config = json.loads(cls.puller.said("buildah", "inspect", "--type", "image", cls.pushed))["OCIv1"]["config"]
        cls.pod = Pod(pod_of(SOURCE / "k8s/job.yaml"), cls.config, cls.root, cls.scratch)

    def build_data(self, folder):
        return self.builder.run("buildah", "build", "--layers", "--target", "data", "--file", "docker/Dockerfile",
                                "--build-arg", "ARCHITECTURES=75", "--build-context", f"mnist={folder}",
                                *self.arguments, ".", cwd=self.clone)

    def test_build_prints_name_size_and_digest(self):
        self.assertRegex(self.built, rf"mnist-demo: {self.name}:13.0 is \d+ MB, and \d+ MB with gzip\n")
        self.assertIn(f"mnist-demo: pushed {self.pushed}, which k8s/kustomization.yaml names now", self.built)
        self.assertRegex(self.built, r" [\d.]+  libcublasLt\.so\.\d+\n")
        # What came from the mirror, and what lies in the image.
        self.assertEqual(self.built.count("Data set: mnist, 60000 + 10000 images"), 2)
        self.assertEqual(self.pod.container["image"], "mnist-demo:12.9")  # without --push

    def test_digits_may_be_mounted_and_are_verified(self):
        done = self.build_data(MNIST)
        self.assertEqual(done.returncode, 0, done.stdout[-5000:])
        damaged = self.scratch / "damaged"
        shutil.copytree(MNIST, damaged)
        labels = damaged / "t10k-labels-idx1-ubyte.gz"
        labels.chmod(0o644)
        labels.write_bytes(labels.read_bytes()[:-1] + b"x")
        done = self.build_data(damaged)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout, "(?m)error: .*t10k-labels-idx1-ubyte.gz")

    def test_configuration(self):
        environment = dict(entry.split("=", 1) for entry in self.config["Env"])
        self.assertIn("/usr/local/bin", environment.pop("PATH").split(":"))
        self.assertEqual(environment, {
            "MNIST_DEMO_DEVICE": "cuda", "MNIST_DEMO_DATA_DIR": "/usr/local/share/mnist-demo",
            "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
            "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64"})
        self.assertRegex(self.config["User"], r"^[1-9]\d*:[1-9]\d*$")
        self.assertEqual(self.config["Entrypoint"], ["/usr/local/bin/mnist-demo"])
        self.assertFalse({"Cmd", "Healthcheck", "Volumes", "ExposedPorts"} & set(self.config))
        labels = {name.removeprefix("org.opencontainers.image."): value
                  for name, value in self.config["Labels"].items() if name.startswith("org.")}
        self.assertEqual(labels["title"], "mnist-demo")
        self.assertEqual(labels["licenses"], "Apache-2.0")
        self.assertEqual(labels["base.name"], BASES["SYSTEM_IMAGE"])
        self.assertRegex(labels["version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(labels["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(set(labels), {"title", "description", "licenses", "base.name", "version", "revision",
                                       "created"})

    def test_holds_nothing_but_what_a_run_opens(self):
        base = set(files_below(self.builder.rooted(BASES["SYSTEM_IMAGE"])))
        added = set(files_below(self.root)) - base
        self.assertEqual({name for name in added if not LIBRARY.fullmatch(name)} - LEFT, ADDED)
        libraries = {match[1] for match in map(LIBRARY.fullmatch, added) if match}
        self.assertTrue({"libcublas", "libcublasLt", "libdnnl", "libcurl"} <= libraries, libraries)
        self.assertEqual({name for name in libraries if name.startswith("libcudnn")},
                         {name for name in libraries_of_cudnn() if not name.startswith("libcudnn_adv")})
        self.assertFalse({"libc", "libcuda", "libnvrtc"} & libraries)

    def test_every_library_finds_what_it_needs(self):
        done = self.pod.run(command=["/bin/sh", "-c", "ldd /usr/local/bin/mnist-demo /usr/local/lib/*.so.*"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libcudnn", done.stdout)
        self.assertNotIn("not found", done.stdout + done.stderr)

    def test_cudnn_finds_its_parts(self):
        probe = self.scratch / "probe"
        subprocess.run(["cc", "-x", "c", "-", "-o", probe], input=PROBE, text=True, check=True)
        cudnn, = (self.root / "usr/local/lib").glob("libcudnn.so.*")
        part, = (self.root / "usr/local/lib").glob("libcudnn_graph.so.*")
        empty = self.scratch / "empty"
        empty.touch()
        for files, passes in (({}, True), ({f"/usr/local/lib/{part.name}": empty}, False)):
            done = self.pod.run(command=["/dev/probe", cudnn.name], files={"/dev/probe": probe, **files})
            self.assertEqual(done.returncode == 0, passes, done.stderr)

    def test_trains_as_the_job_runs_it(self):
        on_cpu = ["--device", "cpu", "--max_steps", "50", "--min_accuracy", "0.5"]
        entry = self.config["Entrypoint"]
        arbitrary = {"uid": 1000680000, "gid": 0}
        for whose, user, command in (
                ("the image's user", None, entry),
                ("an arbitrary user", arbitrary, entry),
                ("without HOME", arbitrary, ["/bin/sh", "-c", 'unset HOME; exec "$@"', "sh", *entry])):
            with self.subTest(whose):
                done = self.pod.run(command=[*command, *self.pod.container["args"], *on_cpu], user=user)
                message = self.pod.message().read_text()
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("Data set: mnist, 60000 + 10000 images", done.stdout)
                self.assertIn("passed with accuracy", done.stderr.splitlines()[-1])
                self.assertRegex(message, r"^verdict: passed\ncode: 0\n(.*\n)*node: node-1\n")

    def test_without_a_gpu_it_fails_and_says_so(self):
        for command in (None, self.config["Entrypoint"]):
            done = self.pod.run(command=command)
            self.assertEqual(done.returncode, 10, done.stderr)
            self.assertRegex(done.stderr.splitlines()[-1], r"error: failed \(10\): no GPU in this machine: ")
            self.assertRegex(self.pod.message().read_text(),
                             r"^verdict: failed\ncode: 10\nreason: no GPU in this machine: ")

    def test_leaves_reports_where_they_are_waited_for(self):
        component = dict(kustomize.components(SOURCE))["k8s/reports/kustomization.yaml"]
        job = {"kind": "Job", "spec": {"template": {"spec": pod_of(SOURCE / "k8s/job.yaml")}}}
        spec = kustomize.patched(component, job)["spec"]["template"]["spec"]
        program, waiting = (Pod(spec, self.config, self.root, self.scratch, container) for container in (0, 1))
        done = program.run(command=["/bin/sh", "-c", '"$@" && ls /reports', "sh", *self.config["Entrypoint"],
                                    *program.container["args"], "--device", "cpu", "--max_steps", "1",
                                    "--min_accuracy", "0"])
        self.assertEqual(done.stdout.splitlines()[-3:], ["junit.xml", "metrics.txt", "result.json"], done.stderr)
        taken = self.scratch / "taken"
        taken.touch()
        self.assertEqual(waiting.run(files={"/reports/taken": taken}).returncode, 0)

    def test_the_pod_is_as_closed_as_it_says(self):
        done = self.pod.run(command=["/bin/sh", "-c", "id -u; touch /x; touch /usr/local/share/mnist-demo/x; "
                                                      "grep -E 'CapEff|CapBnd' /proc/self/status; "
                                                      "tail -n +3 /proc/net/dev | cut -d: -f1"])
        self.assertEqual(done.stdout.split(), [self.config["User"].partition(":")[0], "CapEff:", "0" * 16, "CapBnd:",
                                               "0" * 16, "lo"])
        self.assertEqual(done.stderr.count("Read-only file system"), 2, done.stderr)


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin"
    for tool in ("buildah", "runc", "debootstrap", "docker-registry"):
        if not shutil.which(tool):
            skip(f"there is no {tool}: docker/install_packages.sh image")
    if os.geteuid() != 0:
        skip("only root can make the bases")
    if not MNIST:
        skip(f"MNIST is not in {' or '.join(map(str, MNIST_FOLDERS))}; a run of the program fetches it")
    toolkit()
    unittest.main()
