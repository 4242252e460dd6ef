#!/usr/bin/env python3
"""failures_test.py PROGRAM PROGRAM_ON_STAND_INS DRIVER_FOLDER NVML_FOLDER README [--write]

Makes mnist-demo fail in each way of cases.py, and holds its exit code, its last line and its reports to
it. The README's table of failures is what it said; --write puts it there."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor

import machines
from cases import CASES, TRAINING

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "report"))
from check_result import check_result  # noqa: E402

PROGRAM, ON_STAND_INS, DRIVER, NVML, README = (pathlib.Path(word).resolve() for word in sys.argv[1:6])
WITHOUT_NETWORK = ["unshare", "--map-root-user", "--net"]
if not shutil.which("unshare") or subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True).returncode:
    WITHOUT_NETWORK = []  # then names are looked up in vain, which takes a minute
AT_ONCE = 4 * os.cpu_count()  # runs, which mostly wait
SILENT = socket.create_server(("127.0.0.1", 0))  # which never answers
BEGIN, END = "<!-- failures: written by tests/failures -->\n", "<!-- failures end -->\n"


class Run:
    """One run of a case in a folder of its own."""

    def __init__(self, case, program, more=None):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            root, data = folder / "machine", folder / "data"
            machines.write(root, {**case.files, "proc/self/status": "Seccomp:\t0\n"})
            (root / "dev").mkdir(parents=True, exist_ok=True)
            (root / "dev/termination-log").write_text("")
            machines.write_images(data)
            arguments = [*(TRAINING if case.on == "stand-ins" else ("--device", "cpu", "--max_steps", "3")),
                         "--junit", f"{folder}/junit.xml", "--metrics", f"{folder}/metrics.prom"]
            if "--json" not in case.arguments:
                arguments += ["--json", f"{folder}/result.json"]
            places = {"EMPTY": str(folder / "none"), "SILENT": f"http://127.0.0.1:{SILENT.getsockname()[1]}/"}
            arguments += [places.get(word, word) for word in case.arguments]
            environment = {"PATH": os.environ["PATH"], "MNIST_DEMO_DATA_DIR": str(data),
                           "MNIST_STAND_IN_ROOT": str(root), "MNIST_STAND_IN_FAIL": case.fail,
                           "MNIST_STAND_IN_TAMPER": case.tamper, "MNIST_STAND_IN_HANG": case.hang,
                           "MNIST_STAND_IN_DRIVER_CUDA": str(case.driver_cuda)}
            if case.nvml is not None:
                (folder / "nvml").write_text(case.nvml)
                environment |= {"MNIST_STAND_IN_NVML": str(folder / "nvml"), "LD_LIBRARY_PATH": str(NVML)}
            environment |= {**case.variables, **(more or {})}
            output = open(case.stdout, "w") if case.stdout else subprocess.PIPE
            offline = WITHOUT_NETWORK if case.offline else []
            process = subprocess.Popen([*offline, str(program), *arguments], env=environment, stdout=output,
                                       stderr=subprocess.PIPE, text=True)
            if case.signal:
                while not process.stdout.readline().startswith("Accuracy at step 10:"):
                    time.sleep(0.01)
                process.send_signal(case.signal)
            try:
                _, log = process.communicate(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                _, log = process.communicate()
            self.code = process.returncode
            self.log = log.replace(str(folder), "/folder")
            self.line = self.log.rstrip("\n").rsplit("\n", 1)[-1]
            read = lambda file: file.read_text().replace(str(folder), "/folder") if file.exists() else None
            self.json, self.junit, self.metrics = map(
                read, (folder / "result.json", folder / "junit.xml", folder / "metrics.prom"))
            self.termination = (root / "dev/termination-log").read_text()


def lasting(line):
    """A last line for the README: without what differs from run to run."""
    line = re.sub(r"^\S+ \S+ error: ", "", line)
    for figure in (r"(?<=loss )\d\S+", r"(?<=and )\d\.\d+(?=;)", r"(?<=after step )\d+", r"\d+ of \d+(?= samples)",
                   r"(?<=parameters )[0-9a-f]{12}", r"(?<=https://)\S+: [^;]+(?=;)", r"(?<= )\d+:\d+(?=;)",
                   r"[a-z0-9]+-(?:images|labels)-idx\d-ubyte(?:\.gz)?", r"[0-9a-f]{64}"):
        line = re.sub(figure, "…", line)
    return line.replace("|", "\\|")


class Failures(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        def run(case):
            return Run(case, ON_STAND_INS if case.on == "stand-ins" else PROGRAM)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            without_network = {case.title: pool.submit(run, case) for case in CASES if case.offline}  # the slowest
            runs = {case.title: pool.submit(run, case) for case in CASES if not case.offline} | without_network
            cls.runs = [(case, runs[case.title].result()) for case in CASES]

    def for_each(self, check):
        for case, run in self.runs:
            with self.subTest(case.title):
                check(case, run)

    def test_each_has_its_code_and_says_cause_and_remedy_in_the_last_line(self):
        def check(case, run):
            self.assertEqual(run.code, case.code, run.log)
            self.assertRegex(run.line, rf"(error: |^)failed \({case.code}\): ")
            for part in case.says:
                self.assertIn(part, run.line)
            self.assertIn("; ", run.line, "there is no remedy")
        self.for_each(check)

    def test_each_tells_the_same_in_every_report(self):
        def check(case, run):
            if case.code == 2:  # refused before there is a run
                self.assertEqual((run.json, run.junit, run.metrics), (None, None, None))
                return
            if "--json" not in case.arguments:
                result = json.loads(run.json)
                check_result(result)
                self.assertEqual(result["exit_code"], case.code)
                self.assertIn(result["verdict"]["remedy"], run.line)
            verdict = xml.etree.ElementTree.fromstring(run.junit).find(".//testcase[@name='verdict']/failure")
            self.assertEqual(verdict.get("type"), str(case.code))
            self.assertRegex(run.metrics, rf"(?m)^mnist_demo_exit_code(\{{.*\}})? {case.code}(\.0)?$")
            if "KUBERNETES_SERVICE_HOST" in case.variables:
                self.assertIn(f"code: {case.code}\n", run.termination)
                self.assertIn("node: gpu-node-7\n", run.termination)
                self.assertEqual("\ngpu: GPU-" in run.termination, bool(result["devices"]))
            else:
                self.assertEqual(run.termination, "")
        self.for_each(check)

    def test_the_real_cuda_runtime_gives_the_same_codes(self):
        def real(case):
            return Run(case, PROGRAM, {"LD_LIBRARY_PATH": f"{DRIVER}:{NVML}" if case.nvml else str(DRIVER),
                                       "MNIST_STAND_IN_DRIVER_STARTS": str(case.starts_with())})
        cases = [case for case in CASES if case.starts_with() is not None]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for case, run in zip(cases, pool.map(real, cases)):
                with self.subTest(case.title):
                    self.assertEqual(run.code, case.code, run.log)
                    libcuda = json.loads(run.json)["evidence"]["libcuda"]
                    self.assertEqual(libcuda, str(DRIVER / "libcuda.so.1"))
        self.assertGreater(len(cases), 20)

    def test_a_driver_that_hangs_is_met_by_the_deadline(self):
        case = CASES[0].__class__("", 50, [], driver_cuda=13000, arguments=["--deadline", "1"])
        run = Run(case, PROGRAM, {"LD_LIBRARY_PATH": str(DRIVER), "MNIST_STAND_IN_DRIVER_HANGS": "1"})
        self.assertEqual(run.code, 50, run.log)
        self.assertIn("looking for GPUs", run.line)
        self.assertEqual(json.loads(run.json)["exit_code"], 50)

    def test_the_readmes_table_is_what_was_said(self):
        rows = ["| what is wrong | exit | the last line |\n", "|---|---|---|\n"]
        for case, run in self.runs:
            rows.append(f"| {case.title} | {case.code} | {lasting(run.line)} |\n")
        text = README.read_text()
        before, rest = text.split(BEGIN)
        inside, after = rest.split(END)
        if "--write" in sys.argv:
            README.write_text(before + BEGIN + "".join(rows) + END + after)
        elif "CUDA 13.0" in subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout:
            self.assertEqual(inside, "".join(rows), "run failures_test.py with --write")
        else:
            self.skipTest("the table is of a build with CUDA 13.0")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
