"""Drives k8s-fake with Debian's python3-kubernetes: python_client.py K8S_FAKE|KUBECONFIG [CASE...].

Starts the program it is given (or uses the cluster of a kubeconfig). Every case is one function; it prints one line a case
and ends with 1 when any failed.
"""
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock
from kubernetes.stream import portforward, stream
from kubernetes.stream.ws_client import ERROR_CHANNEL

NAMESPACE = "python"
cases = []


def case(function):
    cases.append(function)
    return function


def expect(have, want):
    if have != want:
        raise AssertionError(f"have {have!r}, want {want!r}")


def refused(status, call, *args, **kwargs):
    """Runs a call that must fail with this HTTP status; the exception."""
    try:
        call(*args, **kwargs)
    except ApiException as error:
        expect(error.status, status)
        return error
    raise AssertionError(f"{call} was not refused")


def config_map(name, data, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


@case
def version_and_namespace():
    expect(client.VersionApi().get_code().major, "1")
    made = core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    expect(made.status.phase, "Active")
    error = refused(409, core.create_namespace, client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    expect("AlreadyExists" in error.body, True)
    refused(422, core.create_namespace, client.V1Namespace(metadata=client.V1ObjectMeta(name="Not_A_Name")))


@case
def typed_life_of_an_object():
    made = core.create_namespaced_config_map(NAMESPACE, config_map("a", {"k": "v"}))
    read = core.read_namespaced_config_map("a", NAMESPACE)
    expect(read.metadata.uid, made.metadata.uid)
    expect(isinstance(read.metadata.creation_timestamp, datetime.datetime), True)
    read.data["k"] = "w"
    changed = core.replace_namespaced_config_map("a", NAMESPACE, read)
    expect(changed.data, {"k": "w"})
    read.data["k"] = "stale"
    refused(409, core.replace_namespaced_config_map, "a", NAMESPACE, read)
    expect(core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"k": None, "x": "y"}}).data, {"x": "y"})
    expect(core.patch_namespaced_config_map("a", NAMESPACE, [{"op": "add", "path": "/data/z", "value": "1"}]).data, {"x": "y", "z": "1"})
    dry = core.create_namespaced_config_map(NAMESPACE, config_map("dry", {}), dry_run="All")
    expect(dry.metadata.name, "dry")
    refused(404, core.read_namespaced_config_map, "dry", NAMESPACE)
    gone = core.delete_namespaced_config_map("a", NAMESPACE)
    expect(gone.status, "Success")
    refused(404, core.delete_namespaced_config_map, "a", NAMESPACE)


@case
def lists_pages_and_selectors():
    for i in range(7):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-{i}", {"i": str(i)}, {"odd": str(i % 2), "set": "pages"}))
    first = core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages", limit=3)
    expect([each.metadata.name for each in first.items], ["page-0", "page-1", "page-2"])
    core.delete_namespaced_config_map("page-5", NAMESPACE)
    names, token = [], first.metadata._continue
    while token:
        page = core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages", limit=3, _continue=token)
        names += [each.metadata.name for each in page.items]
        token = page.metadata._continue
    expect(names, ["page-3", "page-4", "page-5", "page-6"])  # one snapshot, whatever happened since
    expect(len(core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages,odd=1").items), 2)
    expect(len(core.list_namespaced_config_map(NAMESPACE, label_selector="set in (pages), odd notin (1)").items), 4)
    expect(len(core.list_namespaced_config_map(NAMESPACE, field_selector="metadata.name=page-0").items), 1)
    refused(400, core.list_namespaced_config_map, NAMESPACE, field_selector="data.i=1")
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="set=pages")
    expect(len(core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages").items), 0)


@case
def watch_resumes():
    start = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    core.create_namespaced_config_map(NAMESPACE, config_map("w1", {}))
    core.patch_namespaced_config_map("w1", NAMESPACE, {"data": {"a": "b"}})
    core.create_namespaced_config_map(NAMESPACE, config_map("w2", {}))
    core.delete_namespaced_config_map("w1", NAMESPACE)
    everything = [("ADDED", "w1"), ("MODIFIED", "w1"), ("ADDED", "w2"), ("DELETED", "w1")]
    for stop_after in (1, 2, 3, 4):
        seen, version = [], start
        while len(seen) < 4:
            watcher = watch.Watch()
            got = 0
            for event in watcher.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=30):
                seen.append((event["type"], event["object"].metadata.name))
                version = event["object"].metadata.resource_version
                got += 1
                if got == stop_after or len(seen) == 4:
                    watcher.stop()
        expect(seen, everything)


@case
def watch_of_one_object_ends_with_its_timeout():
    core.create_namespaced_config_map(NAMESPACE, config_map("w3", {}))
    seen = [(each["type"], each["object"].metadata.name) for each in watch.Watch().stream(
        core.list_namespaced_config_map, NAMESPACE, field_selector="metadata.name=w3", timeout_seconds=1)]
    expect(seen, [("ADDED", "w3")])


@case
def watch_from_forgotten_history():
    forget = client.ApiClient()
    forget.call_api("/drydock/v1/history", "DELETE", auth_settings=["BearerToken"])
    core.create_namespaced_config_map(NAMESPACE, config_map("w4", {}))
    watcher = watch.Watch()
    try:
        for _ in watcher.stream(core.list_namespaced_config_map, NAMESPACE, resource_version="1", timeout_seconds=10):
            pass
    except ApiException as error:
        expect(error.status, 410)
        expect("too old resource version" in str(error), True)
    else:
        raise AssertionError("the watch was not refused")


@case
def dynamic_client():
    dyn = dynamic.DynamicClient(client.ApiClient())
    maps = dyn.resources.get(api_version="v1", kind="ConfigMap")
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dyn"}, "data": {"a": "1"}}
    made = maps.create(body=body, namespace=NAMESPACE)
    expect(made.data.a, "1")
    patched = maps.patch(name="dyn", namespace=NAMESPACE, body={"data": {"a": "2"}}, content_type="application/merge-patch+json")
    expect(patched.data.a, "2")
    applied = maps.patch(name="dyn", namespace=NAMESPACE, body=json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dyn"}, "data": {"b": "3"}}),
                         content_type="application/apply-patch+yaml", field_manager="python-test")
    expect(applied.to_dict()["data"], {"a": "2", "b": "3"})
    try:
        maps.patch(name="dyn", namespace=NAMESPACE, body=json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dyn"}, "data": {"b": "4"}}),
                   content_type="application/apply-patch+yaml", field_manager="other")
        raise AssertionError("no conflict")
    except ConflictError:
        pass
    stale = made.to_dict()
    try:
        maps.replace(body=stale, namespace=NAMESPACE)
        raise AssertionError("no conflict")
    except ConflictError:
        pass
    expect([each.metadata.name for each in maps.get(namespace=NAMESPACE, label_selector="none=such").items], [])
    maps.delete(name="dyn", namespace=NAMESPACE)
    try:
        maps.get(name="dyn", namespace=NAMESPACE)
        raise AssertionError("still there")
    except NotFoundError:
        pass
    pods = dyn.resources.get(api_version="v1", kind="Pod")
    expect("exec" in pods.subresources, True)


@case
def custom_resources():
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.python.example.com"},
        "spec": {"group": "python.example.com", "scope": "Namespaced",
                 "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
                               "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                                   "spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}},
                                   "status": {"type": "object", "properties": {"done": {"type": "boolean"}}}}}}}]}}
    utils.create_from_dict(client.ApiClient(), crd)
    definitions = client.ApiextensionsV1Api()
    for event in watch.Watch().stream(definitions.list_custom_resource_definition, field_selector="metadata.name=widgets.python.example.com", timeout_seconds=30):
        conditions = event["object"].status.conditions or []
        if any(each.type == "Established" and each.status == "True" for each in conditions):
            break
    custom = client.CustomObjectsApi()
    where = ("python.example.com", "v1", NAMESPACE, "widgets")
    widget = {"apiVersion": "python.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 2, "unknown": 1}}
    made = custom.create_namespaced_custom_object(*where, widget)
    expect(made["spec"], {"size": 2})
    refused(422, custom.create_namespaced_custom_object, *where, {**widget, "metadata": {"name": "bad"}, "spec": {"size": 0}})
    status = custom.patch_namespaced_custom_object_status(*where, "w", {"status": {"done": True}, "spec": {"size": 9}})
    expect((status["status"], status["spec"]["size"]), ({"done": True}, 2))
    expect(custom.patch_namespaced_custom_object(*where, "w", {"spec": {"size": 5}})["metadata"]["generation"], 2)
    expect(len(custom.list_namespaced_custom_object(*where)["items"]), 1)
    custom.delete_namespaced_custom_object(*where, "w")
    refused(404, custom.get_namespaced_custom_object, *where, "w")
    definitions.delete_custom_resource_definition("widgets.python.example.com")


def run_pod(name):
    container = client.V1Container(name="main", image="busybox", command=["sleep", "10000"])
    core.create_namespaced_pod(NAMESPACE, client.V1Pod(metadata=client.V1ObjectMeta(name=name), spec=client.V1PodSpec(containers=[container])))
    for event in watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, field_selector=f"metadata.name={name}", timeout_seconds=60):
        if event["object"].status.phase == "Running" and any(
                each.type == "Ready" and each.status == "True" for each in event["object"].status.conditions or []):
            return
    raise AssertionError(f"{name} never ran")


@case
def exec_over_websocket():
    run_pod("shell")
    text = stream(core.connect_get_namespaced_pod_exec, "shell", NAMESPACE, command=["sh", "-c", "echo out; echo err >&2"],
                  stderr=True, stdin=False, stdout=True, tty=False)
    expect(sorted(text.split()), ["err", "out"])
    session = stream(core.connect_get_namespaced_pod_exec, "shell", NAMESPACE, command=["sh", "-c", "read line; echo got $line; exit 3"],
                     stderr=True, stdin=True, stdout=True, tty=False, _preload_content=False)
    session.write_stdin("hello\n")
    session.run_forever(timeout=30)
    expect(session.read_stdout(), "got hello\n")
    expect(session.returncode, 3)
    failed = stream(core.connect_get_namespaced_pod_exec, "shell", NAMESPACE, command=["no-such-program"],
                    stderr=True, stdin=False, stdout=True, tty=False, _preload_content=False)
    failed.run_forever(timeout=30)
    expect("executable file not found" in failed.read_channel(ERROR_CHANNEL), True)
    refused_by(lambda: stream(core.connect_get_namespaced_pod_exec, "absent", NAMESPACE, command=["true"], stdout=True, stderr=True, stdin=False, tty=False))


def refused_by(call):
    try:
        call()
    except ApiException as error:
        expect("404" in str(error), True)
        return
    raise AssertionError("was not refused")


@case
def logs_and_port_forward():
    web = client.V1Container(name="nginx", image="nginx", ports=[client.V1ContainerPort(container_port=80)])
    core.create_namespaced_pod(NAMESPACE, client.V1Pod(metadata=client.V1ObjectMeta(name="web"), spec=client.V1PodSpec(containers=[web])))
    for event in watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, field_selector="metadata.name=web", timeout_seconds=60):
        if event["object"].status.phase == "Running":
            break
    forward = portforward(core.connect_get_namespaced_pod_portforward, "web", NAMESPACE, ports="80")
    http = forward.socket(80)
    http.setblocking(True)
    http.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = b""
    while chunk := http.recv(1024):
        answer += chunk
    http.close()
    expect(answer.split(b"\r\n")[0], b"HTTP/1.1 200 OK")
    expect(forward.error(80), None)
    echo = client.V1Container(name="main", image="busybox", command=["sh", "-c", "echo one; echo two"])
    core.create_namespaced_pod(NAMESPACE, client.V1Pod(metadata=client.V1ObjectMeta(name="echo"), spec=client.V1PodSpec(restart_policy="Never", containers=[echo])))
    for event in watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, field_selector="metadata.name=echo", timeout_seconds=60):
        if event["object"].status.phase == "Succeeded":
            break
    expect(core.read_namespaced_pod_log("echo", NAMESPACE), "one\ntwo\n")
    expect(core.read_namespaced_pod_log("echo", NAMESPACE, tail_lines=1), "two\n")
    refused(404, core.read_namespaced_pod_log, "absent", NAMESPACE)


@case
def storage_and_workloads():
    classes = client.StorageV1Api()
    classes.create_storage_class(client.V1StorageClass(metadata=client.V1ObjectMeta(name="py"), provisioner="example.com/none", parameters={"a": "b"}))
    refused(422, classes.patch_storage_class, "py", {"provisioner": "other"})
    volume = client.V1PersistentVolume(metadata=client.V1ObjectMeta(name="py-pv"), spec=client.V1PersistentVolumeSpec(
        capacity={"storage": "1Gi"}, access_modes=["ReadWriteOnce"], storage_class_name="py", nfs=client.V1NFSVolumeSource(server="127.0.0.1", path="/x")))
    core.create_persistent_volume(volume)
    claim = client.V1PersistentVolumeClaim(metadata=client.V1ObjectMeta(name="claim"), spec=client.V1PersistentVolumeClaimSpec(
        access_modes=["ReadWriteOnce"], storage_class_name="py", resources=client.V1ResourceRequirements(requests={"storage": "1Gi"})))
    core.create_namespaced_persistent_volume_claim(NAMESPACE, claim)
    for event in watch.Watch().stream(core.list_namespaced_persistent_volume_claim, NAMESPACE, timeout_seconds=60):
        if event["object"].status.phase == "Bound":
            expect(event["object"].spec.volume_name, "py-pv")
            break
    labels = {"app": "py"}
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="nginx")]))
    apps = client.AppsV1Api()
    apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="d"), spec=client.V1DeploymentSpec(
        replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)))
    for event in watch.Watch().stream(apps.list_namespaced_deployment, NAMESPACE, timeout_seconds=60):
        if event["object"].status.available_replicas == 2:
            break
    scale = apps.read_namespaced_deployment_scale("d", NAMESPACE)
    expect(scale.spec.replicas, 2)
    scale.spec.replicas = 1
    expect(apps.replace_namespaced_deployment_scale("d", NAMESPACE, scale).spec.replicas, 1)
    apps.delete_namespaced_deployment("d", NAMESPACE, propagation_policy="Foreground")


@case
def leader_election():
    done = threading.Event()
    log = []

    def run(name):
        def started():
            log.append(name)
            done.set()
        lock = ConfigMapLock("leader", NAMESPACE, name)
        election = leaderelection.LeaderElection(electionconfig.Config(
            lock, lease_duration=17, renew_deadline=15, retry_period=5, onstarted_leading=started, onstopped_leading=lambda: None))
        threading.Thread(target=election.run, daemon=True).start()

    run("first")
    expect(done.wait(60), True)
    expect(log, ["first"])
    record = core.read_namespaced_config_map("leader", NAMESPACE).metadata.annotations["control-plane.alpha.kubernetes.io/leader"]
    expect('"holderIdentity": "first"' in record, True)
    # The way every Lease-based election works: take it, and lose a race with a stale version.
    leases = client.CoordinationV1Api()
    now = datetime.datetime.now(datetime.timezone.utc)
    lease = leases.create_namespaced_lease(NAMESPACE, client.V1Lease(metadata=client.V1ObjectMeta(name="l"), spec=client.V1LeaseSpec(
        holder_identity="a", lease_duration_seconds=15, acquire_time=now, renew_time=now)))
    lease.spec.holder_identity = "b"
    expect(leases.replace_namespaced_lease("l", NAMESPACE, lease).spec.holder_identity, "b")
    refused(409, leases.replace_namespaced_lease, "l", NAMESPACE, lease)


@case
def access_reviews():
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(
        resource_attributes=client.V1ResourceAttributes(verb="create", resource="pods", namespace=NAMESPACE)))
    expect(client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed, True)
    token = core.create_namespaced_service_account_token("default", NAMESPACE, client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=3600))) if hasattr(client, "AuthenticationV1TokenRequest") else None
    if token is None:
        return
    settings = client.Configuration.get_default_copy()
    settings.api_key = {"authorization": "Bearer " + token.status.token}
    settings.cert_file = settings.key_file = None
    robot = client.CoreV1Api(client.ApiClient(settings))
    error = refused(403, robot.list_namespaced_secret, NAMESPACE)
    expect(f"system:serviceaccount:{NAMESPACE}:default" in error.body, True)
    settings.api_key = {"authorization": "Bearer nonsense"}
    refused(401, client.CoreV1Api(client.ApiClient(settings)).list_namespaced_secret, NAMESPACE)


@case
def the_namespace_goes():
    core.delete_namespace(NAMESPACE, body=client.V1DeleteOptions(grace_period_seconds=0))
    for event in watch.Watch().stream(core.list_namespace, field_selector=f"metadata.name={NAMESPACE}", timeout_seconds=60):
        if event["type"] == "DELETED":
            return
    refused(404, core.read_namespace, NAMESPACE)


def start(program):
    """The server's process and its kubeconfig."""
    folder = tempfile.mkdtemp(prefix="k8s-fake-python-")
    path = os.path.join(folder, "config")
    server = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--kubeconfig", path], stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.strip() == "ready":
            return server, path
    raise SystemExit(f"{program} did not start")


process, kubeconfig = start(sys.argv[1]) if os.access(sys.argv[1], os.X_OK) else (None, sys.argv[1])
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
chosen = [each for each in cases if len(sys.argv) == 2 or each.__name__ in sys.argv[2:]]
failures = 0
for each in chosen:
    try:
        each()
        print("ok", each.__name__, flush=True)
    except Exception:  # every case is judged on its own
        failures += 1
        print("FAILED", each.__name__, flush=True)
        traceback.print_exc(file=sys.stdout)
print(f"{len(chosen)} cases, {failures} failed", flush=True)
if process is not None:
    process.terminate()
    if process.wait(30) != 0:
        print("the server ended with", process.returncode, flush=True)
        failures += 1
    shutil.rmtree(os.path.dirname(kubeconfig))
# The election's thread would go on for ever.
os._exit(1 if failures or not chosen else 0)
