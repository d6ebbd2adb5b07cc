// What real API servers answer, as facts: refusals word for word, and the members that every object of a kind has.
#include <gtest/gtest.h>

#include "tests/k8s-fake/api/client.h"

namespace {

using k8s_fake::Json;

k8s_fake::Config config_of(const char* version) {
  k8s_fake::Config config;
  config.version = version;
  return config;
}

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kPods = "/api/v1/namespaces/default/pods";

struct Refusal {
  const char* version;
  const char* method;
  std::string path;
  const char* type;  // of the body
  const char* body;
  int status;
  const char* message;
};

const char* const kJson = "application/json";
const char* const kOperations = "application/json-patch+json";
const char* const kMerge = "application/merge-patch+json";
const char* const kApply = "application/apply-patch+yaml";
const char* const kStrategic = "application/strategic-merge-patch+json";

const Refusal kRefusals[] = {
    // names and types in bodies
    {"1.32", "POST", kMaps, kJson, R"({"kind":"Nope","apiVersion":"v1"})", 400,
     "Nope in version \"v1\" cannot be handled as a ConfigMap: no kind \"Nope\" is registered for version \"v1\" in "
     "scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""},
    {"1.32", "POST", kMaps, kJson, "[]", 400,
     "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: "
     "json: cannot unmarshal array into Go value of type struct "
     "{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" } (5b5d)"},
    {"1.32", "POST", kMaps, kJson, R"({"metadata":{"name":"tr"}} x)", 400,
     "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: "
     "invalid character 'x' after top-level value ({\"metadata\":{\"name\":\"tr\"}} x)"},
    {"1.20", "PUT", kMaps + "/a", kJson, R"({"data":{}})", 400,
     "the name of the object (a based on URL) was undeterminable: name must be provided"},
    {"1.20", "PUT", kMaps + "/a", kJson, R"({"metadata":{"name":"a","namespace":"zz"}})", 400,
     "the namespace of the object (zz) does not match the namespace on the request (default)"},
    {"1.20", "PUT", kMaps + "/a", kJson, R"({"metadata":{"name":"a","resourceVersion":"abc"}})", 500,
     "strconv.ParseUint: parsing \"abc\": invalid syntax"},
    // patches: each type refuses in its own words
    {"1.20", "PATCH", kMaps + "/a", kOperations, "{{", 400,
     "invalid character '{' looking for beginning of object key string"},
    {"1.20", "PATCH", kMaps + "/a", kOperations, R"({"a":1})", 400,
     "json: cannot unmarshal object into Go value of type jsonpatch.Patch"},
    {"1.20", "PATCH", kMaps + "/a", kOperations, "[1]", 400,
     "json: cannot unmarshal number into Go value of type jsonpatch.Operation"},
    {"1.32", "PATCH", kMaps + "/a", kOperations, R"([{"op":"replace","path":"/data/nope","value":"x"}])", 422,
     "the server rejected our request due to an error in our request"},
    {"1.32", "PATCH", kMaps + "/a", kOperations, R"([{"op":"replace","path":"","value":{}}])", 422,
     "the server rejected our request due to an error in our request"},
    {"1.32", "PATCH", kMaps + "/a", kOperations, R"([{"op":"replace","path":"/metadata/name","value":"x"}])", 400,
     "the name of the object (x) does not match the name on the URL (a)"},
    {"1.32", "PATCH", kMaps + "/a", kOperations, R"([{"op":"replace","path":"/metadata/uid","value":"x"}])", 422,
     "ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"x\": field is immutable"},
    {"1.20", "PATCH", kMaps + "/a", kMerge, R"("x")", 500, "Invalid JSON Patch"},
    {"1.32", "PATCH", kMaps + "/a", kMerge, R"({"metadata":{"name":"zz"}})", 400,
     "the name of the object (zz) does not match the name on the URL (a)"},
    {"1.32", "PATCH", kMaps + "/a", kMerge, R"({"metadata":null})", 400,
     "the name of the object (a based on URL) was undeterminable: name must be provided"},
    {"1.32", "PATCH", kMaps + "/a", kStrategic, "", 400, "EOF"},
    {"1.32", "PATCH", kMaps + "/a", kStrategic, "[]", 400,
     "json: cannot unmarshal array into Go value of type map[string]interface {}"},
    // lists
    {"1.32", "GET", kMaps + "?fieldSelector=data.a%3Db", kJson, "", 400,
     "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""},
    {"1.32", "GET", kPods + "?fieldSelector=spec.foo%3Db", kJson, "", 400, "field label not supported: spec.foo"},
    {"1.32", "GET", kMaps + "?fieldSelector=metadata.name%3Da%3Db", kJson, "", 400,
     "invalid field selector: unescaped character in value: 61"},
    {"1.20", "GET", kMaps + "?labelSelector=a%20b", kJson, "", 400,
     "unable to parse requirement: found 'b', expected: '=', '!=', '==', 'in', notin'"},
    {"1.32", "GET", kMaps + "?labelSelector=%3D%3D", kJson, "", 400,
     "found '==', expected: !, identifier, or 'end of string'"},
    {"1.32", "GET", kMaps + "?continue=abc", kJson, "", 400,
     "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value"},
    {"1.32", "GET", kMaps + "?timeoutSeconds=x", kJson, "", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"},
    {"1.20", "GET", kMaps + "?resourceVersion=abc", kJson, "", 500,
     "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"},
    {"1.20", "POST", kMaps + "?dryRun=Some", kJson, R"({"metadata":{"name":"q"}})", 422,
     "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: []string{\"Some\"}: supported values: "
     "\"All\""},
    {"1.32", "POST", kMaps + "?fieldManager=%01", kJson, R"({"metadata":{"name":"q"}})", 422,
     "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"\\x01\": invalid character U+0001 (at "
     "position 0)"},
    // applied objects that are no such objects
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply, "", 400, "invalid object type: /, Kind="},
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply, "[]", 400,
     "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of "
     "type map[string]interface {}"},
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply,
     R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","managedFields":[]}})", 400,
     "metadata.managedFields must be nil"},
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply, R"({"apiVersion":"v1","kind":"ConfigMap","foo":1})", 500,
     "failed to create typed patch object (default/a; /v1, Kind=ConfigMap): .foo: field not declared in schema"},
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply, R"({"apiVersion":"v1","kind":"ConfigMap","data":"x"})", 500,
     "failed to create typed patch object (default/a; /v1, Kind=ConfigMap): .data: expected map, got &{x}"},
    {"1.32", "PATCH", kMaps + "/a?fieldManager=m", kApply,
     R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":1,"b":true}})", 500,
     "failed to create typed patch object (default/a; /v1, Kind=ConfigMap): errors:\n"
     "  .data.a: expected string, got &value.valueUnstructured{Value:1}\n"
     "  .data.b: expected string, got &value.valueUnstructured{Value:true}"},
    {"1.32", "PATCH", "/api/v1/namespaces/default/serviceaccounts/a?fieldManager=m", kApply,
     R"({"apiVersion":"v1","kind":"ServiceAccount","secrets":{"a":[1,"x"]}})", 500,
     "failed to create typed patch object (default/a; /v1, Kind=ServiceAccount): .secrets: expected list, got "
     "&{map[a:[1 x]]}"},
    // deletions
    {"1.32", "DELETE", kMaps + "/a", kJson, "{", 500,
     "couldn't get version/kind; json parse error: unexpected end of JSON input"},
    {"1.32", "DELETE", kMaps + "/a", kJson, R"({"kind":"Pod","apiVersion":"v1"})", 500,
     "no kind \"Pod\" is registered for version \"v1\" in scheme "
     "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\""},
    // times
    {"1.32", "POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", kJson,
     R"({"metadata":{"name":"l"},"spec":{"renewTime":"2020-01-01T00:00:00Z"}})", 400,
     "Lease in version \"v1\" cannot be handled as a Lease: parsing time \"2020-01-01T00:00:00Z\" as "
     "\"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\""},
    // places
    {"1.32", "PUT", kMaps, kJson, "{}", 405, "the server does not allow this method on the requested resource"},
    {"1.32", "GET", "/api/v1/namespaces/default/nodes", kJson, "", 404,
     "the server could not find the requested resource"},
    {"1.32", "GET", "/api/v2", kJson, "", 404, "the server could not find the requested resource"},
};

TEST(RealAnswers, Refusals) {
  for (const auto& each : kRefusals) {
    SCOPED_TRACE(std::string(each.version) + " " + each.method + " " + each.path + " " + each.body);
    World world(config_of(each.version));
    ASSERT_EQ(world.post(kMaps, {{"metadata", {{"name", "a"}}}, {"data", {{"k", "v"}}}}).status, 201);
    const auto response = world.send(each.method, each.path, each.body, {{"Content-Type", each.type}});
    EXPECT_EQ(response.status, each.status) << response.body;
    EXPECT_EQ(body_of(response)["message"], each.message);
  }
}

struct Wrong {
  std::string path;
  const char* member;  // JSON pointer
  const char* value;
  const char* message;  // after "is invalid: "
};

Json pod() { return Json::parse(R"({"metadata":{"name":"w"},"spec":{"containers":[{"name":"c","image":"i"}]}})"); }
Json service() { return Json::parse(R"({"metadata":{"name":"w"},"spec":{"ports":[{"port":80}]}})"); }
Json deployment() {
  return Json::parse(
      R"({"metadata":{"name":"w"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
}
Json definition() {
  return Json::parse(
      R"({"metadata":{"name":"things.ex.com"},"spec":{"group":"ex.com","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
    "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}})");
}

const std::string kDeployments = "/apis/apps/v1/namespaces/default/deployments",
                  kServices = "/api/v1/namespaces/default/services";
const std::string kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const std::string kRbac = "/apis/rbac.authorization.k8s.io/v1";
const std::string kJobs = "/apis/batch/v1/namespaces/default/jobs";
const std::string kBudgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

/// A good object of the kind at a path.
Json good(const std::string& path) {
  if (path == kPods) return pod();
  if (path == kServices) return service();
  if (path == kDeployments) return deployment();
  if (path == kDefinitions) return definition();
  if (path == kJobs) {
    return Json::parse(
        R"({"metadata":{"name":"w"},"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}})");
  }
  if (path == kRbac + "/clusterroles")
    return Json::parse(R"({"metadata":{"name":"w"},"rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]})");
  if (path == kRbac + "/namespaces/default/rolebindings") {
    return Json::parse(
        R"({"metadata":{"name":"w"},"roleRef":{"kind":"Role","name":"x"},"subjects":[{"kind":"User","name":"u"}]})");
  }
  return Json{{"metadata", {{"name", "w"}}}};
}

const Wrong kWrong[] = {
    {kBudgets, "/spec/minAvailable", "-1", "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"},
    {kPods, "/spec/containers/0/image", R"(" x")",
     "spec.containers[0].image: Invalid value: \" x\": must not have leading or trailing whitespace"},
    {kPods, "/spec/containers/0/ports", R"([{"containerPort":80,"protocol":"X"}])",
     "spec.containers[0].ports[0].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\""},
    {kPods, "/spec/containers/0/ports", R"([{"containerPort":80,"hostPort":99999}])",
     "spec.containers[0].ports[0].hostPort: Invalid value: 99999: must be between 1 and 65535, inclusive"},
    {kPods, "/spec/containers/0/ports", R"([{"containerPort":80,"name":"x"},{"containerPort":81,"name":"x"}])",
     "spec.containers[0].ports[1].name: Duplicate value: \"x\""},
    {kPods, "/spec/containers/0/env", R"([{"name":"a","valueFrom":{}}])",
     "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, "
     "`configMapKeyRef` or `secretKeyRef`"},
    {kPods, "/spec/containers/0/livenessProbe", "{}",
     "spec.containers[0].livenessProbe: Required value: must specify a handler type"},
    {kPods, "/spec/containers/0/livenessProbe", R"({"tcpSocket":{"port":1},"successThreshold":2})",
     "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"},
    {kPods, "/spec/containers/0/lifecycle", R"({"preStop":{}})",
     "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type"},
    {kPods, "/spec/activeDeadlineSeconds", "0",
     "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"},
    {kPods, "/spec/dnsPolicy", R"("None")",
     "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"},
    {kPods, "/spec/volumes", R"([{"name":"a","nfs":{"server":"x","path":"rel"}}])",
     "spec.volumes[0].nfs.path: Invalid value: \"rel\": must be an absolute path"},
    {kPods, "/spec/volumes", R"([{"name":"a","iscsi":{"lun":0}}])",
     "[spec.volumes[0].iscsi.targetPortal: Required value, spec.volumes[0].iscsi.iqn: Required value]"},
    {kPods, "/spec/volumes", R"([{"name":"a","hostPath":{"path":"/a/../b"}}])",
     "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"},
    {kPods, "/spec/tolerations", R"([{"key":"a","tolerationSeconds":3}])",
     "spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set"},
    {kServices, "/spec/ports", R"([{"port":80,"name":"a"},{"port":81,"name":"a"}])",
     "spec.ports[1].name: Duplicate value: \"a\""},
    {kPods, "/spec/containers/0/securityContext", R"({"privileged":true,"allowPrivilegeEscalation":false})",
     "spec.containers[0].securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,\"privileged\":true}: "
     "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"},
    {kPods, "/spec/initContainers", R"([{"name":"c","image":"x"}])",
     "spec.initContainers[0].name: Duplicate value: \"c\""},
    {kPods, "/spec/initContainers", R"([{"name":"i","image":"x","readinessProbe":{"tcpSocket":{"port":1}}}])",
     "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without "
     "restartPolicy=Always"},
    {kPods, "/spec/hostAliases", R"([{"ip":"x"}])",
     "spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
    {kJobs, "/spec/manualSelector", "false",
     "spec.selector: Invalid value: "
     "{\"matchLabels\":{\"a\":\"b\",\"batch.kubernetes.io/controller-uid\":\"UID\"}}: `selector` not auto-generated"},
    {kRbac + "/clusterroles", "/rules/0/resources", R"(["pods"])",
     "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and non-resource "
     "URLs"},
    {kRbac + "/clusterroles", "/aggregationRule", "{}",
     "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if "
     "aggregationRule is non-nil"},
    {kRbac + "/namespaces/default/rolebindings", "/roleRef/apiGroup", R"("y")",
     "roleRef.apiGroup: Unsupported value: \"y\": supported values: \"rbac.authorization.k8s.io\""},
    {kRbac + "/namespaces/default/rolebindings", "/subjects/0/apiGroup", R"("z")",
     "subjects[0].apiGroup: Unsupported value: \"z\": supported values: \"rbac.authorization.k8s.io\""},
    {"/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", "/spec/matchingPrecedence", "5",
     "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"},
    {kServices, "/spec/ports", R"([{"port":80,"nodePort":30001}])",
     "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
    {kServices, "/spec/clusterIP", R"("x")",
     "spec.clusterIPs[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
    {kServices, "/spec/sessionAffinity", R"("X")",
     "spec.sessionAffinity: Unsupported value: \"X\": supported values: \"ClientIP\", \"None\""},
    {kDeployments, "/spec/selector", "{}",
     "spec.selector: Invalid value: {}: empty selector is invalid for deployment"},
    {kDeployments, "/spec/strategy", R"({"rollingUpdate":{"maxSurge":"x"}})",
     "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": a valid percent string must be a numeric string "
     "followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"},
    {kDeployments, "/spec/strategy", R"({"type":"Recreate","rollingUpdate":{"maxSurge":1}})",
     "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"},
    {kDeployments, "/spec/minReadySeconds", "-1",
     "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"},
    {kDeployments, "/spec/progressDeadlineSeconds", "0",
     "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds"},
    {kDefinitions, "/spec/versions/0/schema/openAPIV3Schema/properties", R"({"a":{"type":"array"}})",
     "spec.validation.openAPIV3Schema.properties[a].items: Required value: must be specified"},
    {kDefinitions, "/spec/conversion", R"({"strategy":"X"})",
     "spec.conversion.strategy: Unsupported value: \"X\": supported values: \"None\", \"Webhook\""},
};

TEST(RealAnswers, Validation) {
  World world;
  ASSERT_EQ(world.post("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}}).status,
            201);
  for (const auto& each : kWrong) {
    SCOPED_TRACE(each.path + each.member + " " + each.value);
    Json object = good(each.path);
    object[Json::json_pointer(each.member)] = Json::parse(each.value);
    const auto response = world.post(each.path, object);
    EXPECT_EQ(response.status, 422) << response.body;
    const std::string message = body_of(response).value("message", "");
    const auto start = message.find(" is invalid: ");
    ASSERT_NE(start, std::string::npos) << response.body;
    std::string said = message.substr(start + 13);
    // The selector of a job has its own uid.
    if (const auto uid = said.find("controller-uid\":\""); uid != std::string::npos) said.replace(uid + 17, 36, "UID");
    EXPECT_EQ(said, each.message);
  }
}

struct Member {
  const char* version;
  std::string root;
  const char* object;
  const char* pointer;
  const char* value;  // "absent": not there
};

const Member kMembers[] = {
    {"1.20", "/apis/apps/v1/namespaces/default/replicasets",
     R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
     "/spec/template/metadata/creationTimestamp", "null"},
    {"1.20", "/apis/apps/v1/namespaces/default/replicasets",
     R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
     "/status", R"({"replicas":0})"},
    {"1.20", "/api/v1/nodes", "{}", "/status/nodeInfo/architecture", R"("")"},
    {"1.20", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", "{}", "/rules", "null"},
    {"1.20", "/api/v1/namespaces/default/events", R"({"involvedObject":{"namespace":"default"}})", "/source", "{}"},
    {"1.20", "/api/v1/namespaces/default/events", R"({"involvedObject":{"namespace":"default"}})", "/eventTime",
     "null"},
    {"1.20", "/api/v1/namespaces/default/services", R"({"spec":{"ports":[{"port":80}]}})",
     "/spec/internalTrafficPolicy", "absent"},
    {"1.32", "/api/v1/namespaces/default/services", R"({"spec":{"ports":[{"port":80}]}})",
     "/spec/internalTrafficPolicy", R"("Cluster")"},
    {"1.20", "/api/v1/namespaces/default/services", R"({"spec":{"ports":[{"port":80}]}})", "/metadata/selfLink",
     "absent"},
    {"1.20", "/apis/scheduling.k8s.io/v1/priorityclasses", R"({"value":1})", "/preemptionPolicy",
     R"("PreemptLowerPriority")"},
    {"1.20", "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", R"({"spec":{"podSelector":{}}})",
     "/spec/policyTypes", R"(["Ingress"])"},
    {"1.20", "/api/v1/namespaces/default/limitranges",
     R"({"spec":{"limits":[{"type":"Container","max":{"cpu":"1"}}]}})", "/spec/limits/0/defaultRequest/cpu", R"("1")"},
    {"1.20", "/api/v1/namespaces/default/replicationcontrollers",
     R"({"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
     "/spec/selector", R"({"a":"b"})"},
    {"1.20", "/apis/storage.k8s.io/v1/csidrivers", R"({"spec":{}})", "/spec/storageCapacity", "absent"},
    {"1.32", "/apis/storage.k8s.io/v1/csidrivers", R"({"spec":{}})", "/spec/storageCapacity", "false"},
    {"1.32", "/apis/apps/v1/namespaces/default/daemonsets",
     R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
     "/metadata/managedFields/0/fieldsV1/f:metadata/f:annotations",
     R"({".":{},"f:deprecated.daemonset.template.generation":{}})"},
    {"1.32", "/api/v1/namespaces/default/configmaps", R"({"data":{"a":"b"}})",
     "/metadata/managedFields/0/fieldsV1/f:data", R"({".":{},"f:a":{}})"},
};

TEST(RealAnswers, MembersOfNewObjects) {
  for (const auto& each : kMembers) {
    SCOPED_TRACE(std::string(each.version) + " " + each.root + " " + each.pointer);
    World world(config_of(each.version));
    Json object = Json::parse(each.object);
    object["metadata"]["name"] = "m";
    const auto made = world.post(each.root, object);
    ASSERT_EQ(made.status, 201) << made.body;
    const Json answer = body_of(made);
    const Json::json_pointer where(each.pointer);
    if (std::string(each.value) == "absent") EXPECT_FALSE(answer.contains(where)) << made.body;
    else if (answer.contains(where)) EXPECT_EQ(answer[where], Json::parse(each.value));
    else ADD_FAILURE() << made.body;
  }
}

TEST(RealAnswers, DiscoveryFollowsTheVersion) {
  k8s_fake::Config config = config_of("1.20");
  config.legacy_apis = false;
  World old(config), now(config_of("1.35"));
  const Json batch = old.get("/apis/batch");
  EXPECT_EQ(batch["preferredVersion"]["version"], "v1");
  EXPECT_EQ(old.get("/apis/policy")["preferredVersion"]["version"], "v1beta1");
  EXPECT_EQ(now.get("/apis/policy")["preferredVersion"]["version"], "v1");
  EXPECT_EQ(old.send("GET", "/apis/apps/v1beta2").status, 404);
  const auto names = [](World& world) {
    std::string out;
    const Json list = world.get("/apis/batch/v1");
    for (const auto& each : list["resources"]) out += each["name"].get<std::string>() + " ";
    return out;
  };
  EXPECT_EQ(names(old), "jobs jobs/status ");
  EXPECT_EQ(names(now), "cronjobs cronjobs/status jobs jobs/status ");
  const auto warned = old.send("GET", "/apis/storage.k8s.io/v1beta1/storageclasses");
  EXPECT_EQ(warned.headers.get("Warning"),
            "299 - \"storage.k8s.io/v1beta1 StorageClass is deprecated in v1.19+, unavailable in v1.22+; use "
            "storage.k8s.io/v1 StorageClass\"");
}

}  // namespace
