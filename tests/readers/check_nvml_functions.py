#!/usr/bin/env python3
"""check_nvml_functions.py COMPILER SOURCE_FOLDER FILE: compiles FILE, whose static assertions hold
our declarations of NVML to those of the header in the installed package. Proves that it can fail, too."""

import pathlib
import subprocess
import sys
import sysconfig

compiler, sources, file = sys.argv[1:]
site = pathlib.Path(sysconfig.get_path("purelib"))
include = next(site.glob("nvidia/**/nvml.h")).parent
command = [compiler, "-std=c++20", "-fsyntax-only", "-I", sources, "-isystem", str(include), file]
subprocess.run(command, check=True)
broken = subprocess.run(command + ["-DMNIST_BREAK_THE_CHECK"], capture_output=True, text=True)
if broken.returncode == 0 or "static assertion failed" not in broken.stderr:
    sys.exit(f"a wrong declaration was not refused:\n{broken.stderr}")
print("our declarations are the header's")
