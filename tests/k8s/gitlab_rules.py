"""Rules that .gitlab-ci.yml and the template for others keep. Each takes the root of the tree and yields
its breaches."""

import os
import subprocess
import sys
import tempfile

import manifests
import program

PIPELINE = ".gitlab-ci.yml"
TEMPLATE = "docker/gitlab-smoke-test.yml"
NOT_JOBS = {"stages", "include", "variables", "default", "workflow"}
RUNNER = "MNIST_DEMO_GPU_RUNNER"


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


def gpu_job(root):
    """The smoke test runs our image on the runner that a variable names, and not where that is empty."""
    whole = pipeline(root)
    if whole["variables"][RUNNER] != "saas-linux-medium-amd64-gpu-standard":
        yield f"{TEMPLATE}: {RUNNER} is not GitLab.com's GPU runner by default"
    if whole["variables"].get("MNIST_DEMO_IMAGE") != "$CI_REGISTRY_IMAGE:$MNIST_DEMO_TAG":
        yield f"{PIPELINE}: MNIST_DEMO_IMAGE is not what was pushed"
    for path, job in ((TEMPLATE, smoke_test(root)), (PIPELINE, jobs(whole)["gpu-smoke-test"])):
        if job["tags"] != [f"${RUNNER}"]:
            yield f"{path}: the runner's tag is not the variable {RUNNER}"
        if [set(rule) for rule in job["rules"]] != [{"if"}] or \
                f"${RUNNER}" not in job["rules"][0]["if"].split(" && "):
            yield f"{path}: there is a GPU job where {RUNNER} is empty"
        if job["image"] != {"name": "$MNIST_DEMO_IMAGE", "entrypoint": [""]}:
            yield f"{path}: the image is not MNIST_DEMO_IMAGE with an empty entry point"
        if not job["script"][0].startswith("nvidia-smi"):
            yield f"{path}: nvidia-smi does not come first"


def exit_codes(root):
    """A failure is tried again only where another try can change it."""
    retried = program.retried_codes(root)
    for path, job in ((TEMPLATE, smoke_test(root)), (PIPELINE, jobs(pipeline(root))["gpu-smoke-test"])):
        if job["retry"].get("exit_codes") != retried or "when" in job["retry"]:
            yield f"{path}: retry is not for the exit codes {retried} alone"


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
            words = calls[1][1:]
            yield from program.flag_breaches(root, TEMPLATE, words)
            given = dict(zip(words, words[1:]))
            reports = job["artifacts"]["reports"]
            kept = {"--junit": reports["junit"], "--metrics": reports["metrics"],
                    "--json": job["artifacts"]["paths"][0], "--device": "cuda", "--soak": "60"}
            for flag, value in kept.items():
                if given.get(flag) != value:
                    yield f"{TEMPLATE}: {flag} is {given.get(flag)}, and {value} is wanted"
    if job["artifacts"].get("when") != "always":
        yield f"{TEMPLATE}: the reports of a failed run are not kept"


def other_scripts(root):
    """The other jobs call what they are to call, and fail where that fails."""
    own = jobs(pipeline(root))
    registry = {"CI_REGISTRY": "registry", "CI_REGISTRY_USER": "user", "CI_REGISTRY_PASSWORD": "a 'b",
                "CI_REGISTRY_IMAGE": "registry/group/mnist-demo", "MNIST_DEMO_TAG": "13.0"}
    for shell in SHELLS:
        for code in (0, 1):
            status, calls = run(script_of(own["test"]), shell, {"./test.sh": code}, {})
            if (status, calls) != (code, [["./test.sh"]]):
                yield f"{PIPELINE}: test ends with {status} and calls {calls}"
        tools = ("apk", "docker", "docker/build.sh")
        for broken in (*tools, None):
            codes = {tool: int(tool == broken) for tool in tools}
            status, calls = run(script_of(own["build-image"]), shell, codes, registry)
            if status != (1 if broken else 0):
                yield f"{PIPELINE}: build-image ends with {status} where {broken} fails"
        login = ["docker", "login", "--username", "user", "--password-stdin", "registry"]
        build = ["docker/build.sh", "--cuda", "13.0", "--push", "registry/group/mnist-demo"]
        if calls[0][:1] != ["apk"] or calls[1:] != [login, build]:
            yield f"{PIPELINE}: build-image calls {calls}"


ALL = (schema, structure, gpu_job, exit_codes, smoke_script, other_scripts)
