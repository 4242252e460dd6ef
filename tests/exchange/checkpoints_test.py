#!/usr/bin/env python3
"""checkpoints_test.py KILLS PROGRAM [PROGRAM_ON_STAND_INS]

Cuts trainings off in every way, and goes on from what they kept."""
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

KILLS = int(sys.argv[1])
PROGRAM, *ON_STAND_INS = (pathlib.Path(word).resolve() for word in sys.argv[2:])

MLP = ["--model=mlp", "--dropout=0.7", "--threads=2", "--batch_size=7", "--learning_rate=3e-3", "--seed=18446744073709551615"]
LENET = ["--model=lenet", "--dropout=0.5", "--threads=3", "--batch_size=10", "--seed=5"]


def write_data_set(folder, seed=1):
    """50 training and 20 test images of noise."""
    noise = random.Random(seed)
    for name, count in ("train", 50), ("t10k", 20):
        images = struct.pack(">4I", 0x803, count, 28, 28) + noise.randbytes(count * 784)
        labels = struct.pack(">2I", 0x801, count) + bytes(noise.randrange(10) for _ in range(count))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(labels)


def metadata(file):
    """Of a whole safetensors file; fails where it is none."""
    content = file.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    said = header.pop("__metadata__")
    last = max(tensor["data_offsets"][1] for tensor in header.values())
    assert len(content) == 8 + length + last, f"{file} is not whole"
    return said


class Checkpoints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.data.mkdir()
        write_data_set(self.data)
        self.file = self.folder / "kept.safetensors"

    def start(self, *flags, program=PROGRAM, room=None):
        """`room`: bytes that no file may outgrow, as on a full disk; a checkpoint has 960 kB."""
        words = [program, "--eval_every=0", f"--data_dir={self.data}", *map(str, flags)]
        return subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                preexec_fn=room and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))),
                                env={"MNIST_DEMO_DEVICE": "cpu", **{name: value for name, value in os.environ.items()
                                                                    if name in ("TSAN_OPTIONS", "ASAN_OPTIONS")}})

    def run_it(self, *flags, code=0, program=PROGRAM, room=None):
        """What a run that ends with `code` says: the last line of its log, and its result."""
        result = self.folder / "result.json"
        result.unlink(missing_ok=True)
        run = self.start(*flags, f"--json={result}", program=program, room=room)
        log = run.communicate()[1]
        self.assertEqual(run.returncode, code, log)
        return log.strip().splitlines()[-1], json.loads(result.read_text()) if result.exists() else None

    def is_writing(self, pid):
        """Whether the process has a file open beside the checkpoint, with or without a name."""
        return any(os.path.dirname(os.readlink(link)) == str(self.folder)
                   for link in pathlib.Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink())

    def knows_files_without_a_name(self):
        try:
            os.close(os.open(self.folder, os.O_TMPFILE | os.O_WRONLY))
            return True
        except OSError:
            return False

    def uninterrupted(self, flags, steps):
        """The bytes of the file that the run ends with."""
        whole = self.folder / "whole.safetensors"
        result = self.run_it(*flags, f"--max_steps={steps}", f"--checkpoint={whole}")[1]
        return whole.read_bytes(), result

    def test_a_run_in_parts_ends_as_one_that_was_not_interrupted(self):
        for flags in MLP, LENET:
            with self.subTest(flags[0]):
                whole, expected = self.uninterrupted([*flags, "--eval_every=10"], 61)
                self.run_it(*flags, "--max_steps=17", f"--checkpoint={self.file}")
                self.run_it("--max_steps=34", f"--resume={self.file}", f"--checkpoint={self.file}", "--checkpoint_every=5")
                last, result = self.run_it("--max_steps=61", f"--resume={self.file}", f"--checkpoint={self.file}",
                                           "--eval_every=10")
                self.assertEqual(self.file.read_bytes(), whole)
                for name in "parameters_sha256", "final_loss", "final_accuracy", "seed", "model":
                    self.assertEqual(result[name], expected[name], name)
                self.assertEqual(result["curve"], expected["curve"][-len(result["curve"]):])
                self.assertEqual([point["step"] for point in result["curve"]], [40, 50, 60, 61])
                self.assertEqual((result["first_step"], result["steps"]), (34, 27))
                self.assertTrue(last.endswith("after 61 steps"), last)

    def test_a_run_that_is_told_to_end_keeps_what_it_has_done(self):
        for tell, code in (signal.SIGTERM, 143), (signal.SIGINT, 130), (None, 50):
            for flags in MLP, LENET:
                with self.subTest(tell=tell, flags=flags[0]):
                    self.file.unlink(missing_ok=True)
                    export = self.folder / "half.onnx"
                    run = self.start(*flags, "--max_steps=100000000", f"--checkpoint={self.file}", "--checkpoint_every=7",
                                     f"--export={export}", *([] if tell else ["--deadline=1"]))
                    while tell and not self.file.exists():
                        time.sleep(0.001)
                    time.sleep(random.random() / 5)
                    if tell:
                        run.send_signal(tell)
                    log = run.communicate()[1]
                    self.assertEqual(run.returncode, code, log)
                    self.assertFalse(export.exists(), "half trained")
                    step = int(metadata(self.file)["step"])
                    self.assertIn(f"after step {step};", log)
                    self.run_it(f"--max_steps={step + 31}", f"--resume={self.file}", f"--checkpoint={self.file}")
                    self.assertEqual(self.file.read_bytes(), self.uninterrupted(flags, step + 31)[0])

    def test_kills_leave_a_whole_checkpoint_every_time(self):
        settings = [*LENET, "--threads=1"]
        flags = [*settings, f"--checkpoint={self.file}", "--checkpoint_every=3", "--max_steps=100000000"]
        steps = []
        in_the_midst = 0

        def file_now():
            status = self.file.stat() if self.file.exists() else None
            return status and (status.st_ino, status.st_mtime_ns)

        for _ in range(KILLS):
            before = file_now()
            run = self.start(*flags, *([f"--resume={self.file}"] if steps else []))
            while file_now() in (None, before) and run.poll() is None:
                time.sleep(0.001)
            time.sleep(random.random() / 30)
            run.send_signal(signal.SIGSTOP)
            in_the_midst += self.is_writing(run.pid)
            run.kill()
            log = run.communicate()[1]
            self.assertEqual(run.returncode, -signal.SIGKILL, log)
            steps.append(int(metadata(self.file)["step"]))
        self.assertTrue(all(before < after for before, after in zip(steps, steps[1:])), "each went on")
        self.assertTrue(all(step % 3 == 0 for step in steps), "only where a checkpoint is due")
        if KILLS >= 200:
            self.assertGreater(in_the_midst, 0, "kills came in the midst of writing, too")
        if self.knows_files_without_a_name():
            self.assertLessEqual(len(list(self.folder.glob(".mnist-demo.*"))), 1, "which left nothing behind")
        last = steps[-1] + 2
        self.run_it(f"--resume={self.file}", f"--max_steps={last}", f"--checkpoint={self.file}")
        self.assertEqual(self.file.read_bytes(), self.uninterrupted(settings, last)[0])

    def test_flags_that_contradict_the_file_are_refused_with_both_values(self):
        self.run_it(*MLP, "--max_steps=9", f"--checkpoint={self.file}")
        before = self.file.read_bytes()
        for flag, said in (("--seed=4", "seed 18446744073709551615"), ("--model=lenet", "model mlp"),
                           ("--batch_size=8", "batch_size 7"), ("--learning_rate=0.001", "learning_rate 0.003"),
                           ("--dropout=0.9", "dropout 0.7"), ("--threads=1", "threads 2"),
                           ("--precision=tf32", "precision fp32"), ("--max_steps=8", "is at step 9"),
                           ("--bandwidth", "--device cpu"), ("--preflight", "--resume")):
            with self.subTest(flag):
                last, result = self.run_it(flag, f"--resume={self.file}", f"--checkpoint={self.file}", code=2)
                self.assertIn(said, last)
                self.assertIn(flag.replace("max_steps=", "max_steps "), last)
                self.assertIsNone(result)
        for same in "--seed=18446744073709551615", "--learning_rate=0.003", "--dropout=7e-1", "--dataset=auto":
            self.run_it(same, "--max_steps=9", f"--resume={self.file}")
        self.assertEqual(self.file.read_bytes(), before)

    def test_another_data_set_is_refused_with_both_hashes(self):
        result = self.run_it(*LENET, "--max_steps=3", f"--checkpoint={self.file}")[1]
        before = self.file.read_bytes()
        write_data_set(self.data, seed=2)
        last, other = self.run_it("--max_steps=6", f"--resume={self.file}", f"--checkpoint={self.file}", code=2)
        self.assertIn(result["dataset"]["sha256"], last)
        self.assertIn(other["dataset"]["sha256"], last)
        self.assertEqual(self.file.read_bytes(), before)

    def test_synthetic_digits_are_taken_from_the_file(self):
        self.run_it("--fake_data", "--max_steps=2", f"--checkpoint={self.file}")
        result = self.run_it("--max_steps=4", f"--resume={self.file}")[1]
        self.assertEqual(result["dataset"]["name"], "synthetic")
        last = self.run_it("--dataset=mnist", f"--resume={self.file}", code=2)[0]
        self.assertIn("--dataset=mnist contradicts", last)

    def test_what_is_no_checkpoint_is_refused_and_stays(self):
        export = self.folder / "network.safetensors"
        onnx = self.folder / "network.onnx"
        self.run_it(*LENET, "--max_steps=3", f"--checkpoint={self.file}", f"--export={export}", f"--export={onnx}")
        whole = self.file.read_bytes()
        turned = bytearray(whole)
        turned[len(whole) // 2] ^= 4
        resnet = whole.replace(b'"model":"lenet"', b'"model":"lenEt"')
        for name, content in (("cut", whole[:-1]), ("turned", bytes(turned)), ("another network", resnet),
                              ("export", export.read_bytes()), ("onnx", onnx.read_bytes()), ("empty", b""),
                              ("text", b"Call me Ishmael.")):
            with self.subTest(name):
                self.file.write_bytes(content)
                last, result = self.run_it(f"--resume={self.file}", f"--checkpoint={self.file}", code=41)
                self.assertIn(f"(41): data damaged: {self.file}: ", last)
                self.assertEqual(result["exit_code"], 41)
                self.assertEqual(self.file.read_bytes(), content)
        for path in self.folder, self.folder / "absent", "/dev/zero":
            self.assertIn(f"{path}: ", self.run_it(f"--resume={path}", code=41)[0])

    def test_settings_out_of_range_are_damage(self):
        self.run_it(*LENET, "--max_steps=3", f"--checkpoint={self.file}")
        content = self.file.read_bytes()
        length, = struct.unpack("<Q", content[:8])
        for name, value in (("seed", "-1"), ("model", "resnet"), ("threads", "0"), ("batch_size", "1e3"),
                            ("dropout", "nan"), ("dataset", "cifar"), ("precision", "fp8"), ("engine", "all")):
            header = json.loads(content[8:8 + length])
            said = header.pop("__metadata__")
            said[name] = value
            del said["content_sha256"]
            shapes = {tensor: header[tensor]["shape"] for tensor in sorted(header)}
            outline = json.dumps([said, shapes], sort_keys=True, separators=(",", ":"))
            said["content_sha256"] = hashlib.sha256(outline.encode() + content[8 + length:]).hexdigest()
            text = json.dumps({"__metadata__": said, **header}).encode()
            self.file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length:])
            self.assertIn(f"'{value}'", self.run_it(f"--resume={self.file}", code=41)[0])

    def test_later_rounds_do_not_take_a_checkpoint_back(self):
        self.run_it(*LENET, "--max_steps=11", f"--checkpoint={self.file}")
        result = self.run_it("--max_steps=40", "--repeat=3", f"--resume={self.file}", f"--checkpoint={self.file}")[1]
        self.assertEqual((result["steps"], result["rounds"]), (3 * 29, 3))
        self.assertIn("3 rounds of 29 steps gave the same bits", json.dumps(result["checks"]))
        whole = self.uninterrupted(LENET, 40)[0]
        self.assertEqual(self.file.read_bytes(), whole)
        self.file.unlink()
        # Calls of one step each, so that the end hardly comes after the last one.
        run = self.start(*LENET, "--max_steps=40", "--soak=600", f"--checkpoint={self.file}", "--checkpoint_every=1")
        while not self.file.exists() or metadata(self.file)["step"] != "40":
            time.sleep(0.001)
        time.sleep(0.3)
        run.send_signal(signal.SIGTERM)
        log = run.communicate()[1]
        self.assertEqual(run.returncode, 143, log)
        self.assertEqual(self.file.read_bytes(), whole)

    def test_a_file_that_cannot_be_written_costs_the_pass_and_not_the_verdict(self):
        for flag in "--checkpoint", "--export":
            self.assertIn(flag, self.run_it(f"{flag}={self.folder}/absent/x.onnx", code=2)[0])
        self.run_it(*LENET, "--max_steps=3", f"--checkpoint={self.file}")
        before = self.file.read_bytes()
        last, result = self.run_it(*LENET, "--max_steps=6", f"--checkpoint={self.file}", code=1, room=100_000)
        self.assertIn(f"cannot write {self.file}", last)
        self.assertIsNotNone(result["final_accuracy"])
        self.assertEqual(self.file.read_bytes(), before, "a full disk costs nothing that was there")
        self.assertEqual(self.run_it(*LENET, "--max_steps=6", "--min_accuracy=1", f"--checkpoint={self.file}", code=31,
                                     room=100_000)[1]["exit_code"], 31)

    def test_a_checkpoint_that_cannot_be_written_is_tried_again(self):
        run = self.start(*LENET, "--max_steps=100000000", f"--checkpoint={self.file}", "--checkpoint_every=2", room=100_000)
        warning = run.stderr.readline()
        while "cannot write" not in warning:
            warning = run.stderr.readline()
        self.assertIn("the next checkpoint is tried all the same", warning)
        time.sleep(0.1)
        self.assertFalse(self.file.exists())
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        run.send_signal(signal.SIGTERM)
        log = run.communicate()[1]
        self.assertEqual(run.returncode, 143, log)
        self.assertEqual(log.count("warning"), 0, "once is enough")
        self.assertIn(f"after step {metadata(self.file)['step']};", log)

    def test_a_run_passes_whose_last_checkpoint_is_kept(self):
        run = self.start(*LENET, "--max_steps=10", "--soak=2", f"--checkpoint={self.file}", room=100_000)
        while "cannot write" not in run.stderr.readline():
            pass
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        log = run.communicate()[1]
        self.assertEqual(run.returncode, 0, log)
        self.assertEqual(self.file.read_bytes(), self.uninterrupted(LENET, 10)[0])

    @unittest.skipUnless(ON_STAND_INS, "a build without the CUDA engine")
    def test_one_engine_goes_on_where_the_other_was(self):
        for first, second in (PROGRAM, *ON_STAND_INS), (*ON_STAND_INS, PROGRAM):
            with self.subTest(first.name):
                devices = {PROGRAM: "--device=cpu", ON_STAND_INS[0]: "--device=cuda"}
                flags = [flag for flag in MLP if flag != "--threads=2"]
                _, expected = self.uninterrupted(flags, 20)
                self.run_it(*flags, devices[first], "--max_steps=9", f"--checkpoint={self.file}", program=first)
                _, result = self.run_it(devices[second], "--max_steps=20", f"--resume={self.file}",
                                        f"--checkpoint={self.file}", program=second)
                self.assertEqual(metadata(self.file)["engine"], devices[second][9:])
                self.assertAlmostEqual(result["final_loss"] / expected["final_loss"], 1, delta=1e-4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
