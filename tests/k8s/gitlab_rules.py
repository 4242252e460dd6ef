"""Rules that .gitlab-ci.yml and the template for others keep. Each takes the root of the tree and yields
its breaches."""

import os
import re
import subprocess
import sys
import tempfile

import manifests
import program

PIPELINE = ".gitlab-ci.yml"
TEMPLATE = "docker/gitlab-smoke-test.yml"
NOT_JOBS = {"stages", "include", "variables", "default", "workflow"}
GUIDE = "docs/gitlab.md"


def merged(below, above):
    """As GitLab merges what is included below what includes it: maps by key, all else replaced."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    both = {key: merged(value, above[key]) if key in above else value for key, value in below.items()}
    return both | {key: value for key, value in above.items() if key not in below}


def pipeline(root):
    """.gitlab-ci.yml with what it includes."""
    own = manifests.read(os.path.join(root, PIPELINE))[0]
    included = {}
    for include in own.get("include", []):
        included = merged(included, manifests.read(os.path.join(root, include["local"]))[0])
    return merged(included, own)


def jobs(pipeline_):
    """Name -> job."""
    return {name: job for name, job in pipeline_.items() if name not in NOT_JOBS}


def smoke_test(root):
    """The job that runs the image on a GPU, as the template alone has it."""
    return jobs(manifests.read(os.path.join(root, TEMPLATE))[0])["gpu-smoke-test"]


def script_of(job):
    """The script of a job, as the runner puts it together."""
    return "\n".join(job.get("before_script", []) + job["script"]) + "\n"


def schema(root):
    """Both files pass GitLab's schema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci",
               os.path.join(root, PIPELINE), os.path.join(root, TEMPLATE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        yield f"GitLab's schema: {checked.stdout}{checked.stderr}"


def structure(root):
    """Stages and jobs that are named exist."""
    whole = pipeline(root)
    for name, job in jobs(whole).items():
        if job["stage"] not in whole["stages"]:
            yield f"{PIPELINE}: {name} is of the stage {job['stage']}, which is not there"
        for needed in job.get("needs", []):
            if needed not in jobs(whole):
                yield f"{PIPELINE}: {name} needs {needed}, which is not there"


def parts(root):
    """All but the scripts, which are run below. An empty variable leaves out the job that needs a GPU."""
    smoke = {
        "stage": "test",
        "tags": ["$MNIST_DEMO_GPU_RUNNER"],
        "rules": [{"if": "$MNIST_DEMO_GPU_RUNNER"}],
        "inherit": {"default": False},
        "image": {"name": "$MNIST_DEMO_IMAGE", "entrypoint": [""]},
        "variables": {"GIT_STRATEGY": "none"},
        "timeout": "30 minutes",
        "retry": {"max": 2, "exit_codes": program.retried_codes(root)},
        "artifacts": {"when": "always", "paths": ["result.json"],
                      "reports": {"junit": "junit.xml", "metrics": "metrics.txt"}},
    }
    variables = {"MNIST_DEMO_GPU_RUNNER": "saas-linux-medium-amd64-gpu-standard", "MNIST_DEMO_TAG": "12.9",
                 "MNIST_DEMO_FLAGS": ""}
    wanted = {
        TEMPLATE: {"variables": variables, "gpu-smoke-test": smoke},
        PIPELINE: {
            "stages": ["test", "image", "gpu"],
            "workflow": {"rules": [{"if": "$CI_COMMIT_BRANCH"}, {"if": "$CI_COMMIT_TAG"}]},
            "include": [{"local": TEMPLATE}],
            "variables": variables | {
                "MNIST_DEMO_IMAGE": "$CI_REGISTRY_IMAGE:$MNIST_DEMO_TAG-$CI_COMMIT_SHORT_SHA"},
            "test": {"stage": "test", "image": "debian:12",
                     "artifacts": {"when": "always", "reports": {"junit": "build/release/tests.xml"}}},
            "build-image": {"stage": "image", "image": "docker:28-cli", "services": ["docker:28-dind"],
                            "variables": {"DOCKER_TLS_CERTDIR": "/certs"}, "rules": [{"if": "$CI_REGISTRY_IMAGE"}]},
            "gpu-smoke-test": smoke | {"stage": "gpu", "needs": ["build-image"],
                                       "rules": [{"if": "$CI_REGISTRY_IMAGE && $MNIST_DEMO_GPU_RUNNER"}]},
        },
    }
    for path, whole in ((TEMPLATE, manifests.read(os.path.join(root, TEMPLATE))[0]), (PIPELINE, pipeline(root))):
        found = {name: part for name, part in whole.items() if name in NOT_JOBS}
        for name, job in jobs(whole).items():
            found[name] = {key: value for key, value in job.items() if key not in ("before_script", "script")}
        yield from manifests.differences(path, found, wanted[path])


def run(script, shell, stand_ins, variables):
    """Exit status of a script, and the command lines that it called: each stand-in ends with its code.
    Those with a '/' in their name are files of the project, the others are on the PATH."""
    with tempfile.TemporaryDirectory() as folder:
        calls = os.path.join(folder, "calls")
        for name, code in stand_ins.items():
            path = os.path.join(folder, "project" if "/" in name else "bin", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\n{{ printf "%s" "{name}"; for word; do printf "\\t%s" "$word"; done; '
                           f'echo; }} >>"{calls}"\ncat >/dev/null\nexit {code}\n')
            os.chmod(path, 0o755)
        project = os.path.join(folder, "project")
        os.makedirs(project, exist_ok=True)
        environment = {"PATH": f"{folder}/bin:/usr/bin:/bin"} | variables
        ended = subprocess.run([*shell, script], cwd=project, env=environment, stdin=subprocess.DEVNULL,
                               capture_output=True, check=False)
        if not os.path.exists(calls):
            return ended.returncode, []
        with open(calls, encoding="utf-8") as file:
            return ended.returncode, [line.rstrip("\n").split("\t") for line in file]


SHELLS = (("bash", "-eo", "pipefail", "-c"), ("sh", "-ec"))
SMOKE_VARIABLES = {"MNIST_DEMO_IMAGE": "registry/mnist-demo:12.9", "MNIST_DEMO_FLAGS": "--soak 60"}


def smoke_script(root):
    """The smoke test's status is the program's, whatever nvidia-smi did; its reports are those kept."""
    job = smoke_test(root)
    for shell in SHELLS:
        for nvidia_smi, code in ((0, 0), (9, 0), (9, 10), (127, 10), (0, 15)):
            status, calls = run(script_of(job), shell, {"nvidia-smi": nvidia_smi, "mnist-demo": code},
                                SMOKE_VARIABLES)
            if status != code or [call[0] for call in calls] != ["nvidia-smi", "mnist-demo"]:
                yield f"{TEMPLATE}: {shell[0]} ends with {status} where the program ended with {code}: {calls}"
                continue
            wanted = ["--device", "cuda", "--max_steps", "500", "--min_accuracy", "0.95", "--deadline", "300",
                      "--json", "result.json", "--junit", "junit.xml", "--metrics", "metrics.txt", "--soak", "60"]
            yield from manifests.differences(f"{TEMPLATE}: mnist-demo", calls[1][1:], wanted)
            yield from program.flag_breaches(root, TEMPLATE, calls[1][1:])


def flags_of_the_guide(root):
    """With the further flags that are shown a soak has time, since the last --deadline counts."""
    for path in (TEMPLATE, GUIDE):
        example = re.search(r"as in [`\"](--soak [^`\"]+)", program.text_of(root, path))
        if not example:
            yield f"{path}: shows no further flags"
            continue
        _, calls = run(script_of(smoke_test(root)), SHELLS[0], {"nvidia-smi": 0, "mnist-demo": 0},
                       SMOKE_VARIABLES | {"MNIST_DEMO_FLAGS": example[1]})
        words = calls[1][1:]
        yield from program.flag_breaches(root, path, words)
        given = dict(zip(words, words[1:]))
        if float(given["--deadline"]) < float(given["--soak"]) + 240:
            yield f"{path}: {example[1]} leaves no time beside --soak"


def other_scripts(root):
    """The other jobs call what they are to call, and fail where that fails."""
    own = jobs(pipeline(root))
    registry = {"CI_REGISTRY": "registry", "CI_REGISTRY_USER": "user", "CI_REGISTRY_PASSWORD": "a 'b",
                "CI_REGISTRY_IMAGE": "registry/mnist-demo", "MNIST_DEMO_TAG": "13.0",
                "CI_COMMIT_SHORT_SHA": "1a2b", "MNIST_DEMO_IMAGE": "registry/mnist-demo:13.0-1a2b",
                "CI_DEFAULT_BRANCH": "main"}
    for shell in SHELLS:
        for code in (0, 1):
            status, calls = run(script_of(own["test"]), shell, {"./test.sh": code}, {})
            if (status, calls) != (code, [["./test.sh"]]):
                yield f"{PIPELINE}: test ends with {status} and calls {calls}"
        tools = ("apk", "docker", "docker/build.sh")
        expected = [
            ["apk", "add", "--no-cache", "bash", "git", "gzip", "tar"],
            ["docker", "login", "--username", "user", "--password-stdin", "registry"],
            ["docker/build.sh", "--cuda", "13.0", "--push", "registry/mnist-demo", "--tag", "13.0-1a2b"],
            ["docker", "tag", "registry/mnist-demo:13.0-1a2b", "registry/mnist-demo:13.0"],
            ["docker", "push", "registry/mnist-demo:13.0"],
        ]
        for branch, wanted in (("main", expected), ("other", expected[:3])):
            for broken in (*tools, None):
                codes = {tool: int(tool == broken) for tool in tools}
                status, calls = run(script_of(own["build-image"]), shell, codes,
                                    registry | {"CI_COMMIT_BRANCH": branch})
                if status != (1 if broken else 0):
                    yield f"{PIPELINE}: build-image ends with {status} where {broken} fails"
            yield from manifests.differences(f"{PIPELINE}: what build-image calls on {branch}", calls, wanted)


ALL = (schema, structure, parts, smoke_script, flags_of_the_guide, other_scripts)
