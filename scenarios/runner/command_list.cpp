#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "k8s-fake/fake.h"
#include "ontap-sim/faults.h"
#include "ontap-sim/list_apis.h"
#include "provisioner/base/text.h"
#include "scenarios/runner/commands.h"
#include "scenarios/runner/jmespath_functions.h"
#include "scenarios/runner/kube_faults.h"
#include "scenarios/runner/lab_objects.h"
#include "scenarios/runner/memory_world.h"
#include "scenarios/runner/steps.h"

namespace scenario {

namespace {

void print(std::string_view name, std::string_view help) {
  std::printf("%-28.*s %.*s\n", static_cast<int>(name.size()), name.data(), static_cast<int>(help.size()), help.data());
}

/// Every kind the API serves, read from its own discovery.
int list_kinds() {
  auto world = MemoryWorld::make({});
  if (!world) return 1;
  std::vector<std::string> groups = {"/api/v1"};
  auto apis = (*world)->world().kube_get("/apis");
  if (apis && apis->is_object())
    for (const Json& group : apis->value("groups", Json::array()))
      groups.push_back("/apis/" + group["preferredVersion"].value("groupVersion", ""));
  for (const std::string& path : groups) {
    auto list = (*world)->world().kube_get(path);
    if (!list || !list->is_object()) continue;
    for (const Json& row : list->value("resources", Json::array()))
      if (row.value("name", "").find('/') == std::string::npos)
        print(row.value("kind", ""), list->value("groupVersion", "") + " " + row.value("name", ""));
  }
  return 0;
}

}  // namespace

int list(const std::string& what) {
  if (what == "steps")
    for (const StepRow& row : step_table())
      print(row.verb, row.process ? "over the wire only" : "in memory and over the wire");
  if (what == "faults")
    for (const ontap_sim::PresetInfo& preset : ontap_sim::fault_presets()) print(preset.name, preset.help);
  if (what == "faults")
    for (const KubeFaultPreset& preset : kube_fault_presets())
      print(preset.name, std::string("target: kubernetes; ") + std::string(preset.purpose));
  if (what == "objects") {
    for (const LabKind& kind : lab_kinds()) print(kind.kind, kind.purpose);
    for (const ArrayKind& kind : array_kinds()) print(kind.kind, "read-only state of the array");
  }
  if (what == "functions")
    for (const auto& rows : {jmes::standard_functions(), jmes::text_functions(), jmes::time_functions(),
                             jmes::cluster_functions(), jmes::certificate_functions()})
      for (const jmes::FunctionRow& row : rows) print(row.name, row.signature);
  if (what == "kinds") return list_kinds();
  if (what == "apis") {
    std::fputs(ontap_sim::list_apis().c_str(), stdout);
  }
  return 0;
}

int init(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(directory) / "first-claim";
  std::error_code failure;
  fs::create_directories(folder, failure);
  const std::string file = (folder / "chainsaw-test.yaml").string();
  if (fs::exists(file, failure)) {
    std::fprintf(stderr, "drydock: %s exists already\n", file.c_str());
    return 1;
  }
  const char* text = R"(# Proves: a claim of a class gets a volume on the array, and the volume goes with the claim.
# Run it with: drydock run DIRECTORY (in memory, on a virtual clock; with --wire over sockets)
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata:
  name: first-claim
  annotations: {drydock.dev/provisioner: "true"}  # the provisioner runs beside the cluster
spec:
  steps:
  - name: the array's backend and a class
    try:
    # A lab object does something when it is created. Here: commands of the array's own shell.
    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: look}, spec: {command: vserver show}}}
    - apply:
        resource:
          apiVersion: lab.drydock.dev/v1
          kind: Backend
          metadata: {name: nas}
          spec: {version: 1, storageDriverName: ontap-nas, managementLIF: 127.0.1.10, dataLIF: 127.0.1.11, svm: svm1, username: vsadmin, password: netapp123}
    - apply: {resource: {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: gold}, provisioner: netapp.io/trident, parameters: {backendType: ontap-nas}}}
  - name: a claim is bound
    try:
    - apply:
        resource:
          apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], storageClassName: gold, resources: {requests: {storage: 1Gi}}}
    # Steps say what must become true, never how long to wait.
    - assert: {timeout: 2m, resource: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, status: {phase: Bound}}}
    # The array's state is readable as objects too: the root volume and the new one.
    - assert: {resource: {apiVersion: ontap.drydock.dev/v1, kind: OntapSvm, metadata: {name: svm1}, status: {volumes: 2}}}
  - name: and its volume goes with it
    try:
    - delete: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}
    - assert: {timeout: 2m, resource: {apiVersion: ontap.drydock.dev/v1, kind: OntapSvm, metadata: {name: svm1}, status: {volumes: 1}}}
)";
  if (!base::write_file(file, text)) {
    std::fprintf(stderr, "drydock: %s: cannot be written\n", file.c_str());
    return 1;
  }
  std::printf("wrote %s\nrun it with: drydock run %s\n", file.c_str(), directory.c_str());
  return 0;
}

int completion(const std::string& shell) {
  const char* verbs = "up run explore ontap list init completion";
  const char* run =
      "--virtual --wire --seed --parallel --repeat --fail-fast --selector --include --exclude --junit --html --json "
      "--tap --journal --keep --watch --skip-delete --granularity --config --chainsaw-config --values --set --cluster";
  const char* up = "--dir --config --k8s-listen --ontap-listen --provisioner --provisioner-listen --state --seed";
  if (shell == "fish") {
    std::printf("complete -c drydock -n __fish_use_subcommand -a '%s'\n", verbs);
    for (std::string_view flag : base::split(run, ' '))
      std::printf("complete -c drydock -n '__fish_seen_subcommand_from run' -l %s\n",
                  std::string(flag.substr(2)).c_str());
    for (std::string_view flag : base::split(up, ' '))
      std::printf("complete -c drydock -n '__fish_seen_subcommand_from up' -l %s\n",
                  std::string(flag.substr(2)).c_str());
    std::printf(
        "complete -c drydock -n '__fish_seen_subcommand_from list' -a 'steps faults apis kinds objects functions'\n");
    return 0;
  }
  if (shell == "zsh") std::printf("autoload -U +X bashcompinit && bashcompinit\n");
  std::printf(
      "_drydock() {\n  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}\n  case $COMP_CWORD in 1) "
      "COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;; esac\n"
      "  case $verb in\n    run) COMPREPLY=($(compgen -W '%s' -- \"$word\") $(compgen -f -- \"$word\")) ;;\n    up) "
      "COMPREPLY=($(compgen -W '%s' -- \"$word\") $(compgen -f -- \"$word\")) ;;\n"
      "    explore) COMPREPLY=($(compgen -W '--crash-points --seeds --seed --at --history' -- \"$word\") $(compgen -f "
      "-- \"$word\")) ;;\n"
      "    list) COMPREPLY=($(compgen -W 'steps faults apis kinds objects functions' -- \"$word\")) ;;\n    "
      "completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n  esac\n}\ncomplete -F _drydock "
      "drydock\n",
      verbs, run, up);
  return 0;
}

}  // namespace scenario
