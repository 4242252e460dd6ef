#include "machine/place.hpp"

#include <array>
#include <string_view>

#include "machine/system_file.hpp"

namespace mnist {
namespace {

constexpr const char* service_account = "var/run/secrets/kubernetes.io/serviceaccount";

std::string variable(const Machine& machine, const char* name) {
  const char* value = machine.environment(name);
  return value ? value : "";
}

bool exists(const Machine& machine, const char* file) {
  std::error_code unreadable;
  return std::filesystem::exists(machine.root / file, unreadable);
}

// The part of a control group's path that a container runtime chose; empty for none. The services
// of a runtime itself ("/system.slice/docker.service") are no containers.
std::string_view runtime_in(std::string_view control_groups) {
  constexpr std::array<std::string_view, 8> marks{
      "kubepods", "/docker/", "/docker-", "libpod", "cri-containerd", "crio-", "/lxc/", "/lxc."};
  for (const std::string_view mark : marks)
    if (control_groups.find(mark) != control_groups.npos) return mark;
  return "";
}

// The first process's too, since this one may be in a group of its own.
std::string control_groups(const Machine& machine) {
  return system_text(machine.root / "proc/1/cgroup") +
         system_text(machine.root / "proc/self/cgroup");
}

std::string container_shown_by(const Machine& machine, std::string_view groups) {
  for (const char* file : {".dockerenv", "run/.containerenv"})
    if (exists(machine, file)) return std::string("/") + file;
  if (const std::string value = variable(machine, "container"); !value.empty())
    return "container=" + value;
  if (const std::string_view runtime = runtime_in(groups); !runtime.empty())
    return "cgroup " + std::string(runtime);
  return "";
}

// What shows that this is a pod; empty for nothing.
std::string kubernetes_shown_by(const Machine& machine, std::string_view groups) {
  if (!variable(machine, "KUBERNETES_SERVICE_HOST").empty()) return "KUBERNETES_SERVICE_HOST";
  if (exists(machine, service_account)) return std::string("/") + service_account;
  return groups.find("kubepods") == groups.npos ? "" : "cgroup kubepods";
}

}  // namespace

Place look_up_place(const Machine& machine) {
  const std::string groups = control_groups(machine);
  const std::string pod_mark = kubernetes_shown_by(machine, groups);
  Place place;
  place.host = system_line(machine.root / "proc/sys/kernel/hostname");
  place.container = container_shown_by(machine, groups);
  place.kubernetes = !pod_mark.empty();
  if (!place.kubernetes) return place;
  if (place.container.empty()) place.container = pod_mark;
  place.node = variable(machine, "NODE_NAME");
  place.pod = variable(machine, "POD_NAME");
  if (place.pod.empty()) place.pod = place.host;
  place.pod_namespace = variable(machine, "POD_NAMESPACE");
  if (place.pod_namespace.empty())
    place.pod_namespace = system_line(machine.root / service_account / "namespace");
  return place;
}

}  // namespace mnist
