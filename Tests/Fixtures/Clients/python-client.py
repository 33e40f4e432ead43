"""What users of client-python do, against the server in the first argument; prints a line for each thing that worked."""
import sys

from kubernetes import client, dynamic, watch
from kubernetes.stream import stream

configuration = client.Configuration()
configuration.host = sys.argv[1]
api = client.ApiClient(configuration)
core = client.CoreV1Api(api)


def say(what, *values):
    print(what, *values, flush=True)


# Lists of every kind become typed objects, whose required fields the client checks.
for kind in ["node", "namespace", "persistent_volume"]:
    getattr(core, "list_" + kind)()
for kind in ["pod", "service", "endpoints", "event", "config_map", "secret", "service_account", "limit_range", "resource_quota",
             "persistent_volume_claim", "replication_controller"]:
    getattr(core, f"list_{kind}_for_all_namespaces")()
client.AutoscalingV2Api(api).list_horizontal_pod_autoscaler_for_all_namespaces()
client.AutoscalingV1Api(api).list_horizontal_pod_autoscaler_for_all_namespaces()
client.CoordinationV1Api(api).list_lease_for_all_namespaces()
client.DiscoveryV1Api(api).list_endpoint_slice_for_all_namespaces()
say("listed", len(core.list_node().items))

pod = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "py", "labels": {"app": "py"}},
    "spec": {"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "main", "image": "host", "command": ["sh", "-c", "echo started; sleep 600"]}]},
}
created = core.create_namespaced_pod("default", pod)
watcher = watch.Watch()
for event in watcher.stream(core.list_namespaced_pod, "default", resource_version=created.metadata.resource_version, timeout_seconds=40):
    if event["object"].status.phase == "Running":
        say("watched", event["type"])
        watcher.stop()

say("merged", core.patch_namespaced_pod("py", "default", {"metadata": {"labels": {"a": "b"}}}).metadata.labels["a"])
say("patched", core.patch_namespaced_pod(
    "py", "default", [{"op": "add", "path": "/metadata/labels/c", "value": "d"}]).metadata.labels["c"])

where = ("py", "default")
connect = core.connect_get_namespaced_pod_exec
say("executed", repr(stream(connect, *where, command=["sh", "-c", "echo out; echo err >&2"], stdout=True, stderr=True)))
session = stream(connect, *where, command=["cat"], stdin=True, stdout=True, stderr=True, _preload_content=False)
session.write_stdin("typed\n")
say("echoed", session.readline_stdout(timeout=10))
session.close()
session = stream(connect, *where, command=["sh", "-c", "exit 3"], stdout=True, stderr=True, _preload_content=False)
session.run_forever(timeout=10)
say("exited", session.returncode)
say("logged", core.read_namespaced_pod_log(*where).strip())

page = core.list_namespace(limit=2)
rest = core.list_namespace(limit=50, _continue=page.metadata._continue)
say("paged", len(page.items), len(page.items) + len(rest.items) == len(core.list_namespace().items))

objects = dynamic.DynamicClient(api)
maps = objects.resources.get(api_version="v1", kind="ConfigMap")
applied = maps.server_side_apply(
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "py"}, "data": {"a": "b"}}, name="py", namespace="default",
    field_manager="py")
say("applied", applied.metadata.managedFields[0].manager)
say("found", objects.resources.get(api_version="skysail.dev/v1", kind="AutoscalingPolicy").name)
for attempt, call in [
    ("read", lambda: core.read_namespaced_pod("nosuch", "default")),
    ("exec", lambda: stream(connect, "nosuch", "default", command=["true"], stdout=True, stderr=True)),
]:
    try:
        call()
    except client.ApiException as refusal:
        say("refused", attempt, refusal.status if attempt == "read" else "404" in str(refusal.reason))
say("deleted", core.delete_namespaced_pod(*where).metadata.name)
