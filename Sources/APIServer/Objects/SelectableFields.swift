import Bytes
import ClusterAPI

/// Which fields a field selector may name, by resource; `metadata.name` and `metadata.namespace` always.
///
/// - Source: Kubernetes `pkg/apis/core/v1/conversion.go` and the registries' `ToSelectableFields`.
enum SelectableFields {
    private static let paths: [Resource: [String]] = [
        Resource(plural: "pods"): [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
            "status.podIP", "status.nominatedNodeName",
        ],
        Resource(plural: "nodes"): ["spec.unschedulable"],
        Resource(plural: "events"): [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source.component", "type",
        ],
        Resource(plural: "replicationcontrollers"): ["status.replicas"],
        Resource(plural: "namespaces"): ["status.phase"],
        Resource(plural: "secrets"): ["type"],
        Resource(plural: "services"): ["spec.clusterIP", "spec.type"],
    ]

    /// `source` is what events call `source.component`.
    static func of(_ resource: Resource) -> [String] { paths[resource] ?? [] }

    /// Those whose values lead to few of many objects, and by which clients ask often: agents for their pods, people for an object's events.
    private static let indexed: [Resource: [String]] = [
        Resource(plural: "pods"): ["spec.nodeName"],
        Resource(plural: "events"): ["involvedObject.uid"],
    ]

    static func indexed(_ resource: Resource) -> [String] { indexed[resource] ?? [] }

    /// Fields that are booleans and absent when false.
    private static let booleans: Set<String> = ["spec.unschedulable", "spec.hostNetwork"]
    private static let numbers: Set<String> = ["status.replicas"]

    static func absentValue(_ path: String) -> String { booleans.contains(path) ? "false" : numbers.contains(path) ? "0" : "" }

    /// - Throws: `badRequest` when the selector names a field that cannot be selected by.
    static func check(_ selector: FieldSelector, _ resource: Resource) throws(StatusError) {
        for requirement in selector.requirements {
            let path = requirement.path
            guard path == "metadata.name" || path == "metadata.namespace" || path == "source" || of(resource).contains(path) else {
                throw .badRequest("field label not supported: \(path)")
            }
        }
    }
}
