"""Rules that the kustomizations of k8s/ keep. Each takes the root of the tree and yields its breaches."""

import os
import subprocess
import tempfile

import expected
import kustomize
import manifest_rules
import manifests

POOL_LABELS = {
    "aks": "kubernetes.azure.com/agentpool",
    "eks": "eks.amazonaws.com/nodegroup",
    "gke": "cloud.google.com/gke-nodepool",
}


def the_kustomization(root):
    """What `kubectl apply -k k8s/` reads names files that are there, a namespace, and our image: as it is before a
    push, or by the digest that a push wrote."""
    path = "k8s/kustomization.yaml"
    found = manifests.read(os.path.join(root, path))[0]
    for name in found["resources"]:
        if f"k8s/{name}" not in manifests.paths(root):
            yield f"{path}: there is no manifest {name}"
    folders = [os.path.dirname(name) for name, _ in kustomize.components(root)]
    for name in found["components"]:
        if f"k8s/{name}" not in folders:
            yield f"{path}: there is no component {name}"
    if not found.get("namespace"):
        yield f"{path}: no namespace"
    image = {"name": "mnist-demo", "newName": "mnist-demo", "newTag": "12.9"}
    pushed = found["images"][0]
    if "digest" in pushed:
        image = {"name": "mnist-demo", "newName": pushed.get("newName"), "digest": pushed["digest"]}
    of_a_user = {key: found.get(key) for key in ("namespace", "resources", "components")}
    yield from manifests.differences(path, found, of_a_user | {
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "images": [image]})


def resolved(root):
    """Each component changes every Job, to what is valid in each of its versions."""
    for path, component in kustomize.components(root):
        if component["kind"] != "Component":
            yield f"{path}: is no Component"
        for name, document in manifests.documents(root):
            if document["kind"] != "Job":
                continue
            where = f"{path} with {name}"
            try:
                result = kustomize.patched(component, document)
            except (kustomize.Unresolved, KeyError, IndexError, TypeError) as failure:
                yield f"{where}: {failure}"
                continue
            if result == document:
                yield f"{where}: changes nothing"
            for breach in manifest_rules.schema_breaches_of(where, result, manifests.versions(root, name)):
                yield breach


def pools(root):
    """Each pool's component pins Jobs and CronJobs by the label of its cloud."""
    for cloud, label in POOL_LABELS.items():
        path = f"k8s/pool/{cloud}/kustomization.yaml"
        component = dict(kustomize.components(root)).get(path)
        for name, document in manifests.documents(root):
            if component and manifests.is_ours(document):
                pod = manifests.job_of(kustomize.patched(component, document))["template"]["spec"]
                if list(pod.get("nodeSelector", {})) != [label]:
                    yield f"{path} with {name}: not pinned by {label} alone"
        if not component:
            yield f"{path}: is not there"


def waits(path, script, mounted):
    """The script ends when the reports were taken, and else after a quarter of an hour."""
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (900, 0):
            counted = f"sleep() {{ slept=$((slept + $1)); }}\nslept=0\n{script.replace(mounted, folder)}\necho $slept"
            ran = subprocess.run(["sh", "-c", counted], capture_output=True, text=True, timeout=20, check=False)
            if ran.stdout != f"{seconds}\n":
                yield f"{path}: the script waits {ran.stdout.strip()} s and not {seconds}: {ran.stderr}"
            with open(os.path.join(folder, "taken"), "w", encoding="utf-8"):
                pass


def reports(root):
    """The component for reports has the program write where the container that waits sees them."""
    path = "k8s/reports/kustomization.yaml"
    component = dict(kustomize.components(root))[path]
    job = next(document for name, document in manifests.documents(root) if name == "k8s/job.yaml")
    pod = kustomize.patched(component, job)["spec"]["template"]["spec"]
    program, waiting = pod["containers"]
    mounted = program["volumeMounts"][0]["mountPath"]
    for flag in ("json", "junit", "metrics"):
        file = manifests.flag_value(program, flag)
        if not file or os.path.dirname(file) != mounted:
            yield f"{path}: --{flag} does not go to {mounted}"
    script = waiting["args"][0]
    yield from manifests.differences(f"{path}: the container that waits", waiting, {
        "name": "reports", "image": program["image"], "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c"], "args": [script], "securityContext": expected.RESTRICTED,
        "volumeMounts": program["volumeMounts"]})
    yield from waits(path, script, mounted)
    if [volume["name"] for volume in pod["volumes"]] != [program["volumeMounts"][0]["name"]]:
        yield f"{path}: the volume is not the one that is mounted"


ALL = (the_kustomization, resolved, pools, reports)
