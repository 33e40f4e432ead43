import Bytes
import Testing

@testable import ClusterAPI

@Suite("Validation in Kubernetes' words")
struct ValidationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var kind: String
        var apiVersion = "v1"
        var object: String
        var errors: [String]
        var testDescription: String { "\(kind): \(errors.joined(separator: "; "))" }
    }

    private static func errors(_ kind: String, _ apiVersion: String, _ body: String) throws -> [String] {
        let schema = try #require(SchemaTable.standard.kind(GroupVersionKind(GroupVersion(apiVersion: apiVersion)!, kind: kind)))
        var object = try ObjectDecoder.decode(Array(body.utf8), as: schema, validation: .strict).object
        Defaulter().setDefaults(&object, kind: schema)
        return SemanticValidator.check(object, schema).map(\.description)
    }

    @Test(
        "wrong objects are refused",
        arguments: [
            Case(kind: "Pod", object: #"{"metadata":{"name":"x"},"spec":{}}"#, errors: ["spec.containers: Required value"]),
            Case(kind: "Pod", object: #"{"metadata":{"name":"x"}}"#, errors: ["spec.containers: Required value"]),
            Case(
                kind: "Pod", object: #"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a"},{"name":"a","image":"b"}],"restartPolicy":"No"}}"#,
                errors: [
                    #"spec.restartPolicy: Unsupported value: "No": supported values: "Always", "Never", "OnFailure""#,
                    "spec.containers[0].image: Required value", #"spec.containers[1].name: Duplicate value: "a""#,
                ]),
            Case(
                kind: "Pod",
                object:
                    #"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"b","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}}"#,
                errors: [#"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#]),
            Case(
                kind: "Pod", object: #"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"b","volumeMounts":[{"name":"v","mountPath":"/m"}]}]}}"#,
                errors: [#"spec.containers[0].volumeMounts[0].name: Not found: "v""#]),
            Case(
                kind: "ReplicationController",
                object:
                    #"{"metadata":{"name":"x"},"spec":{"replicas":-1,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"c"}},"spec":{"containers":[{"name":"a","image":"b"}]}}}}"#,
                errors: [
                    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                    #"spec.template.metadata.labels: Invalid value: map[string]string{"a":"c"}: `selector` does not match template `labels`"#,
                ]),
            Case(kind: "Service", object: #"{"metadata":{"name":"x"},"spec":{"ports":[]}}"#, errors: ["spec.ports: Required value"]),
            Case(
                kind: "Service", object: #"{"metadata":{"name":"x"},"spec":{"type":"X","ports":[{"port":0}]}}"#,
                errors: [
                    #"spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#,
                    "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                    "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
                ]),
            Case(
                kind: "HorizontalPodAutoscaler", apiVersion: "autoscaling/v2",
                object: #"{"metadata":{"name":"x"},"spec":{"scaleTargetRef":{"kind":"ReplicationController","name":"w"},"minReplicas":3,"maxReplicas":2}}"#,
                errors: ["spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"]),
            Case(
                kind: "AutoscalingPolicy", apiVersion: "skysail.dev/v1",
                object:
                    #"{"metadata":{"name":"x"},"spec":{"scaleTargetRef":{"kind":"ReplicationController","name":"w"},"maxReplicas":2,"signals":[{"name":"s","target":{"type":"Value","value":"1"}}]}}"#,
                errors: ["spec.signals[0]: Required value: must specify one of: `promql`, `logql` or `resource`"]),
        ])
    func refused(_ test: Case) throws {
        #expect(try Self.errors(test.kind, test.apiVersion, test.object) == test.errors)
    }

    @Test(
        "good objects pass",
        arguments: [
            Case(kind: "Namespace", object: #"{"metadata":{"name":"team-a"}}"#, errors: []),
            Case(kind: "ConfigMap", object: #"{"metadata":{"name":"a.b"},"data":{"k.v":"x"}}"#, errors: []),
            Case(kind: "LimitRange", object: #"{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Pod","max":{"cpu":"1024m"},"min":{"cpu":"100m"}}]}}"#, errors: []),
            Case(
                kind: "ResourceQuota",
                object:
                    #"{"metadata":{"name":"q"},"spec":{"hard":{"cpu":4,"memory":"32G","pods":30,"services":100,"replicationcontrollers":80,"resourcequotas":10}}}"#,
                errors: []),
            Case(
                kind: "Service",
                object: #"{"metadata":{"name":"e"},"spec":{"ports":[{"port":9200,"protocol":"TCP","targetPort":"db"}],"selector":{"k8s-app":"e"},"type":"NodePort"}}"#,
                errors: []),
            Case(kind: "RuleGroup", apiVersion: "skysail.dev/v1", object: #"{"metadata":{"name":"r"},"spec":{"rules":[{"alert":"A","expr":"up == 0","for":"5m"}]}}"#, errors: []),
            Case(kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1", object: #"{"metadata":{"name":"s"},"addressType":"IPv4","endpoints":[]}"#, errors: []),
        ])
    func accepted(_ test: Case) throws {
        #expect(try Self.errors(test.kind, test.apiVersion, test.object) == [])
    }

    @Test("a pod's update may change images and nothing else of its containers")
    func podUpdate() throws {
        let schema = try #require(SchemaTable.standard.kind(GroupVersionKind(group: "", version: "v1", kind: "Pod")))
        let old: JSONValue = ["metadata": ["name": "x"], "spec": ["containers": [["name": "a", "image": "b"]]]]
        var new = old
        new.set([["name": "a", "image": "c"]], at: ["spec", "containers"])
        #expect(SemanticValidator.checkUpdate(new, old: old, schema).isEmpty)
        new.set([["name": "a", "image": "c", "command": ["x"]]], at: ["spec", "containers"])
        let error = try #require(SemanticValidator.checkUpdate(new, old: old, schema).first)
        #expect(error.reason == .forbidden)
        #expect(error.body.hasPrefix("Forbidden: pod updates may not change fields other than `spec.containers[*].image`"))
    }

    @Test("an invalid object is one Status with a cause a field")
    func status() {
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Pod")
        let error = StatusError.invalid(kind, "x", [.required("spec.containers")])
        #expect(error.message == #"Pod "x" is invalid: spec.containers: Required value"#)
        #expect(error.code == 422)
        #expect(error.details?.causes == [StatusError.Cause(reason: "FieldValueRequired", message: "Required value", field: "spec.containers")])
        #expect(StatusError(json: error.body) == error)
    }
}
