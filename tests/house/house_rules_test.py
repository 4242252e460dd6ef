#!/usr/bin/env python3
"""Proves that each house rule can be broken, on small trees made to break it."""

import os
import tempfile
import unittest

import house_rules

TABLE = """| room | holds | may include |
|---|---|---|
| `src/base/` | x | the standard library |
| `data/` | x | |
| `src/dataset/` | x | data, base |
| `src/network/` | x | base |
| `src/engine/` | x | network, dataset, base |
| `src/cpu/` | x | engine and below |
| `cuda/` | x | engine and below |
| `src/` | x | all |
"""
GOOD_TREE = {
    "docs/architecture.md": TABLE,
    "src/base/shape.hpp": "#pragma once\n",
    "src/network/network.hpp": '#include "base/shape.hpp"\n',
    "src/network/adam.hpp": '#include <cmath>\n#include "base/philox.hpp"\n',
    "src/base/philox.hpp": "#include <cstdint>\n",
    "src/engine/engine.hpp": '#include <vector>\n#include "network/network.hpp"\n',
    "src/cpu/conv2d.cpp": '#include "base/shape.hpp"\n#include "engine/engine.hpp"\n',
    "src/dataset/catalogue.cpp": '#include "data/catalogue.hpp"\n',
    "src/make_engine.cpp": '#include "cuda/cuda_engine.hpp"\n',
    "cuda/cuda_engine.hpp": '#include "engine/engine.hpp"\n',
    "cuda/stream.cpp": "#include <cuda_runtime.h>\n",
    "tests/dataset/real_data.cpp": "// .." + "/shared/data\n",
    "run.sh": "true\n",
}


def breaches(files):
    """The breaches of GOOD_TREE with more files."""
    with tempfile.TemporaryDirectory() as root:
        for path, content in (GOOD_TREE | files).items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(content)
        return list(house_rules.breaches(root))


class HouseRules(unittest.TestCase):
    def one_breach(self, words, path, content):
        found = breaches({path: content})
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_a_good_tree_has_none(self):
        self.assertEqual(breaches({}), [])

    def test_a_room_above_is_not_included(self):
        self.one_breach("the room base may not include network",
                        "src/base/bad.hpp", '#include "network/network.hpp"\n')

    def test_a_room_beside_is_not_included(self):
        self.one_breach("the room dataset may not include network",
                        "src/dataset/bad.cpp", ' # include "network/network.hpp"\n')

    def test_only_dataset_includes_data(self):
        self.one_breach("the room cpu may not include data",
                        "src/cpu/bad.cpp", '#include "data/catalogue.hpp"\n')

    def test_a_room_without_a_row_is_named(self):
        self.one_breach("no row for the room helpers", "src/helpers/bad.cpp", "\n")

    def test_a_header_is_named_from_src(self):
        self.one_breach("headers are named from src/", "src/base/bad.cpp", '#include "shape.hpp"\n')

    def test_only_make_engine_includes_cuda(self):
        self.one_breach("only src/make_engine",
                        "src/main.cpp", '#include "cuda/cuda_engine.hpp"\n')

    def test_cuda_headers_stay_under_cuda(self):
        self.one_breach("belongs to CUDA", "src/cpu/bad.cpp", "#include <cuda_runtime.h>\n")
        self.one_breach("belongs to CUDA", "tests/cpu/bad.cpp", "#include <cudnn.h>\n")

    def test_shared_formulas_include_little(self):
        formula = "MNIST_HOST_DEVICE inline float half(float x) { return x / 2; }\n"
        self.one_breach("shared formulas", "src/network/half.hpp", "#include <vector>\n" + formula)
        self.one_breach("shared formulas", "src/base/half.hpp", '#include "base/shape.hpp"\n' + formula)

    def test_registry_hosts_are_not_named(self):
        self.one_breach("package registry", "docker/notes", "see " + "pypi" + ".org\n")

    def test_folders_beside_the_clone_are_for_tests(self):
        self.one_breach("beside the clone", "src/base/bad.cpp", "// .." + "/shared/data\n")

    def test_shell_scripts_parse(self):
        self.one_breach("syntax error", "test.sh", "if true; then\n")
        self.one_breach("syntax error", ".ci/run", "#!/usr/bin/env bash\nif true; then\n")


if __name__ == "__main__":
    unittest.main()
