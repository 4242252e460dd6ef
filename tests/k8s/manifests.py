"""Reads k8s/: its manifests, what each says it is for, and the pods within."""

import glob
import os
import re

import yaml

# The one in C, where there is one, is ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VERSIONS = re.compile(r"^# Kubernetes (\d+)\.(\d+) to (\d+)\.(\d+)\b", re.MULTILINE)


def read(path):
    """The documents of a YAML file."""
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.load_all(file, LOADER) if document]


def paths(root):
    """Every manifest, as paths relative to the root; kustomizations are none."""
    found = glob.glob(os.path.join(root, "k8s", "*.yaml"))
    return sorted(os.path.relpath(path, root) for path in found if not path.endswith("kustomization.yaml"))


def documents(root):
    """(path, document) of every manifest."""
    for path in paths(root):
        for document in read(os.path.join(root, path)):
            yield path, document


def versions(root, path):
    """The Kubernetes versions that a manifest says it is for, as "1.31"; none where it does not say."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        stated = VERSIONS.search(file.read())
    if not stated or stated[1] != stated[3]:
        return []
    return [f"{stated[1]}.{minor}" for minor in range(int(stated[2]), int(stated[4]) + 1)]


def job_of(document):
    """The specification of a Job, or of the one that a CronJob makes; else None."""
    if document["kind"] == "Job":
        return document["spec"]
    if document["kind"] == "CronJob":
        return document["spec"]["jobTemplate"]["spec"]
    return None


def is_ours(document):
    """Whether it runs the program as we would; the predecessor's Job runs it as it always was."""
    return job_of(document) is not None and document["metadata"]["labels"].get("app") == "mnist-demo"


def our_jobs(root):
    """(path, document, Job's specification, pod's specification, main container) of each of ours."""
    for path, document in documents(root):
        if is_ours(document):
            pod = job_of(document)["template"]["spec"]
            yield path, document, job_of(document), pod, pod["containers"][0]


def flag_value(container, name):
    """What --NAME=VALUE gives, as text; None where the flag is not there."""
    for word in container["args"]:
        if isinstance(word, str) and word.startswith(f"--{name}="):
            return word.partition("=")[2]
    return None


def differences(where, found, wanted):
    """Each place within two nested values where they differ."""
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        found, wanted = dict(enumerate(found)), dict(enumerate(wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            yield from differences(f"{where}: {key}", found.get(key), wanted.get(key))
    elif found != wanted or type(found) is not type(wanted):
        yield f"{where} is {found!r}, and is to be {wanted!r}"
