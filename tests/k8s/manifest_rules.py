"""Rules that the manifests of k8s/ keep. Each takes the root of the tree and yields its breaches."""

import functools

from kubernetes_validate import SchemaNotFoundError, ValidationError, utils, validate

import expected
import manifests
import program

# The same few large files, for each document and version.
utils.schema_contents = functools.cache(utils.schema_contents)

def schema_breaches_of(where, document, versions):
    """What a document breaks of the strict schema of each version."""
    for version in versions:
        try:
            used = validate(document, version, strict=True)
            if used != version:
                yield f"{where}: there is no schema of Kubernetes {version}, the nearest is {used}"
        except (utils.VersionNotSupportedError, SchemaNotFoundError) as failure:
            yield f"{where}: {failure.message}"
        except ValidationError as failure:
            place = ".".join(str(part) for part in failure.path)
            yield f"{where}: Kubernetes {version}: {place}: {failure.message}"


def schemas(root):
    """Each manifest says for which versions it is, and is valid in each."""
    for path in manifests.paths(root):
        if not manifests.versions(root, path):
            yield f"{path}: no line '# Kubernetes 1.N to 1.M'"
    for path, document in manifests.documents(root):
        yield from schema_breaches_of(path, document, manifests.versions(root, path))


def whole(root):
    """Each is what it is to be, but for the numbers that a user writes into two of them."""
    found = {}
    for path, document in manifests.documents(root):
        found.setdefault(path, []).append(document)

    def number(path):
        """How many GPUs a Job asks for."""
        pod = found[path][0]["spec"]["template"]["spec"]
        return pod["containers"][0]["resources"]["limits"].get("nvidia.com/gpu")

    every_node, mig_single = "k8s/every-node.yaml", "k8s/mig-single.yaml"
    wanted = expected.documents(program.retried_codes(root), found[every_node][0]["spec"]["completions"],
                                number(every_node), number(mig_single))
    for path in sorted({*found, *wanted}):
        numbered = [dict(enumerate(documents.get(path, []), 1)) for documents in (found, wanted)]
        yield from manifests.differences(path, *numbered)


def known_flags(root):
    """The program knows every flag that a manifest gives."""
    for path, document in manifests.documents(root):
        job = manifests.job_of(document)
        if job:
            for container in job["template"]["spec"]["containers"]:
                yield from program.flag_breaches(root, path, container["args"])


def deadlines(root):
    """A soak ends before its deadline, and a run before its Job's, which also waits for node and image, and for
    somebody to take the reports."""
    for path, _, job, _, container in manifests.our_jobs(root):
        soak = float(manifests.flag_value(container, "soak") or 0)
        deadline = float(manifests.flag_value(container, "deadline") or "inf")
        if deadline < soak + 240:
            yield f"{path}: --deadline leaves no time beside --soak"
        if job.get("activeDeadlineSeconds", 0) < deadline + 1200 + 900:
            yield f"{path}: activeDeadlineSeconds leaves no time for a new node, a pull and the reports"


def predecessor(root):
    """The predecessor's Job says what is wrong with it."""
    if "OnFailure" not in program.text_of(root, "k8s/predecessor.yaml").split("apiVersion")[0]:
        yield "k8s/predecessor.yaml: does not say what OnFailure can hide"


ALL = (schemas, whole, known_flags, deadlines, predecessor)
