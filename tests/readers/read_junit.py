#!/usr/bin/env python3
"""read_junit.py RENDER_RESULTS: JUnit XML of sample results, read by junitparser."""

import pathlib
import subprocess
import sys
import tempfile

from junitparser import Failure, JUnitXml, Skipped

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    suites = {path.stem: list(JUnitXml.fromfile(str(path))) for path in pathlib.Path(folder).glob("*.xml")}

for name, of_run in suites.items():
    cases = [case for suite in of_run for case in suite]
    assert len({(case.classname, case.name) for case in cases}) == len(cases), f"{name}: a case twice"
    for suite in of_run:
        found = list(suite)
        assert suite.tests == len(found), name
        assert suite.failures == sum(case.is_failure for case in found), name
        assert suite.skipped == sum(case.is_skipped for case in found), name
        assert found[-1].name == "verdict" and found[-1].classname == suite.name, name

full = {(case.classname, case.name): case for case in suites["full"][0]}
failed = full["mnist-demo.health", "row remapping"]
assert [(type(found), found.message, found.type, found.text) for found in failed.result] == [
    (Failure, "1 row is pending", "21", "reset the GPU")], failed
unknown = full["mnist-demo.health", "temperature"]
assert [(type(found), found.message) for found in unknown.result] == [
    (Skipped, "the GPU was used for 0.1 s")], unknown
warned = full["mnist-demo.device", "other users"]
assert warned.is_passed and warned.system_out.startswith("warning: 2 processes"), warned
assert full["mnist-demo.numbers", "product"].is_passed
assert full["mnist-demo", "verdict"].time == 4.75

assert [suite.name for suite in suites["two_gpus"]] == ["mnist-demo", "GPU-4f8e2a51", "GPU-b"]
assert suites["passed"][0].failures == 0 and suites["empty"][0].failures == 1
hostile = list(suites["hostile"][0])[-1].result[0].message
assert '"b\\c<d>&]]>' in hostile and "\n" not in hostile and "\x1b" not in hostile, hostile
print(f"{len(suites)} results read")
