"""What the program's own sources say of its exit codes, flags and metrics."""

import os
import re


def text_of(root, path):
    """A file's text; empty where there is none."""
    full = os.path.join(root, path)
    if not os.path.isfile(full):
        return ""
    with open(full, encoding="utf-8") as file:
        return file.read()


def exit_codes(root):
    """Name -> number, from the enumeration that the program ends with."""
    found = re.findall(r"^  (\w+) = (\d+),", text_of(root, "src/base/exit_code.hpp"), re.MULTILINE)
    return {name: int(number) for name, number in found}


def retried_codes(root):
    """The codes of what another try can change, in their order."""
    codes = exit_codes(root)
    return [codes[name] for name in ("not_ready", "busy", "data_unavailable")]


def flags(root):
    """Name -> whether it takes a value, from the table that the program parses by."""
    found = re.findall(r'^\s*\{"(\w+)", (nullptr|"\w+"),', text_of(root, "src/flags.cpp"), re.MULTILINE)
    return {name: argument != "nullptr" for name, argument in found}


def builds(root):
    """Tag of an image -> least driver, from the table by which the program advises."""
    found = re.findall(r'\{"(\d+\.\d+)", \d+, "([\d.]+)"', text_of(root, "src/verdict/compatibility.cpp"))
    return dict(found)


def metrics(root):
    """The names of all metrics, less the prefix that is put together at run time."""
    folder = os.path.join(root, "src/report")
    text = "".join(text_of(root, os.path.join("src/report", name)) for name in sorted(os.listdir(folder)))
    return set(re.findall(r'"(mnist_demo\w*)"', text))


def flag_breaches(root, where, words):
    """Flags among a command's words that the program does not know, and words that are no flag's value."""
    known = flags(root)
    if not known:
        yield "src/flags.cpp: its table of flags was not found"
        return
    value_follows = False
    for word in words:
        if value_follows:
            value_follows = False
            continue
        if not isinstance(word, str) or not word.startswith("--"):
            yield f"{where}: {word!r} is neither a flag nor the value of one"
            continue
        name, equals, _ = word[2:].partition("=")
        if name not in known:
            yield f"{where}: the program has no flag --{name}"
        value_follows = known.get(name, False) and not equals
