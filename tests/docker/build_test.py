#!/usr/bin/env python3
"""What docker/build.sh asks of docker, podman and buildah, by stand-ins for them."""
import gzip
import io
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/toolkits"))
from fake_toolkit import tools, write  # noqa: E402

ID = "sha256:" + "1" * 64
DIGEST = "sha256:" + "2" * 64

# Notes how it was called, and does as much of each command as is asked of it.
TOOL = f"""#!/bin/bash
name=${{0##*/}}
echo "$name $*" >>"$CALLS"
[[ " $FAILING " != *" $name $1 "* ]] || exit 1
[[ "$*" != *--iidfile*--manifest* && "$*" != *--manifest*--iidfile* ]] || exit 125
for ((i = 1; i <= $#; i++)); do
  next=$((i + 1))
  case ${{!i}} in
    --iidfile) echo {ID} >"${{!next}}" ;;
    --digestfile) printf {DIGEST} >"${{!next}}" ;;
  esac
done
case "$name $*" in
  *push*--help) echo "$OPTIONS" ;;
  *' save '* | *docker-archive:*) cat "$LAYERS" ;;
  'docker image inspect '*) printf '%s\\n' other/name@sha256:3 $DIGESTS ;;
esac
"""
KUSTOMIZATION = """resources:
  - job.yaml

images:
  - name: another
    newName: another
    newTag: "1"
  - name: mnist-demo
    newName: mnist-demo
    newTag: "12.9"
"""


class Build(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(suffix=" of a test")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name).resolve()
        self.clone = self.root / "clone"
        shutil.copytree(SOURCE / "docker", self.clone / "docker")
        shutil.copy(SOURCE / "CMakeLists.txt", self.clone)
        self.kustomization = self.clone / "k8s/kustomization.yaml"
        write(self.kustomization, KUSTOMIZATION)
        (self.root / "digits").mkdir()
        self.bin = self.root / "bin"
        tools(self.bin, "awk", "bash", "cat", "date", "dirname", "env", "grep", "gzip", "mktemp", "rm", "sed", "sh",
              "tar", "tee", "wc")
        # One layer as it is, one compressed.
        with tarfile.open(self.root / "layers", "w") as layers:
            for name, layer in (("plain", bytes(2_000_000)), ("compressed", gzip.compress(bytes(3_000_000)))):
                member = tarfile.TarInfo(name)
                member.size = len(layer)
                layers.addfile(member, io.BytesIO(layer))
        self.environment = {"PATH": str(self.bin), "CALLS": f"{self.root}/calls", "FAILING": "",
                            "LAYERS": f"{self.root}/layers", "DIGESTS": f"registry:5000/team/smoke@{DIGEST}",
                            "OPTIONS": "--compression-format --compression-level"}

    def there_is(self, *names):
        for name in names:
            write(self.bin / name, TOOL, True)

    def build(self, *arguments):
        calls = self.root / "calls"
        calls.unlink(missing_ok=True)
        done = subprocess.run([self.clone / "docker/build.sh", *arguments], env=self.environment, text=True,
                              cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done, calls.read_text().splitlines() if calls.exists() else []

    def built(self, *arguments):
        """The call that builds."""
        done, calls = self.build(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return next(call for call in calls if " build " in call)


class Flags(Build):
    def test_what_is_wrong_is_said_in_a_line(self):
        self.there_is("buildah")
        for arguments, said in (
                (["--cud", "12.9"], "there is no flag --cud"),
                (["12.9"], "there is no flag 12.9"),
                (["--cuda"], "--cuda needs a value"),
                (["--cuda", "--push"], "--cuda needs a value"),
                (["--cuda", "12"], "--cuda: '12' is not 12.9, 13.0 or 11.8"),
                (["--cuda", "11.8", "--platform", "linux/arm64"],
                 "--cuda 11.8: its cuDNN is for linux/amd64 alone"),
                (["--platform", "linux/s390x"], "--platform: 'linux/s390x' is not linux/amd64, linux/arm64 or "
                                                "linux/amd64,linux/arm64"),
                (["--mnist", "nowhere"], "--mnist: there is no folder nowhere"),
                (["--push", "smoke"], "--push: 'smoke' is not REGISTRY/NAME, without a tag"),
                (["--push", "r/smoke:1"], "--push: 'r/smoke:1' is not REGISTRY/NAME, without a tag"),
                (["--tag", "a b"], "--tag: 'a b' is not a tag"),
                (["--tool", "kaniko"], "--tool: 'kaniko' is not docker, podman or buildah")):
            with self.subTest(arguments):
                done, calls = self.build(*arguments)
                self.assertEqual((done.returncode, calls), (2, []))
                self.assertEqual(done.stderr, f"mnist-demo: {said}; docker/build.sh --help lists the flags\n")

    def test_help_is_not_a_build(self):
        done, calls = self.build("--help")
        self.assertEqual((done.returncode, calls), (0, []))
        self.assertIn("--architectures LIST  of GPUs", done.stdout)

    def test_become_arguments(self):
        self.there_is("buildah")
        for arguments, expected in (
                ([], "--layers --build-arg REGISTRY=docker.io"),
                (["--registry", "mirror:5000"], "--build-arg REGISTRY=mirror:5000"),
                (["--cuda", "13.0", "--registry", "mirror"],
                 "--layers --build-arg REGISTRY=mirror "
                 "--build-arg CUDA_IMAGE=mirror/nvidia/cuda:13.0.2-cudnn-devel-ubuntu24.04"),
                (["--cuda", "11.8"],
                 "--build-arg CUDA_IMAGE=docker.io/nvidia/cuda:11.8.0-devel-ubuntu22.04 "
                 "--build-arg SYSTEM_IMAGE=docker.io/library/ubuntu:22.04 --build-arg CUDNN=cudnn_8.7.0.txt"),
                (["--tag", "1-a"], "--tag mnist-demo:1-a --iidfile"),
                (["--platform", "linux/arm64"], "--platform linux/arm64"),
                (["--mirror", "http://m/"], "--build-arg MIRROR=http://m/"),
                (["--mnist", "digits"], f"--build-context mnist={self.root}/digits"),
                (["--architectures", "75;90"], "--build-arg ARCHITECTURES=75;90"),
                (["--", "--no-cache", "--volume", "a:b"], "--no-cache --volume a:b ."),
                (["--platform", "linux/amd64,linux/arm64"], "--manifest mnist-demo:12.9 --layers")):
            with self.subTest(arguments):
                self.assertIn(expected, self.built(*arguments))

    def test_of_an_image_for_two_platforms(self):
        for tool, said in (("buildah", "for linux/amd64,linux/arm64"), ("podman", "for linux/amd64,linux/arm64"),
                           ("docker", ID)):
            with self.subTest(tool):
                self.there_is(tool)
                done, _ = self.build("--platform", "linux/amd64,linux/arm64")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.endswith(f"mnist-demo: built mnist-demo:12.9, {said}\n"), done.stdout)

    def test_the_files_that_they_name_are_there(self):
        self.assertTrue((self.clone / "docker/cudnn_8.7.0.txt").exists())
        dockerfile = (self.clone / "docker/Dockerfile").read_text()
        self.assertTrue(dockerfile.partition("\nARG ")[2].startswith(
            "REGISTRY=docker.io\nARG CUDA_IMAGE=${REGISTRY}/nvidia/cuda:12.9.1-cudnn-devel-ubuntu24.04\n"
            "ARG SYSTEM_IMAGE=${REGISTRY}/library/ubuntu:24.04\n"))
        for name in ("REGISTRY", "CUDA_IMAGE", "SYSTEM_IMAGE", "CUDNN", "MIRROR", "ARCHITECTURES", "VERSION",
                     "REVISION", "CREATED"):
            self.assertRegex(dockerfile, rf"(?m)^ARG {name}\b")


class Tool(Build):
    def test_the_first_that_works_is_taken(self):
        self.there_is("buildah")
        self.assertTrue(self.built().startswith("buildah build --file docker/Dockerfile"))
        self.there_is("podman")
        self.assertTrue(self.built().startswith("podman"))
        self.there_is("docker")
        self.assertTrue(self.built().startswith("docker"))
        self.environment["FAILING"] = "docker version"  # its daemon does not answer
        self.assertTrue(self.built().startswith("podman"))
        self.assertTrue(self.built("--tool", "buildah").startswith("buildah"))

    def test_without_any_it_says_so(self):
        done, _ = self.build()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "mnist-demo: there is no docker whose daemon answers, no podman and no buildah; "
                                      "install one\n")

    def test_a_failed_build_or_push_is_a_failure(self):
        self.there_is("podman")
        for failing in ("podman build", "podman save", "podman push"):
            with self.subTest(failing):
                self.environment["FAILING"] = failing
                done, _ = self.build("--push", "registry:5000/team/smoke")
                self.assertEqual(done.returncode, 1)
                self.assertNotIn("pushed", done.stdout)
                self.assertEqual(self.kustomization.read_text(), KUSTOMIZATION)


class Push(Build):
    def test_writes_the_digest_into_the_kustomization(self):
        for tool, call in (("buildah", "push --compression"), ("podman", "push --compression"),
                           ("docker", "push registry:5000/team/smoke:12.9")):
            with self.subTest(tool):
                self.there_is(tool)
                for _ in range(2):  # the second time over a digest
                    done, calls = self.build("--push", "registry:5000/team/smoke")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(any(f"{tool} {call}" in made for made in calls), calls)
                    self.assertEqual(self.kustomization.read_text(), KUSTOMIZATION.replace(
                        'newName: mnist-demo\n    newTag: "12.9"',
                        f"newName: registry:5000/team/smoke\n    digest: {DIGEST}"))
                self.assertIn(f"pushed registry:5000/team/smoke@{DIGEST}", done.stdout)
                self.assertIn("registry:5000/team/smoke:12.9 is 5 MB, and 0 MB with gzip", done.stdout)
                write(self.kustomization, KUSTOMIZATION)

    def test_dockers_own_registry_has_no_name_in_its_digests(self):
        self.there_is("docker")
        for name, familiar in (("docker.io/me/smoke", "me/smoke"), ("docker.io/library/smoke", "smoke"),
                               ("library/smoke", "smoke"), ("me/smoke", "me/smoke"),
                               ("r.io/library/smoke", "r.io/library/smoke")):
            with self.subTest(name):
                self.environment["DIGESTS"] = f"rxio/library/smoke@sha256:4 {familiar}@{DIGEST}"
                done, _ = self.build("--push", name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"pushed {name}@{DIGEST}", done.stdout)

    def test_without_a_digest_is_a_failure(self):
        self.there_is("docker")
        done, _ = self.build("--push", "registry:5000/team/other")
        self.assertEqual(done.returncode, 1)
        self.assertIn("docker did not tell the digest of what it pushed", done.stderr)
        self.assertEqual(self.kustomization.read_text(), KUSTOMIZATION)

    def test_of_a_list_is_of_all_that_it_names(self):
        for tool, call in (("buildah", "buildah manifest push --all "), ("podman", "podman manifest push --all ")):
            with self.subTest(tool):
                self.there_is(tool)
                done, calls = self.build("--push", "r/smoke", "--platform", "linux/amd64,linux/arm64")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(calls[-1].startswith(call), calls)

    def test_compresses_as_the_hosts_can_unpack(self):
        self.there_is("buildah")
        for cuda, options, expected in (
                ("12.9", "--compression-level", "push --compression-format gzip --compression-level 9 --digestfile"),
                ("13.0", "--compression-level", "push --compression-format zstd --compression-level 3 --digestfile"),
                ("13.0", "--compression-format", "push --digestfile")):
            with self.subTest((cuda, options)):
                self.environment["OPTIONS"] = options
                _, calls = self.build("--push", "r/smoke", "--cuda", cuda)
                self.assertIn(expected, calls[-1])

    def test_is_refused_before_the_build_where_the_digest_has_no_place(self):
        self.there_is("podman")
        write(self.kustomization, "resources: []\n")
        done, calls = self.build("--push", "r/smoke")
        self.assertEqual((done.returncode, calls), (1, []))
        self.assertIn("kustomization.yaml has no image mnist-demo", done.stderr)


if __name__ == "__main__":
    unittest.main()
