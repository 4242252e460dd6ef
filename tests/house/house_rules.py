#!/usr/bin/env python3
"""Rules of the project that no compiler checks. house_rules.py ROOT prints each breach, one a line."""

import os
import re
import subprocess
import sys

# Headers of formulas that kernels use too are known by this word; they include these and each other.
FORMULA = "MNIST_HOST_DEVICE"
FORMULA_INCLUDES = {"cstdint", "cmath"}
CUDA_HEADER = re.compile(r"cuda|cudnn|cublas|curand|cupti|nccl|nvml|nvtx|cooperative_groups|cub/|thrust/")
CUDA_FOLDERS = ("cuda/", "tests/cuda/", "bench/cuda/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
REGISTRY_HOST = re.compile(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|crates[.]io|golang[.]org")
SIBLING_FOLDER = re.compile(r"[.][.]/shared")
SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}


def files_of(root):
    """Every file of the project, as paths relative to its root."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def text_of(root, path):
    """The lines of a text file; none for a link, a file that is not there, or one that is not text."""
    full = os.path.join(root, path)
    if os.path.islink(full) or not os.path.isfile(full):
        return []
    try:
        with open(full, encoding="utf-8") as file:
            return file.read().splitlines()
    except UnicodeDecodeError:
        return []


def room_of(path):
    """'base' for src/base/shape.hpp, 'src' for src/main.cpp, 'cuda' for cuda/stream.cpp; else None."""
    parts = path.split("/")
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else "src"
    return parts[0] if parts[0] in ("cuda", "data") else None


def rooms_table(root):
    """Room -> rooms that it may include, from the table of docs/architecture.md."""
    rows = {}
    for line in text_of(root, "docs/architecture.md"):
        row = re.match(r"\|\s*`(?:src/)?(\w+)/`\s*\|.*\|([^|]*)\|\s*$", line)
        if row:
            rows[row[1]] = row[2].strip()
    table = {}
    for room, cell in rows.items():
        table[room] = set(rows) if cell == "all" else {room}
        for word in cell.split(","):
            name, _, below = word.strip().partition(" and ")
            if name in table:
                table[room] |= table[name] if below == "below" else {name}
    return table


def is_formula(path, lines):
    """Whether a header of src/ holds what kernels use too."""
    return path.startswith("src/") and path.endswith(".hpp") and any(FORMULA in line for line in lines)


def include_breaches(root, path, lines, table):
    """What the includes of one source file break."""
    room = room_of(path)
    if room and room not in table:
        yield f"{path}: docs/architecture.md has no row for the room {room}"
        return
    formula = is_formula(path, lines)
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        quote, target = include.groups()
        where = f"{path}:{number}"
        if formula and target not in FORMULA_INCLUDES and not is_formula(
                "src/" + target, text_of(root, "src/" + target)):
            yield f"{where}: shared formulas include <cstdint>, <cmath> and each other, not {target}"
        if quote == "<":
            if CUDA_HEADER.match(target) and not path.startswith(CUDA_FOLDERS):
                yield f"{where}: <{target}> belongs to CUDA, and so under {', '.join(CUDA_FOLDERS)}"
        elif room:
            yield from room_breaches(root, path, where, target, table)


def room_breaches(root, path, where, target, table):
    """What one include in quotes breaks: it is relative to src/, or to the root for cuda/ and data/."""
    room = room_of(path)
    file = target if room_of(target) else "src/" + target
    other = room_of(file)
    if other != "data" and not os.path.exists(os.path.join(root, file)):
        yield f"{where}: there is no {file}; headers are named from src/"
    elif other == "cuda" and room != "cuda" and not path.startswith("src/make_engine."):
        yield f"{where}: only src/make_engine includes a header of cuda/"
    elif other not in table[room]:
        yield f"{where}: the room {room} may not include {other} ({target})"


def word_breaches(path, lines):
    """Words that no file may hold."""
    for number, line in enumerate(lines, 1):
        if REGISTRY_HOST.search(line):
            yield f"{path}:{number}: names the host of a package registry"
        if SIBLING_FOLDER.search(line) and not path.startswith("tests/"):
            yield f"{path}:{number}: only tests may look into a folder beside the clone"


def script_breaches(root, path, lines):
    """Shell scripts that bash cannot parse."""
    if path.endswith(".sh") or (lines and re.match(r"#!.*\b(ba)?sh$", lines[0])):
        command = ["bash", "-n", os.path.join(root, path)]
        checked = subprocess.run(command, capture_output=True, text=True)
        if checked.returncode != 0:
            yield f"{path}: {checked.stderr.strip()}"


def breaches(root):
    """Every breach of every rule."""
    table = rooms_table(root)
    for path in files_of(root):
        lines = text_of(root, path)
        if path.endswith((".cpp", ".hpp", ".cu", ".cuh", ".h")):
            yield from include_breaches(root, path, lines, table)
        yield from word_breaches(path, lines)
        yield from script_breaches(root, path, lines)


if __name__ == "__main__":
    all_found = list(breaches(sys.argv[1]))
    print("\n".join(all_found) if all_found else "no breach")
    sys.exit(1 if all_found else 0)
