#!/usr/bin/env python3
"""Holds manifests, pipeline and guides to their rules, and proves on broken copies that each rule can be
broken."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import unittest

import yaml

import gitlab_rules
import guide_rules
import kustomize
import kustomize_rules
import manifest_rules
import manifests
import style_rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READ = (".gitlab-ci.yml", ".yamllint", "docker", "docs", "k8s", "src/base/exit_code.hpp", "src/flags.cpp",
        "src/report", "src/verdict")
ROOMS = (manifest_rules, kustomize_rules, gitlab_rules, guide_rules, style_rules)

JOB = "k8s/job.yaml"
EVERY_NODE = "k8s/every-node.yaml"
PLUGIN = "k8s/device-plugin.yaml"
KUSTOMIZATION = "k8s/kustomization.yaml"
AKS = "k8s/pool/aks/kustomization.yaml"
REPORTS = "k8s/reports/kustomization.yaml"
PIPELINE = gitlab_rules.PIPELINE
TEMPLATE = gitlab_rules.TEMPLATE
GUIDE = guide_rules.KUBERNETES
GITLAB_GUIDE = guide_rules.GITLAB
CODES = "src/base/exit_code.hpp"

# Rule, file, what stands in it, what to put there, and what the breach then says.
BREACHES = (
    (manifest_rules.schemas, JOB, "backoffLimit:", "backofLimit:", "'backofLimit' was unexpected"),
    (manifest_rules.schemas, JOB, "imagePullPolicy:", "imagePullPolcy:", "Kubernetes 1.37"),
    (manifest_rules.schemas, JOB, "# Kubernetes 1.31 to 1.37", "# Kubernetes 1.31", "no line '# Kubernetes"),
    (manifest_rules.schemas, JOB, "to 1.37", "to 1.38", "does not support version 1.38"),
    (manifest_rules.schemas, JOB, 'status: "True"', "reason: x", "status"),
    (manifest_rules.schemas, "k8s/dra.yaml", "1.34 to", "1.33 to", "Couldn't find schema"),
    (manifest_rules.schemas, "k8s/device-plugin.yaml", "kind: DaemonSet", "kind: DaemonSte",
     "Couldn't find schema"),
    (manifest_rules.known_flags, JOB, "--max_steps", "--max_step", "no flag --max_step"),
    (manifest_rules.known_flags, JOB, "- --deadline=300", "- 300", "neither a flag"),
    (manifest_rules.known_flags, "src/flags.cpp", '"deadline", "SECONDS"', '"limit", "SECONDS"',
     "no flag --deadline"),
    (manifest_rules.whole, CODES, "busy = 15", "busy = 18", "is to be 18"),
    *((manifest_rules.whole, JOB, old, new, words) for old, new, words in (
        ("backoffLimit: 4", "suspend: true", "suspend is True"),
        ("backoffLimit: 4", "backoffLimit: 0", "backoffLimit is 0"),
        ("backoffLimit: 4", "backoffLimit: '4'", "backoffLimit is '4'"),
        ("[14, 15, 40]", "[14, 15]", "values is [14, 15]"),
        ("containerName: mnist-demo", "containerName: other", "containerName is 'other'"),
        ("- --max_steps=500", "- --device=auto", "'--device=auto'"),
        ("--max_steps=500", "--max_steps=5", "'--max_steps=5'"),
        ("memory: 4Gi", "memory: 4Mi", "memory is '4Mi'"),
        ("restartPolicy: Never", "restartPolicy: Never\n      hostNetwork: true", "hostNetwork is True"),
        ("restartPolicy: Never", "restartPolicy: Never\n      runtimeClassName: nvidia", "runtimeClassName is"),
        ("terminationMessagePolicy: FallbackToLogsOnError", "terminationMessagePolicy: File", "Policy is 'File'"),
        ("imagePullPolicy:", "terminationMessagePath: /x\n          imagePullPolicy:", "MessagePath is '/x'"),
        ("value: gpu", "value: gpus", "value is 'gpus'"),
        ("effect: NoSchedule", "effect: NoExecute", "effect is 'NoExecute'"),
        ("fieldPath: spec.nodeName", "fieldPath: spec.hostname", "fieldPath is 'spec.hostname'"),
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRootFilesystem is False"),
    )),
    *((manifest_rules.whole, EVERY_NODE, old, new, words) for old, new, words in (
        ("kubernetes.io/hostname", "topology.kubernetes.io/zone", "topologyKey is"),
        ("batch.kubernetes.io/job-name", "job", "matchLabels: job is"),
        ("            - --soak=60\n", "", "args is"),
        ("startup-taint.", "startup-taints.", "startup-taints."),
        ("backoffLimitPerIndex: 2", "backoffLimit: 2", "backoffLimitPerIndex is None"),
        ("FailIndex", "FailJob", "action is 'FailJob'"),
        ("--expect_gpus=1", "--expect_gpus=2", "'--expect_gpus=2'"),
        ("parallelism: 3", "parallelism: 2", "parallelism is 2"),
    )),
    *((manifest_rules.whole, PLUGIN, old, new, words) for old, new, words in (
        ("allowPrivilegeEscalation: false", "privileged: true", "privileged is True"),
        ("drop: [ALL]", "add: [SYS_ADMIN]", "drop is None"),
        ("key: sku", "key: ski", "key is 'ski'"),
        ("path: /var/lib/kubelet/device-plugins", "path: /var/lib/device-plugins", "path is '/var/lib/device-plugins'"),
        ("- name: device-plugins\n          host", "- name: plugins\n          host", "name is 'plugins'"),
        ("matchLabels:\n      app: nvidia", "matchLabels:\n      app: an-nvidia", "matchLabels: app is"),
        (":v0.18.0", ":latest", "latest"),
        ("namespace: gpu-resources", "namespace: kube-system", "namespace is 'kube-system'"),
    )),
    *((manifest_rules.whole, f"k8s/{name}.yaml", old, new, words) for name, old, new, words in (
        ("dra", "resourceClaimTemplateName: mnist-demo-gpu", "resourceClaimTemplateName: x", "TemplateName is 'x'"),
        ("dra", "deviceClassName: gpu.nvidia.com", "deviceClassName: gpu", "deviceClassName is 'gpu'"),
        ("dra", "claims:\n              - name: gpu", "claims:\n              - name: a", "name is 'a'"),
        ("mig-mixed", "nvidia.com/mig-1g.10gb", "nvidia.com/mig-1g.10GB", "mig-1g.10GB is 1"),
        ("mig-single", "--device=all", "--device=cuda", "'--device=cuda'"),
        ("soak", "--soak=3600", "--soak=36", "'--soak=36'"),
        ("soak", "            - --strict\n", "", "args is"),
        ("soak", "ttlSecondsAfterFinished: 86400", "suspend: false", "ttlSecondsAfterFinished is None"),
        ("cronjob", "0 3 * * *", "0 99 * * *", "schedule is '0 99 * * *'"),
        ("cronjob", "Etc/UTC", "Etc/UCT", "timeZone is 'Etc/UCT'"),
        ("cronjob", "image: mnist-demo:12.9", "image: mnist-demo:13.0", "image is 'mnist-demo:13.0'"),
        ("cpu", "--device=cpu", "--device=auto", "'--device=auto'"),
        ("predecessor", "OnFailure\n      tol", "Never\n      tol", "restartPolicy is 'Never'"),
    )),
    (manifest_rules.deadlines, "k8s/soak.yaml", "--deadline=4200", "--deadline=3600", "beside --soak"),
    (manifest_rules.deadlines, JOB, "activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 2000", "new node"),
    (manifest_rules.predecessor, "k8s/predecessor.yaml", "`restartPolicy: OnFailure`", "it", "can hide"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "- job.yaml", "- jobs.yaml", "no manifest jobs.yaml"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "components: []", "components: [pool/oke]",
     "no component"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "- name: mnist-demo", "- name: mnist",
     "name is 'mnist'"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "newName: mnist-demo", "newName: nginx", "newName is 'nginx'"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, 'newTag: "12.9"', 'newTag: "13.0"', "newTag is '13.0'"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "components: []", "components: []\nimagess: []",
     "imagess is []"),
    (kustomize_rules.the_kustomization, KUSTOMIZATION, "namespace: default", "", "no namespace"),
    (kustomize_rules.resolved, AKS, "nodeSelector:", "nodeSelecter:", "nodeSelecter"),
    (kustomize_rules.resolved, AKS, "kind: Job\n    patch", "kind: Jobs\n    patch", "changes nothing"),
    (kustomize_rules.resolved, REPORTS, "containers/0/args/-", "containers/1/args/-", "out of range"),
    (kustomize_rules.resolved, REPORTS, "path: /spec/template/spec/volumes", "path: /spec/template",
     "there already"),
    (kustomize_rules.resolved, REPORTS, "op: add", "op: move", "operation move"),
    (kustomize_rules.resolved, REPORTS, "kind: Component", "kind: Kustomization", "no Component"),
    (kustomize_rules.pools, AKS, "                  kubernetes.azure.com/agentpool", "                  agentpool",
     "cronjob.yaml: not pinned"),
    (kustomize_rules.reports, REPORTS, "--junit=/reports", "--junit=/report", "--junit does not go"),
    (kustomize_rules.reports, REPORTS, "image: mnist-demo:12.9", "image: busybox:1", "image is 'busybox:1'"),
    (kustomize_rules.reports, REPORTS, "-ge 900", "-ge 9", "waits 9 s and not 900"),
    (kustomize_rules.reports, REPORTS, "/reports/taken", "/reports/done", "waits 900 s and not 0"),
    (kustomize_rules.reports, REPORTS, "- name: reports\n            emptyDir", "- name: report\n            emptyDir",
     "volume"),
    (gitlab_rules.schema, TEMPLATE, "retry:", "retries:", "'retries' was unexpected"),
    (gitlab_rules.schema, PIPELINE, "script:", "scripts:", "'scripts' was unexpected"),
    (gitlab_rules.structure, PIPELINE, "needs: [build-image]", "needs: [image]", "needs image"),
    (gitlab_rules.structure, PIPELINE, "stages: [test, image, gpu]", "stages: [test, image]",
     "of the stage gpu"),
    (gitlab_rules.parts, TEMPLATE, "tags: [$MNIST_DEMO_GPU_RUNNER]", "tags: [gpu]", "tags: 0 is 'gpu'"),
    (gitlab_rules.parts, TEMPLATE, "if: $MNIST_DEMO_GPU_RUNNER", "when: always", "when is 'always'"),
    (gitlab_rules.parts, PIPELINE, " && $MNIST_DEMO_GPU_RUNNER", "", "gpu-smoke-test: rules: 0: if is"),
    (gitlab_rules.parts, TEMPLATE, 'entrypoint: [""]', "entrypoint: [sh]", "entrypoint: 0 is 'sh'"),
    (gitlab_rules.parts, TEMPLATE, "saas-linux-medium", "saas-linux-small", "MNIST_DEMO_GPU_RUNNER is"),
    (gitlab_rules.parts, TEMPLATE, 'TAG: "12.9"', 'TAG: "12.8"', "MNIST_DEMO_TAG is '12.8'"),
    (gitlab_rules.parts, PIPELINE, "-$CI_COMMIT_SHORT_SHA\n\n", "\n\n", "MNIST_DEMO_IMAGE is"),
    (gitlab_rules.parts, PIPELINE, "    - if: $CI_COMMIT_TAG\n", "    - when: always\n", "workflow: rules: 1: if is"),
    (gitlab_rules.parts, PIPELINE, "  services: [docker:28-dind]\n", "", "services is None"),
    (gitlab_rules.parts, PIPELINE, "    - if: $CI_REGISTRY_IMAGE\n", "    - when: manual\n",
     "build-image: rules: 0: when is 'manual'"),
    (gitlab_rules.parts, TEMPLATE, "[14, 15, 40]", "[14, 15, 17, 40]", "retry: exit_codes is"),
    (gitlab_rules.parts, TEMPLATE, "max: 2", "max: 0", "retry: max is 0"),
    (gitlab_rules.parts, CODES, "data_unavailable = 40", "data_unavailable = 42", "is 40, and is to be 42"),
    (gitlab_rules.parts, TEMPLATE, "timeout: 30 minutes", "timeout: 1 minute", "timeout is '1 minute'"),
    (gitlab_rules.parts, TEMPLATE, "  timeout:", "  allow_failure: true\n  timeout:", "allow_failure is True"),
    (gitlab_rules.parts, TEMPLATE, "when: always", "when: on_success", "when is 'on_success'"),
    (gitlab_rules.smoke_script, TEMPLATE, "- nvidia-smi ||", "- true ||", "ends with 0"),
    (gitlab_rules.smoke_script, TEMPLATE, "nvidia-smi || echo", "nvidia-smi ; echo", "ends with 9"),
    (gitlab_rules.smoke_script, TEMPLATE, "$MNIST_DEMO_FLAGS", "|| true", "ends with 0"),
    (gitlab_rules.smoke_script, TEMPLATE, "--junit junit.xml", "--junit tests.xml", "'tests.xml'"),
    (gitlab_rules.smoke_script, TEMPLATE, "--max_steps 500", "--max_steps 0", "is '0', and is to be '500'"),
    (gitlab_rules.smoke_script, TEMPLATE, " --min_accuracy 0.95", "", "mnist-demo is"),
    (gitlab_rules.smoke_script, TEMPLATE, "--deadline 300", "--dead_line 300", "no flag --dead_line"),
    (gitlab_rules.flags_of_the_guide, TEMPLATE, " --deadline 900", "", "leaves no time"),
    (gitlab_rules.flags_of_the_guide, GITLAB_GUIDE, "--deadline 900", "--deadline 800", "leaves no time"),
    (gitlab_rules.flags_of_the_guide, GITLAB_GUIDE, "900 --strict", "900 --strictly", "no flag --strictly"),
    (gitlab_rules.other_scripts, PIPELINE, "./test.sh", "./test.sh || true", "test ends with 0"),
    (gitlab_rules.other_scripts, PIPELINE, '--push "$CI_REGISTRY_IMAGE"', "", "build-image calls"),
    (gitlab_rules.other_scripts, PIPELINE, "      --tag", "      --tags", "build-image calls"),
    (gitlab_rules.other_scripts, PIPELINE, '"$CI_COMMIT_BRANCH" = ', '"$CI_COMMIT_BRANCH" != ', "calls on other"),
    (gitlab_rules.other_scripts, PIPELINE, "- apk add", "- true || apk add", "where apk fails"),
    (guide_rules.files, GUIDE, "| `cpu.yaml` |", "| CPU |", "does not name cpu.yaml"),
    (guide_rules.files, GUIDE, "-f k8s/cpu.yaml", "-f k8s/cpus.yaml", "no k8s/cpus.yaml"),
    (guide_rules.files, GUIDE, "(#the-image)", "(#an-image)", "leads nowhere"),
    (guide_rules.files, GITLAB_GUIDE, "(../k8s/README.md#", "(../k8s/READMES.md#", "leads nowhere"),
    (guide_rules.exit_codes, GUIDE, "| 32 | not", "| 33 | not", "its exit codes"),
    (guide_rules.exit_codes, CODES, "bug = 70", "bug = 71", "its exit codes"),
    (guide_rules.exit_codes, GITLAB_GUIDE, "Exit codes 14, 15 and 40", "Exit codes 14 and 15", "tried again"),
    (guide_rules.names, GUIDE, "logs job/mnist-demo\n", "logs job/mnist-demos\n", "['mnist-demos']"),
    (guide_rules.names, GUIDE, "job-name=mnist-demo-every-node", "job-name=mnist-demo-node", "['mnist-demo-node']"),
    (guide_rules.names, GUIDE, "--selector app=mnist-demo\n", "--selector app=mnist\n", "['mnist']"),
    (guide_rules.names, GUIDE, "taint node NODE startup-taint", "taint node NODE start-taint", "start-taint"),
    (guide_rules.names, GUIDE, "--namespace gpu-resources", "--namespace gpus-resources", "gpus-resources"),
    (guide_rules.metrics, GUIDE, "mnist_demo_gpu_duty_cycle_ratio", "mnist_demo_gpu_duty_cycle", "no metric"),
    (guide_rules.drivers, GITLAB_GUIDE, "580.65", "580.95", "13.0 needs driver"),
    (guide_rules.drivers, TEMPLATE, "525.60", "535.60", "12.9 needs driver"),
    (guide_rules.every_node_numbers, EVERY_NODE, "expect_gpus=1  # GPUs a node", "expect_gpus=1",
     "(5, 5, 8, '1')"),
    (guide_rules.every_node_numbers, GUIDE, "completions\\|", "", "write (3, 5, 8"),
    (style_rules.yaml_style, JOB, "kind: Job", "kind:  Job", "too many spaces"),
    (style_rules.yaml_style, AKS, "kind: Component", "kind: Component ", "trailing spaces"),
    (style_rules.shell_style, TEMPLATE, "# shellcheck disable=SC2086", "#", "SC2086"),
    (style_rules.shell_style, REPORTS, '"$waited" -ge', "$waited == 900 -a -ge", "reports"),
    (style_rules.shell_style, GUIDE, '"/reports/$report" >"$report"', '"/reports/$report" >$reports',
     "command block"),
)


class Rules(unittest.TestCase):
    def setUp(self):
        self.copy = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.copy)
        for path in READ:
            target = os.path.join(self.copy, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(os.path.join(ROOT, path)):
                shutil.copytree(os.path.join(ROOT, path), target)
            else:
                shutil.copy(os.path.join(ROOT, path), target)

    @contextlib.contextmanager
    def changed(self, path, old, new):
        """A file of the copy has `new` in the place of `old`, for a while."""
        full = os.path.join(self.copy, path)
        with open(full, encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(old in text, f"{path} no longer has '{old}': adapt this test")
        with open(full, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        try:
            yield
        finally:
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)

    def test_the_tree_keeps_them(self):
        for room in ROOMS:
            for rule in room.ALL:
                with self.subTest(f"{room.__name__}.{rule.__name__}"):
                    self.assertEqual(list(rule(ROOT)), [])

    def test_each_can_be_broken(self):
        for rule, path, old, new, words in BREACHES:
            with self.subTest(f"{rule.__module__}.{rule.__name__}: {path}: {new}"), \
                    self.changed(path, old, new):
                self.assertIn(words, "\n".join(rule(self.copy)))

    def test_none_is_left_out(self):
        self.assertEqual({rule for room in ROOMS for rule in room.ALL}, {breach[0] for breach in BREACHES})

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not here to resolve it")
    def test_kubectl_resolves_it_as_it_is(self):
        built = subprocess.run(["kubectl", "kustomize", os.path.join(self.copy, "k8s")], capture_output=True, text=True,
                               check=True)
        self.assertIn("kind: Job\n", built.stdout)

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not here to resolve them")
    def test_kubectl_resolves_the_same(self):
        jobs = {document["metadata"]["name"]: (os.path.basename(path), document)
                for path, document in manifests.documents(ROOT) if manifests.job_of(document)}
        for path, component in kustomize.components(ROOT):
            with open(os.path.join(self.copy, KUSTOMIZATION), "w", encoding="utf-8") as file:
                yaml.safe_dump({"resources": sorted({name for name, _ in jobs.values()}),
                                "components": [os.path.relpath(os.path.dirname(path), "k8s")]}, file)
            with self.subTest(path):
                built = subprocess.run(["kubectl", "kustomize", os.path.join(self.copy, "k8s")],
                                       capture_output=True, text=True, check=True)
                resolved = {document["metadata"]["name"]: document
                            for document in yaml.safe_load_all(built.stdout) if manifests.job_of(document)}
                self.assertEqual(resolved, {name: kustomize.patched(component, document)
                                            for name, (_, document) in jobs.items()})


if __name__ == "__main__":
    unittest.main()
