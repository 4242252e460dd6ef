"""What each manifest is to say, whole: job.yaml, and how every other differs from it."""

LABELS = {"app": "mnist-demo"}
RUN = ["--max_steps=500", "--min_accuracy=0.95", "--deadline=300"]
STARTUP_TAINT = "startup-taint.cluster-autoscaler.kubernetes.io/mnist-demo"
TOLERATIONS = [
    {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"},
]
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def resources(gpus, cpu="1", memory="1Gi", limit="4Gi"):
    """gpus: what is added to the limits."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit} | gpus}


def several(gpus):
    """The resources of a pod with several GPUs."""
    return resources({"nvidia.com/gpu": gpus}, "2", "4Gi", "16Gi")


def job(retried, args=(*RUN,), asked=None, action="FailJob", **changes):
    """The specification of a Job. changes: of its own fields, or of its pod's in `pod`; None leaves one out."""
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "tolerations": TOLERATIONS,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "mnist-demo",
            "image": "mnist-demo:12.9",
            "imagePullPolicy": "IfNotPresent",
            "args": list(args),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "env": [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in (
                ("NODE_NAME", "spec.nodeName"), ("POD_NAME", "metadata.name"),
                ("POD_NAMESPACE", "metadata.namespace"))],
            "resources": asked or resources({"nvidia.com/gpu": 1}),
            "securityContext": RESTRICTED,
        }],
    } | changes.pop("pod", {})
    whole = {
        "backoffLimit": 4,
        "activeDeadlineSeconds": 3600,
        "ttlSecondsAfterFinished": 86400,
        "podFailurePolicy": {"rules": [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": action, "onExitCodes": {
                "containerName": "mnist-demo", "operator": "NotIn", "values": retried}},
        ]},
        "template": {"metadata": {"labels": LABELS},
                     "spec": {name: part for name, part in pod.items() if part is not None}},
    } | changes
    return {name: part for name, part in whole.items() if part is not None}


def named(name, specification):
    """A Job."""
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": LABELS},
            "spec": specification}


def every_node(retried, nodes, gpus):
    """A pod on each of the nodes, which has all of its GPUs."""
    others = {"matchLabels": {"batch.kubernetes.io/job-name": "mnist-demo-every-node"}}
    return job(
        retried,
        ["--device=all", f"--expect_gpus={gpus}", *RUN[:2], "--soak=60", "--deadline=600"],
        several(gpus), "FailIndex", backoffLimit=None, backoffLimitPerIndex=2, completionMode="Indexed",
        completions=nodes, parallelism=nodes,
        pod={"tolerations": [*TOLERATIONS, {"key": STARTUP_TAINT, "operator": "Exists"}],
             "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                 {"topologyKey": "kubernetes.io/hostname", "labelSelector": others}]}}})


def cronjob(retried):
    """Every night; history in place of a time to live."""
    return {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "mnist-demo-nightly", "labels": LABELS},
        "spec": {
            "schedule": "0 3 * * *", "timeZone": "Etc/UTC", "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600, "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 7,
            "jobTemplate": {"metadata": {"labels": LABELS}, "spec": job(retried, ttlSecondsAfterFinished=None)},
        },
    }


CLAIM = {
    "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate",
    "metadata": {"name": "mnist-demo-gpu", "labels": LABELS},
    "spec": {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.com"}}]}}},
}

# The Job of the AKS documentation, but for its image.
PREDECESSOR = {
    "apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"labels": {"app": "samples-tf-mnist-demo"}, "name": "samples-tf-mnist-demo"},
    "spec": {"template": {
        "metadata": {"labels": {"app": "samples-tf-mnist-demo"}},
        "spec": {
            "containers": [{
                "name": "samples-tf-mnist-demo",
                "image": "mnist-demo:12.9",
                "args": ["--max_steps", "500"],
                "imagePullPolicy": "IfNotPresent",
                "resources": {"limits": {"nvidia.com/gpu": 1}},
            }],
            "restartPolicy": "OnFailure",
            "tolerations": TOLERATIONS[1:],
        },
    }},
}

PLUGIN_LABELS = {"app": "nvidia-device-plugin"}
PLUGIN = {
    "apiVersion": "apps/v1", "kind": "DaemonSet",
    "metadata": {"name": "nvidia-device-plugin", "namespace": "gpu-resources", "labels": PLUGIN_LABELS},
    "spec": {
        "selector": {"matchLabels": PLUGIN_LABELS},
        "template": {
            "metadata": {"labels": PLUGIN_LABELS},
            "spec": {
                "priorityClassName": "system-node-critical",
                "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}, *TOLERATIONS,
                                {"key": STARTUP_TAINT, "operator": "Exists"}],
                "containers": [{
                    "name": "nvidia-device-plugin",
                    "image": "nvcr.io/nvidia/k8s-device-plugin:v0.18.0",
                    "imagePullPolicy": "IfNotPresent",
                    "env": [{"name": "FAIL_ON_INIT_ERROR", "value": "false"}],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "device-plugins", "mountPath": "/var/lib/kubelet/device-plugins"}],
                }],
                "volumes": [{"name": "device-plugins", "hostPath": {
                    "path": "/var/lib/kubelet/device-plugins", "type": "Directory"}}],
            },
        },
    },
}


def documents(retried, nodes, gpus, slices):
    """Path -> documents. retried: the exit codes that another try can change; the others are the numbers
    that a user writes into every-node.yaml and mig-single.yaml."""
    claimed = resources({}) | {"claims": [{"name": "gpu"}]}
    return {
        "k8s/job.yaml": [named("mnist-demo", job(retried))],
        "k8s/cpu.yaml": [named("mnist-demo-cpu", job(
            retried, ["--device=cpu", *RUN], resources({}, memory="256Mi", limit="1Gi"), pod={"tolerations": None}))],
        "k8s/cronjob.yaml": [cronjob(retried)],
        "k8s/dra.yaml": [CLAIM, named("mnist-demo-dra", job(retried, asked=claimed, pod={
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "mnist-demo-gpu"}]}))],
        "k8s/every-node.yaml": [named("mnist-demo-every-node", every_node(retried, nodes, gpus))],
        "k8s/mig-mixed.yaml": [named("mnist-demo-mig-mixed", job(
            retried, ["--expect_gpus=1", *RUN], resources({"nvidia.com/mig-1g.10gb": 1})))],
        "k8s/mig-single.yaml": [named("mnist-demo-mig-single", job(
            retried, ["--device=all", f"--expect_gpus={slices}", *RUN], several(slices)))],
        "k8s/soak.yaml": [named("mnist-demo-soak", job(
            retried, ["--soak=3600", "--strict", *RUN[:2], "--eval_every=0", "--deadline=4200"],
            activeDeadlineSeconds=7200))],
        "k8s/predecessor.yaml": [PREDECESSOR],
        "k8s/device-plugin.yaml": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gpu-resources"}}, PLUGIN],
    }
