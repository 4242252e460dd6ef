"""Rules that the guides keep: what they name is there, and is what the program says. Each takes the root of
the tree and yields its breaches."""

import os
import re
import shutil
import subprocess
import tempfile

import expected
import kustomize
import manifests
import program

KUBERNETES = "k8s/README.md"
GITLAB = "docs/gitlab.md"
TEMPLATE = "docker/gitlab-smoke-test.yml"


def blocks(root, path, language):
    """The fenced blocks of a language in a guide."""
    return re.findall(rf"^```{language}\n(.*?)^```$", program.text_of(root, path), re.MULTILINE | re.DOTALL)


def files(root):
    """The guide names every manifest and component; and what either guide names is there."""
    text = program.text_of(root, KUBERNETES)
    wanted = [os.path.basename(path) for path in manifests.paths(root)]
    wanted += [os.path.dirname(path)[len("k8s/"):] for path, _ in kustomize.components(root)]
    for name in wanted:
        if f"`{name}`" not in text:
            yield f"{KUBERNETES}: does not name {name}"
    for guide in (KUBERNETES, GITLAB):
        text = program.text_of(root, guide)
        named = set(re.findall(r"\b(?:k8s|docs|docker)/[\w./-]*\w", text))
        for name in sorted(named):
            if not os.path.exists(os.path.join(root, name)):
                yield f"{guide}: there is no {name}"
        for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", text):
            linked = os.path.normpath(os.path.join(os.path.dirname(guide), target)) if target else guide
            headings = re.findall(r"^#+ (.*)$", program.text_of(root, linked), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
            if not headings or (anchor and anchor not in anchors):
                yield f"{guide}: a link leads nowhere: {target}#{anchor}"


def exit_codes(root):
    """The table of failing pods has a row for each exit code."""
    table = program.text_of(root, KUBERNETES).partition("| code | meaning |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([\d, ]+) \| .* \| .+ \|$", table, re.MULTILINE)
    listed = [int(code) for row in rows for code in row.split(",")]
    codes = program.exit_codes(root)
    if listed != sorted(set(codes.values()) - {codes["passed"]}):
        yield f"{KUBERNETES}: its exit codes are {listed}, and the program's {sorted(codes.values())}"
    retried = ", ".join(str(code) for code in program.retried_codes(root)[:-1])
    for guide in (KUBERNETES, GITLAB):
        if f"Exit codes {retried} and {program.retried_codes(root)[-1]}" not in program.text_of(root, guide):
            yield f"{guide}: does not say which codes are tried again"


def names(root):
    """What the commands call Jobs, labels, taint and plugin is what the manifests call them."""
    text = program.text_of(root, KUBERNETES)
    documents = [document for _, document in manifests.documents(root)]
    there = {
        r"\b(?:cron)?jobs?[/ ](mnist-demo[\w-]*)|job-name=([\w-]+)":
            {document["metadata"]["name"] for document in documents} | {"mnist-demo-now"},
        r"\bapp=([\w-]+)": {expected.LABELS["app"]},
        r"(\S*cluster-autoscaler\.kubernetes\.io[\w./-]*\w)": {expected.STARTUP_TAINT},
        r"(?:\bdaemonset/|--namespace )([\w-]*(?:plugin|resources))\b": {"nvidia-device-plugin", "gpu-resources"},
    }
    for pattern, known in there.items():
        found = {next(filter(None, match.groups())) for match in re.finditer(pattern, text)}
        if not found or not found <= known:
            yield f"{KUBERNETES}: names {sorted(found - known)}, and there is {sorted(known)}"


def metrics(root):
    """A metric that a guide names is one of the program's."""
    for name in sorted(set(re.findall(r"\bmnist_demo_\w+", program.text_of(root, KUBERNETES)))):
        if name not in program.metrics(root):
            yield f"{KUBERNETES}: the program has no metric {name}"


def drivers(root):
    """Whoever says which driver a tag needs says what the program says."""
    builds = program.builds(root)
    if not builds:
        yield "src/verdict/compatibility.cpp: its table of builds was not found"
    for path in (KUBERNETES, GITLAB, TEMPLATE):
        for tag, driver in builds.items():
            if not re.search(rf"\b{re.escape(tag)}\D+{re.escape(driver)}\b", program.text_of(root, path)):
                yield f"{path}: does not say that {tag} needs driver {driver}"


def every_node_numbers(root):
    """The commands that write the numbers of nodes and GPUs into every-node.yaml do so."""
    script = next(block for block in blocks(root, KUBERNETES, "sh") if "sed -i" in block)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(root, "k8s"), os.path.join(folder, "k8s"))
        # As kubectl answers for five nodes with eight GPUs each.
        kubectl = 'kubectl() { case "$*" in *jsonpath*) printf 8 ;; *) printf "node/%s\\n" a b c d e ;; esac; }\n'
        ran = subprocess.run(["bash", "-euc", kubectl + script], cwd=folder, capture_output=True, text=True,
                             check=False)
        if ran.returncode != 0:
            yield f"{KUBERNETES}: the commands for every-node.yaml fail: {ran.stderr}"
        for path, _, job, _, container in manifests.our_jobs(folder):
            if path == "k8s/every-node.yaml":
                asked = container["resources"]["limits"]["nvidia.com/gpu"]
                found = (job["completions"], job["parallelism"], asked,
                         manifests.flag_value(container, "expect_gpus"))
                if found != (5, 5, 8, "8"):
                    yield f"{KUBERNETES}: the commands for every-node.yaml write {found}"


ALL = (files, exit_codes, names, metrics, drivers, every_node_numbers)
