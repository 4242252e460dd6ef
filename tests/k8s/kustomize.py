"""Does what the components of k8s/ say, for the little of kustomize that they use."""

import copy
import glob
import os

import yaml

import manifests


class Unresolved(Exception):
    """What a kustomization names is not there, or not of the kind that is understood here."""


def merged(document, patch):
    """A strategic merge of maps alone: of lists only a schema could say how they merge."""
    for key, value in patch.items():
        if isinstance(value, list):
            raise Unresolved(f"merges the list {key}")
        if isinstance(value, dict):
            merged(document.setdefault(key, {}), value)
        else:
            document[key] = value
    return document


def with_added(document, operation):
    """One "add" of a JSON patch."""
    if operation["op"] != "add":
        raise Unresolved(f"has the operation {operation['op']}")
    *parents, last = operation["path"].strip("/").split("/")
    place = document
    for parent in parents:
        place = place[int(parent) if isinstance(place, list) else parent]
    value = copy.deepcopy(operation["value"])
    if isinstance(place, list):
        place.append(value)
    elif last in place:
        raise Unresolved(f"replaces {operation['path']}, which is there already")
    else:
        place[last] = value
    return document


def patched(component, document):
    """A document after the patches of a component that are for its kind."""
    document = copy.deepcopy(document)
    for entry in component["patches"]:
        if entry["target"] != {"kind": document["kind"]}:
            continue
        patch = yaml.safe_load(entry["patch"])
        if isinstance(patch, dict):
            name = document["metadata"]["name"]
            merged(document, patch)["metadata"]["name"] = name
        else:
            for operation in patch:
                with_added(document, operation)
    return document


def components(root):
    """(path, component) of each below k8s/."""
    for path in sorted(glob.glob(os.path.join(root, "k8s/*/**/kustomization.yaml"), recursive=True)):
        yield os.path.relpath(path, root), manifests.read(path)[0]
