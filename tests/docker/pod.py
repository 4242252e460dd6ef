"""Runs an image as the kubelet runs the pod of a Job: what the manifest says of command, environment,
user, mounts, capabilities and root file system becomes a container of runc, without a network."""

import json
import os
import pathlib
import subprocess

import yaml

# What the downward API would say.
FIELDS = {"spec.nodeName": "node-1", "metadata.name": "mnist-demo-x", "metadata.namespace": "default"}


def pod_of(manifest):
    """The pod's specification in the first Job of a file."""
    documents = yaml.safe_load_all(pathlib.Path(manifest).read_text(encoding="utf-8"))
    return next(document for document in documents if document["kind"] == "Job")["spec"]["template"]["spec"]


class Pod:
    """The first container of a pod's specification, on the root file system of an image."""

    def __init__(self, spec, image_config, root, scratch, container=0):
        """image_config: that of OCI; scratch: a folder for mounts and what runc keeps; container: which of the
        pod's."""
        self.spec = spec
        self.container = spec["containers"][container]
        self.image = image_config
        self.root = str(root)
        self.scratch = pathlib.Path(scratch)

    def environment(self):
        values = dict(entry.split("=", 1) for entry in self.image["Env"])
        values["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"  # the kubelet's own
        for entry in self.container.get("env", []):
            if "valueFrom" in entry:
                values[entry["name"]] = FIELDS[entry["valueFrom"]["fieldRef"]["fieldPath"]]
            else:
                values[entry["name"]] = str(entry["value"])
        return [f"{name}={value}" for name, value in values.items()]

    def message(self):
        """The file that the last run wrote its termination message to."""
        return self.scratch / "termination-log"

    def user(self):
        wanted = {**self.spec.get("securityContext", {}), **self.container.get("securityContext", {})}
        uid, _, gid = self.image["User"].partition(":")
        return {"uid": wanted.get("runAsUser", int(uid)), "gid": wanted.get("runAsGroup", int(gid))}

    def mounts(self, files):
        volumes = {volume["name"]: volume for volume in self.spec.get("volumes", [])}
        for mount in self.container.get("volumeMounts", []):
            assert "emptyDir" in volumes[mount["name"]], f"what is a volume like {volumes[mount['name']]}?"
            yield {"destination": mount["mountPath"], "type": "tmpfs", "source": "tmpfs", "options": ["mode=0777"]}
        for destination, source in files.items():
            yield {"destination": destination, "type": "bind", "source": str(source), "options": ["bind", "ro"]}
        self.message().write_text("")
        self.message().chmod(0o666)
        yield {"destination": self.container.get("terminationMessagePath", "/dev/termination-log"), "type": "bind",
               "source": str(self.message()), "options": ["bind", "rw"]}

    def run(self, *added, command=None, user=None, files=None):
        """With arguments after those of the manifest, or with another command, as another user, or with files of
        this machine; the finished process, with what it wrote."""
        command = command or [*(self.container.get("command") or self.image["Entrypoint"]),
                              *self.container.get("args", self.image.get("Cmd") or []), *added]
        security = self.container.get("securityContext", {})
        assert security.get("capabilities") == {"drop": ["ALL"]}, "capabilities are not understood but for none"
        config = {
            "ociVersion": "1.0.2",
            "process": {"args": command, "env": self.environment(), "user": user or self.user(),
                        "cwd": self.image.get("WorkingDir") or "/", "capabilities": {},
                        "noNewPrivileges": not security.get("allowPrivilegeEscalation", True)},
            "root": {"path": self.root, "readonly": security.get("readOnlyRootFilesystem", False)},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid", "nodev"]},
                *self.mounts(files or {})],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]},
        }
        (self.scratch / "config.json").write_text(json.dumps(config))
        return subprocess.run(["runc", "--root", f"{self.scratch}/runc", "run", "--bundle", self.scratch,
                               f"mnist-demo-{os.getpid()}"], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
