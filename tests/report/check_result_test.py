#!/usr/bin/env python3
"""check_result_test.py RENDER_RESULTS: renders results with the program's own code, holds each to the
schema, and then spoils each field of them in turn, which must not pass."""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from check_result import breaches, check_result, read_result  # noqa: E402

RENDER = sys.argv.pop(1)
# An object that holds what it likes, and one that is spoilt as a result of its own.
LEFT_ALONE = {"variables", "result"}


def objects_in(value, path=()):
    """Each object in a result, with the path to it."""
    if isinstance(value, dict):
        yield path, value
        for key, child in value.items():
            yield from objects_in(child, path + (key,))
    elif isinstance(value, list):
        for index, child in enumerate(value[:1]):
            yield from objects_in(child, path + (index,))


def at(result, path):
    for step in path:
        result = result[step]
    return result


class Results(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([RENDER, folder], check=True)
            files = sorted(pathlib.Path(folder).glob("*.json"))
            cls.results = {file.stem: read_result(file) for file in files}

    def assertRefused(self, result, what):
        self.assertTrue(any(breaches(result)), f"passed with {what}")

    def each_object(self):
        """(name of a result, path of an object in it), for one object of each kind."""
        for name in ("full", "two_gpus"):
            for path, _ in objects_in(self.results[name]):
                if not LEFT_ALONE & set(path) and (name == "full" or "gpu_runs" in path):
                    yield name, path

    def each_field(self):
        for name, path in self.each_object():
            for key in at(self.results[name], path):
                yield name, path, key

    def test_are_of_every_kind(self):
        self.assertGreaterEqual(len(self.results), 6)
        full = self.results["full"]
        empty = [key for key, value in full.items() if value in (None, [], {})]
        self.assertEqual(empty, ["gpu_runs"], "the full result has everything else")
        outcomes = {check["outcome"] for check in full["checks"]}
        self.assertEqual(outcomes, {"passed", "warned", "failed", "unknown"})
        self.assertIsNotNone(self.results["two_gpus"]["gpu_runs"][0]["result"])
        self.assertIsNone(self.results["two_gpus"]["gpu_runs"][1]["result"])

    def test_may_not_lack_or_misspell_a_field(self):
        for name, path, key in self.each_field():
            spoilt = copy.deepcopy(self.results[name])
            value = at(spoilt, path).pop(key)
            self.assertRefused(spoilt, f"no {path + (key,)}")
            at(spoilt, path)[key + "s"] = value
            self.assertRefused(spoilt, f"{path + (key + 's',)}")

    def test_may_not_have_a_field_more(self):
        for name, path in self.each_object():
            spoilt = copy.deepcopy(self.results[name])
            at(spoilt, path)["more"] = None
            self.assertRefused(spoilt, f"more in {path}")

    def test_may_not_have_a_value_of_another_type(self):
        for name, path, key in self.each_field():
            spoilt = copy.deepcopy(self.results[name])
            before = at(spoilt, path)[key]
            at(spoilt, path)[key] = 0.5 if isinstance(before, str) else "a word"
            if before is not None:
                self.assertRefused(spoilt, f"{path + (key,)} = {at(spoilt, path)[key]!r}")

    def test_tell_one_code_and_as_many_samples_of_each_quantity(self):
        spoilt = copy.deepcopy(self.results["full"])
        spoilt["exit_code"] = 1
        self.assertRefused(spoilt, "another code")
        spoilt = copy.deepcopy(self.results["full"])
        spoilt["health"]["samples"]["power_watts"].pop()
        self.assertRefused(spoilt, "a sample less")

    def test_say_what_is_wrong_with_them(self):
        spoilt = copy.deepcopy(self.results["full"])
        spoilt["health"]["before"]["remaped_rows"] = None
        with self.assertRaisesRegex(ValueError, "remaped_rows"):
            check_result(spoilt)

    def test_hold_no_number_that_json_lacks(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self.results["full"] | {"final_loss": float("nan")}, file)
            file.flush()
            with self.assertRaises(ValueError):
                read_result(file.name)


if __name__ == "__main__":
    unittest.main()
