"""Rules that the manifests of k8s/ keep. Each takes the root of the tree and yields its breaches."""

import functools

from kubernetes_validate import SchemaNotFoundError, ValidationError, utils, validate

import manifests
import program

# The same few large files, for each document and version.
utils.schema_contents = functools.cache(utils.schema_contents)

# The Job of the AKS documentation, but for its image.
PREDECESSOR_POD = {
    "containers": [{
        "name": "samples-tf-mnist-demo",
        "args": ["--max_steps", "500"],
        "imagePullPolicy": "IfNotPresent",
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }],
    "restartPolicy": "OnFailure",
    "tolerations": [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
}


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


def exit_codes(root):
    """A failure is tried again only where another try can change it."""
    retried = program.retried_codes(root)
    for path, _, job, pod, container in manifests.our_jobs(root):
        action = "FailIndex" if job.get("completionMode") == "Indexed" else "FailJob"
        expected = [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": action, "onExitCodes": {
                "containerName": container["name"], "operator": "NotIn", "values": retried}},
        ]
        if job.get("podFailurePolicy", {}).get("rules") != expected:
            yield f"{path}: its podFailurePolicy is not to ignore disruption, then {action} but on {retried}"
        if pod.get("restartPolicy") != "Never":
            yield f"{path}: a podFailurePolicy needs restartPolicy: Never"


def known_flags(root):
    """The program knows every flag that a manifest gives."""
    for path, document in manifests.documents(root):
        job = manifests.job_of(document)
        if job:
            for container in job["template"]["spec"]["containers"]:
                yield from program.flag_breaches(root, path, container["args"])


def shared_parts(document, job, pod, container):
    """What is to be the same wherever we run the program."""
    return {
        "labels": document["metadata"]["labels"],
        "pod's labels": job["template"]["metadata"]["labels"],
        "image": container["image"],
        "imagePullPolicy": container.get("imagePullPolicy"),
        "container's securityContext": container.get("securityContext"),
        "env": container.get("env"),
        "terminationMessagePolicy": container.get("terminationMessagePolicy"),
        "pod's securityContext": pod.get("securityContext"),
        "automountServiceAccountToken": pod.get("automountServiceAccountToken"),
        "--max_steps": manifests.flag_value(container, "max_steps"),
        "--min_accuracy": manifests.flag_value(container, "min_accuracy"),
    }


def sameness(root):
    """What must be the same in several manifests is."""
    jobs = list(manifests.our_jobs(root))
    model = next(job for job in jobs if job[0] == "k8s/job.yaml")
    wanted = shared_parts(*model[1:])
    for path, document, job, pod, container in jobs:
        for part, value in shared_parts(document, job, pod, container).items():
            if value is None or value != wanted[part]:
                yield f"{path}: {part} is {value}, and in job.yaml {wanted[part]}"
        if document["kind"] == "Job" and job.get("ttlSecondsAfterFinished") != 86400:
            yield f"{path}: a finished Job is to stay for a day"
        missing = [each for each in model[3]["tolerations"] if each not in pod.get("tolerations", [])]
        if missing and not path.endswith("/cpu.yaml"):
            yield f"{path}: does not tolerate {missing}, as job.yaml does"
    for path, document in manifests.documents(root):
        job = manifests.job_of(document)
        if job and job["template"]["spec"]["containers"][0]["image"] != wanted["image"]:
            yield f"{path}: another image than job.yaml"


def model(root):
    """job.yaml has what the others are then held to have, too."""
    _, document, job, pod, container = next(
        each for each in manifests.our_jobs(root) if each[0] == "k8s/job.yaml")
    expected = {
        "name": (document["metadata"]["name"], "mnist-demo"),
        "labels": (job["template"]["metadata"]["labels"], {"app": "mnist-demo"}),
        "limits": (container["resources"]["limits"].get("nvidia.com/gpu"), 1),
        "imagePullPolicy": (container["imagePullPolicy"], "IfNotPresent"),
        "container's securityContext": (container["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}}),
        "pod's securityContext": (pod["securityContext"], {
            "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}),
        "env": ({variable["name"]: variable["valueFrom"]["fieldRef"]["fieldPath"]
                 for variable in container["env"]},
                {"NODE_NAME": "spec.nodeName", "POD_NAME": "metadata.name",
                 "POD_NAMESPACE": "metadata.namespace"}),
        "tolerations": ({each["key"] for each in pod["tolerations"]}, {"nvidia.com/gpu", "sku"}),
        "runtimeClassName, which breaks other clusters": (pod.get("runtimeClassName"), None),
    }
    for part, (found, wanted) in expected.items():
        if found != wanted:
            yield f"k8s/job.yaml: {part}: {found}, and not {wanted}"


def gpus(root):
    """Each asks for GPUs in one way, and expects as many as it asks for."""
    for path, _, job, _, container in manifests.our_jobs(root):
        resources = container["resources"]
        asked = [count for name, count in resources["limits"].items() if name.startswith("nvidia.com/")]
        asked += [1 for _ in resources.get("claims", [])]
        on_cpu = manifests.flag_value(container, "device") == "cpu"
        if len(asked) != (0 if on_cpu else 1):
            yield f"{path}: asks for GPUs in {len(asked)} ways"
            continue
        expected = manifests.flag_value(container, "expect_gpus")
        if expected and int(expected) != asked[0]:
            yield f"{path}: asks for {asked[0]} GPUs and expects {expected}"
        if asked and asked[0] > 1 and manifests.flag_value(container, "device") != "all":
            yield f"{path}: asks for {asked[0]} GPUs and uses one"
        if job.get("completionMode") == "Indexed" and (
                job["completions"] != job["parallelism"] or not expected):
            yield f"{path}: every node at once, and a number of GPUs that each is to have"


def deadlines(root):
    """A soak ends before its deadline, and a run before its Job's, which also waits for node and image."""
    for path, _, job, _, container in manifests.our_jobs(root):
        soak = float(manifests.flag_value(container, "soak") or 0)
        deadline = float(manifests.flag_value(container, "deadline") or "inf")
        if deadline < soak + 240:
            yield f"{path}: --deadline leaves no time beside --soak"
        if job.get("activeDeadlineSeconds", 0) < deadline + 1200:
            yield f"{path}: activeDeadlineSeconds leaves no time for a new node and a pull"


def predecessor(root):
    """The predecessor's Job is as it was but for the image."""
    for path, document in manifests.documents(root):
        if not path.endswith("/predecessor.yaml"):
            continue
        pod = document["spec"]["template"]["spec"]
        containers = [{key: value for key, value in container.items() if key != "image"}
                      for container in pod["containers"]]
        if {**pod, "containers": containers} != PREDECESSOR_POD or list(document["spec"]) != ["template"]:
            yield f"{path}: differs from the predecessor's Job in more than the image"
        if "OnFailure" not in program.text_of(root, path).split("apiVersion")[0]:
            yield f"{path}: does not say what OnFailure can hide"


ALL = (schemas, exit_codes, known_flags, model, sameness, gpus, deadlines, predecessor)
