"""check_dockerfile.py DOCKERFILE: holds it to hadolint, but for DL3008: one list of packages serves three
distributions, so their versions are not pinned. Proves that it can fail, too."""

import pathlib
import subprocess
import sys

HADOLINT = [pathlib.Path(sys.prefix) / "bin/hadolint", "--ignore", "DL3008"]

subprocess.run([*HADOLINT, sys.argv[1]], check=True)
broken = subprocess.run([*HADOLINT, "-"], input="FROM debian\nRUN cd /tmp\n", capture_output=True, text=True)
if broken.returncode == 0 or "DL3006" not in broken.stdout:
    sys.exit(f"a base without a tag was not refused:\n{broken.stdout}{broken.stderr}")
print("hadolint finds nothing")
