"""Rules of style for YAML and for the shell within it and within the guides. Each takes the root of the tree
and yields its breaches."""

import glob
import os
import subprocess
import sys

import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

import gitlab_rules
import guide_rules
import kustomize
import manifests


def yaml_files(root):
    """Every YAML file of ours, as paths relative to the root."""
    found = [".yamllint", gitlab_rules.PIPELINE, gitlab_rules.TEMPLATE]
    found += [os.path.relpath(path, root)
              for path in glob.glob(os.path.join(root, "k8s/**/*.yaml"), recursive=True)]
    return sorted(found)


def yaml_style(root):
    """YAML passes yamllint."""
    config = YamlLintConfig(file=os.path.join(root, ".yamllint"))
    for path in yaml_files(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for problem in linter.run(file.read(), config):
                yield f"{path}:{problem.line}: {problem.message}"


def scripts(root):
    """(where, shell, script) of every script that another file holds."""
    for name, job in gitlab_rules.jobs(gitlab_rules.pipeline(root)).items():
        yield f"{gitlab_rules.PIPELINE}: {name}", "sh", gitlab_rules.script_of(job)
    containers = [(path, container) for path, document in manifests.documents(root) if manifests.job_of(document)
                  for container in manifests.job_of(document)["template"]["spec"]["containers"]]
    for path, component in kustomize.components(root):
        for entry in component["patches"]:
            patch = yaml.safe_load(entry["patch"])
            values = [operation["value"] for operation in patch] if isinstance(patch, list) else []
            containers += [(path, value) for value in values if isinstance(value, dict) and "command" in value]
    for path, container in containers:
        if container.get("command", [None])[0] == "sh":
            yield path, "sh", container["args"][0]
    for guide in (guide_rules.KUBERNETES, guide_rules.GITLAB):
        for number, block in enumerate(guide_rules.blocks(root, guide, "sh"), 1):
            yield f"{guide}: command block {number}", "bash", block


def shell_style(root):
    """Every script passes shellcheck."""
    shellcheck = os.path.join(os.path.dirname(sys.executable), "shellcheck")
    for where, shell, script in scripts(root):
        checked = subprocess.run([shellcheck, "--shell", shell, "--format", "gcc", "-"], input=script,
                                 capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            yield f"{where}: {checked.stdout}{checked.stderr}"


ALL = (yaml_style, shell_style)
