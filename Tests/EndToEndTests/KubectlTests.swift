import Environment
import Testing

/// Manifests of the walks.
enum Manifests {
    static func controller(replicas: Int = 2, labels: String = "{app: clock}") -> String {
        """
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: clock, labels: \(labels)}
        spec:
          replicas: \(replicas)
          selector: {app: clock}
          template:
            metadata: {labels: {app: clock}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: host, command: [sh, -c, "while true; do echo tick; sleep 1; done"]}
        """
    }

    static func settings(_ value: String, name: String = "settings") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {colour: \(value)}\n"
    }

    static let volumes = """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: disk}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /tmp}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: claim}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 500Mi}}}
        """
}

@Suite(
    "Unmodified kubectl", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: !Kubectl.walking.isEmpty, "there is no kubectl here"))
struct KubectlTests {
    @Test("discovers what there is and explains every kind")
    func discovery() async {
        await Kubectl.walk(["server"], port: 23301) { kubectl in
            try kubectl.expect("version", prints: "Server Version", "v1.32")
            try kubectl.expect("api-versions", prints: "autoscaling/v2", "skysail.dev/v1", "discovery.k8s.io/v1", "metrics.k8s.io/v1beta1")
            try kubectl.expect("cluster-info", prints: "is running at")
            try kubectl.expect("api-resources", "-o", "wide", prints: "replicationcontrollers", "endpointslices", "deletecollection")
            try kubectl.expect("auth", "can-i", "create", "pods", prints: "yes")
            try kubectl.expect("auth", "can-i", "--list", prints: "*.*")
            try kubectl.since(27)?.expect("auth", "whoami", prints: "system:masters")
            try kubectl.since(27)?.expect("auth", "whoami", "--as", "jane", "--as-group", "ops", prints: "jane", "ops")
            try kubectl.expect("get", "--raw", "/readyz", prints: "ok")
            let (_, kinds) = try kubectl.run(["api-resources", "-o", "name", "--verbs", "list"])
            #expect(kinds.split(separator: "\n").count > 18)
            for kind in kinds.split(separator: "\n").map(String.init) where !kind.hasSuffix("metrics.k8s.io") {
                // Old versions took the group behind the dot for a field.
                let explained = kubectl.kubectl.minor < 25 ? String(kind.prefix { $0 != "." }) : kind
                try kubectl.expect("explain", explained, prints: "KIND:", "metadata", "apiVersion")
                try kubectl.expect("explain", explained, "--recursive", prints: "resourceVersion")
                try kubectl.expect("get", kind)
            }
            // From OpenAPI 2 before, which knows quantities as strings.
            try kubectl.since(27)?.expect("explain", "pod.spec.containers.resources", prints: "map[string]Quantity", "claims")
            try kubectl.before(27)?.expect("explain", "pod.spec.containers.resources", prints: "map[string]string", "claims")
            try kubectl.expect("explain", "autoscalingpolicy.spec.signals", prints: "promql")
            try kubectl.since(27)?.expect("explain", "hpa", "--api-version=autoscaling/v1", prints: "VERSION:    v1")
            try kubectl.before(27)?.expect("explain", "hpa", "--api-version=autoscaling/v1", prints: "VERSION:  autoscaling/v1")
            try kubectl.refuse("explain", "pod.spec.colour", prints: "field \"colour\" does not exist")
            try kubectl.refuse("get", "unicorns", prints: "the server doesn't have a resource type \"unicorns\"")
        }
    }

    @Test("creates every kind it has a command for, and says what is refused in Kubernetes' words")
    func creation() async {
        await Kubectl.walk(["server"], port: 23321) { kubectl in
            try kubectl.expect("create", "namespace", "team", prints: "namespace/team created")
            try kubectl.expect("create", "configmap", "cm", "--from-literal=a=b", prints: "configmap/cm created")
            try kubectl.expect("create", "secret", "generic", "key", "--from-literal=p=w", prints: "secret/key created")
            try kubectl.expect("create", "serviceaccount", "bot", prints: "serviceaccount/bot created")
            try kubectl.expect("create", "quota", "q", "--hard=pods=3,cpu=2,services=4", "-n", "team", prints: "resourcequota/q created")
            try kubectl.expect("create", "service", "clusterip", "cs", "--tcp=80:8080", prints: "service/cs created")
            try kubectl.expect("create", "service", "nodeport", "np", "--tcp=80:8080", prints: "service/np created")
            try kubectl.expect("create", "service", "externalname", "en", "--external-name=example.org", prints: "service/en created")
            try kubectl.expect("create", "-f", "-", input: Manifests.volumes, prints: "disk created", "claim created")
            try kubectl.expect("run", "one", "--image=host", "--command", "--", "sleep", "5", prints: "pod/one created")
            try kubectl.expect("describe", "quota", "-n", "team", prints: "services    0     4")
            try kubectl.expect("describe", "secret", "key", prints: "p:  1 bytes", "Opaque")
            try kubectl.expect("describe", "configmap", "cm", prints: "a:\n----\nb")
            try kubectl.expect("describe", "serviceaccount", "bot", prints: "Mountable secrets:")
            try kubectl.expect("describe", "service", "np", prints: "NodePort:", "Session Affinity:         None")
            try kubectl.expect("describe", "namespace", "team", prints: "Resource Quotas", "No LimitRange resource.")
            try kubectl.expect("describe", "pv", "disk", prints: "HostPath")
            try kubectl.expect("describe", "pvc", "claim", prints: "VolumeMode:    Filesystem")
            try kubectl.since(22)?.expect("describe", "pod", "one", prints: "Service Account:  default", "Priority:         0")
            try kubectl.before(22)?.expect("describe", "pod", "one", prints: "Priority:     0")
            try kubectl.expect("get", "svc", "-o", "wide", prints: "example.org", "app=np")
            try kubectl.expect("get", "pv,pvc", prints: "persistentvolume/disk", "RWO")
            let early = """
                apiVersion: v1
                kind: LimitRange
                metadata: {name: default-limits}
                spec: {limits: [{type: Pod, default: {cpu: 100m, memory: 512Mi}, max: {cpu: 1024m, memory: 10240Mi}, min: {cpu: 100m, memory: 256Mi}}]}
                """
            try kubectl.expect("create", "-f", "-", "-n", "team", input: early, prints: "Warning: spec.limits[0].default", "created")
            try kubectl.expect("describe", "limits", "-n", "team", prints: "Container   cpu       -      -      100m")
            let list = """
                {"apiVersion": "v1", "kind": "List", "items": [
                 {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l1"}}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l2"}}]}
                """
            try kubectl.expect("apply", "-f", "-", input: list, prints: "configmap/l1 created", "configmap/l2 created")
            try kubectl.refuse("create", "configmap", "cm", prints: "configmaps \"cm\" already exists")
            // Fifty megabytes: the answer comes while the client is still sending.
            try kubectl.refuse(
                "create", "configmap", "big", "--from-file=\(kubectl.kubectl.program)", prints: "Request entity too large: limit is 3145728")
            try Self.refusals(kubectl)
        }
    }

    private static func refusals(_ kubectl: KubectlSession) throws {
        let empty = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n"
        let coloured = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], colour: red}\n"
        // Since 1.25 the server is asked to be strict; before, the client looked at the schema.
        try kubectl.since(25)?.refuse("create", "-f", "-", input: empty, prints: "The Pod \"x\" is invalid: spec.containers: Required value")
        try kubectl.before(25)?.refuse("create", "-f", "-", input: empty, prints: "missing required field \"containers\" in io.k8s.api.core.v1.PodSpec")
        try kubectl.since(25)?.refuse(
            "create", "-f", "-", input: coloured,
            prints: "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.colour\"")
        try kubectl.before(25)?.refuse("create", "-f", "-", input: coloured, prints: "unknown field \"colour\" in io.k8s.api.core.v1.PodSpec")
        try kubectl.since(25)?.expect(
            "create", "-f", "-", "--validate=warn", "--dry-run=server", input: coloured,
            prints: "Warning: unknown field \"spec.colour\"", "created (server dry run)")
        let cases: [(manifest: String, expected: String)] = [
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: a, image: i}]}\n", "Invalid value: \"Bad_Name\""),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {serviceAccountName: nobody, containers: [{name: a, image: i}]}\n",
                "pods \"x\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found"),
            ("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: nowhere}\nspec: {ports: [{port: 80}]}\n", "namespaces \"nowhere\" not found"),
            ("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 0}]}\n", "* spec.ports[0].port: Invalid value: 0"),
            ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s}\n", "no matches for kind \"Deployment\" in version \"apps/v1\""),
            ("kind: Pod\nmetadata: {name: s}\n", "apiVersion not set"),
        ]
        for (manifest, expected) in cases { try kubectl.refuse("create", "-f", "-", input: manifest, prints: expected) }
    }

    @Test("applies from either side, with conflicts, and changes objects in every other way")
    func changes() async {
        await Kubectl.walk(["server"], port: 23341) { kubectl in
            try kubectl.expect("apply", "-f", "-", input: Manifests.controller(), prints: "replicationcontroller/clock created")
            try kubectl.expect("apply", "-f", "-", input: Manifests.controller(), prints: "replicationcontroller/clock unchanged")
            let (code, diff) = try kubectl.run(["diff", "-f", "-"], input: Manifests.controller(replicas: 3))
            #expect(code == 1 && diff.contains("-  replicas: 2") && diff.contains("+  replicas: 3"), "\(diff)")
            try kubectl.expect("apply", "-f", "-", input: Manifests.controller(replicas: 3), prints: "configured")
            try kubectl.expect("apply", "-f", "-", "--dry-run=server", input: Manifests.controller(), prints: "configured (server dry run)")
            try kubectl.expect("apply", "view-last-applied", "rc/clock", prints: "replicas: 3")
            try kubectl.since(21)?.expect("get", "rc", "clock", "-o", "yaml", "--show-managed-fields", prints: "manager: kubectl-client-side-apply", "resources: {}")

            try kubectl.expect("apply", "--server-side", "-f", "-", input: Manifests.settings("red"), prints: "serverside-applied")
            try kubectl.refuse(
                "apply", "--server-side", "--field-manager=second", "-f", "-", input: Manifests.settings("blue"),
                prints: "Apply failed with 1 conflict: conflict with \"kubectl\": .data.colour")
            try kubectl.expect(
                "apply", "--server-side", "--field-manager=second", "--force-conflicts", "-f", "-", input: Manifests.settings("blue"),
                prints: "serverside-applied")
            try kubectl.expect("get", "cm", "settings", "-o", "jsonpath={.data.colour}", prints: "blue")
            try kubectl.expect("apply", "--server-side", "--force-conflicts", "-f", "-", input: Manifests.controller(replicas: 1), prints: "serverside-applied")

            try kubectl.expect("replace", "-f", "-", input: Manifests.settings("green"), prints: "configmap/settings replaced")
            try kubectl.expect("replace", "--force", "-f", "-", input: Manifests.settings("grey"), prints: "deleted", "configmap/settings replaced")
            try kubectl.expect("edit", "cm", "settings", editor: "sed -i s/grey/gold/", prints: "configmap/settings edited")
            try kubectl.expect("get", "cm", "settings", "-o", "go-template={{.data.colour}}", prints: "gold")
            try kubectl.expect("patch", "rc", "clock", "-p", #"{"metadata":{"annotations":{"a":"b"}}}"#, prints: "patched")
            try kubectl.expect("patch", "rc", "clock", "-p", #"{"metadata":{"annotations":{"a":"b"}}}"#, prints: "patched (no change)")
            try kubectl.expect("patch", "rc", "clock", "--type=merge", "-p", #"{"spec":{"minReadySeconds":2}}"#, prints: "patched")
            try kubectl.expect(
                "patch", "rc", "clock", "--type=json", "-p", #"[{"op":"test","path":"/spec/minReadySeconds","value":2},{"op":"remove","path":"/spec/minReadySeconds"}]"#,
                prints: "patched")
            try kubectl.refuse(
                "patch", "rc", "clock", "--type=json", "-p", #"[{"op":"remove","path":"/spec/colour"}]"#, prints: "The request is invalid")
            try kubectl.refuse("patch", "rc", "clock", "-p", #"{"spec":{"replicas":-1}}"#, prints: "must be greater than or equal to 0")
            let other = #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"other"}]}}}}"#
            try kubectl.expect("patch", "rc", "clock", "-p", other, prints: "patched")
            try kubectl.expect("get", "rc", "clock", "-o", "jsonpath={.spec.template.spec.containers[*].command[0]}", prints: "sh")
            try kubectl.expect("label", "rc", "clock", "tier=back", prints: "labeled")
            try kubectl.refuse("label", "rc", "clock", "tier=front", prints: "--overwrite is false")
            try kubectl.expect("label", "rc", "clock", "tier-", prints: kubectl.kubectl.minor < 22 ? "labeled" : "unlabeled")
            // 1.27 lost the end of the word for a while.
            try kubectl.expect("annotate", "rc", "--all", "note=x", prints: kubectl.kubectl.minor == 27 ? "annotate" : "annotated")
            try kubectl.expect("scale", "rc", "clock", "--replicas=2", prints: "scaled")
            try kubectl.refuse("scale", "rc", "clock", "--replicas=3", "--current-replicas=5", prints: "Expected replicas to be 5, was 2")
            try kubectl.since(24)?.expect("patch", "rc", "clock", "--subresource=scale", "--type=merge", "-p", #"{"spec":{"replicas":0}}"#, prints: "patched")
            try kubectl.since(24)?.expect("get", "rc", "clock", "--subresource=scale", prints: "AVAILABLE")
            try kubectl.expect("set", "image", "rc/clock", "main=third", prints: "image updated")
            try kubectl.expect("set", "env", "rc/clock", "A=1", prints: "env updated")
            try kubectl.expect("set", "resources", "rc/clock", "--limits=cpu=200m,memory=64Mi", prints: "resource requirements updated")
            try kubectl.expect("set", "serviceaccount", "rc/clock", "default", prints: "serviceaccount updated")
            try kubectl.expect("expose", "rc", "clock", "--port=80", "--type=NodePort", prints: "service/clock exposed")
            try kubectl.expect("set", "selector", "svc/clock", "app=other", prints: "selector updated")
            try kubectl.expect("autoscale", "rc", "clock", "--max=3", "--cpu-percent=50", prints: "autoscaled")
            try kubectl.expect("get", "hpa", prints: "ReplicationController/clock", "cpu: <unknown>/50%")
            try kubectl.expect(
                "get", "horizontalpodautoscalers.v1.autoscaling", "clock", "-o", "yaml", prints: "autoscaling/v1", "targetCPUUtilizationPercentage: 50")
            // Described by autoscaling/v1 before.
            try kubectl.since(23)?.expect("describe", "hpa", "clock", prints: "resource cpu on pods")
            try kubectl.before(23)?.expect("describe", "hpa", "clock", prints: "Target CPU utilization:      50%")
            try kubectl.refuse("rollout", "status", "rc/clock", prints: "no status viewer has been implemented")
        }
    }
}
