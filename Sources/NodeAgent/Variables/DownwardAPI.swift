import Bytes
import ClusterAPI

/// What a pod may learn of itself.
///
/// - Source: Kubernetes `pkg/fieldpath` and `pkg/api/v1/resource`.
enum DownwardAPI {
    /// The value of a field of the pod; nil when there is no such field.
    static func field(_ path: String, of pod: Pod, address: String, hostAddress: String) -> String? {
        switch path {
        case "metadata.name": return pod.metadata.name
        case "metadata.namespace": return pod.metadata.namespace ?? ""
        case "metadata.uid": return pod.metadata.uid
        case "metadata.labels": return lines(pod.metadata.labels)
        case "metadata.annotations": return lines(pod.metadata.annotations)
        case "spec.nodeName": return pod.spec.nodeName ?? ""
        case "spec.serviceAccountName": return pod.spec.serviceAccountName ?? ""
        case "status.hostIP", "status.hostIPs": return hostAddress
        case "status.podIP", "status.podIPs": return address
        default: break
        }
        if let key = subscriptKey(path, "metadata.labels") { return pod.metadata.labels[key] ?? "" }
        if let key = subscriptKey(path, "metadata.annotations") { return pod.metadata.annotations[key] ?? "" }
        return nil
    }

    /// The amount of a container's resource in units of the divisor, rounded up. A limit that is not set is what the node has.
    static func resource(_ selector: ResourceFieldSelector, of container: Container, allocatable: [String: Quantity]) -> String? {
        let parts = selector.resource.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "limits" || parts[0] == "requests" else { return nil }
        let resources = container.resources
        let amount: Quantity
        if parts[0] == "limits" {
            amount = resources?.limits[parts[1]] ?? allocatable[parts[1]] ?? .zero
        } else {
            amount = resources?.requests[parts[1]] ?? resources?.limits[parts[1]] ?? .zero
        }
        let divisor = selector.divisor.flatMap { $0.isZero ? nil : $0 } ?? Quantity(1)
        let (quotient, remainder) = amount.nanos.quotientAndRemainder(dividingBy: divisor.nanos)
        return String(remainder > 0 ? quotient + 1 : quotient)
    }

    private static func lines(_ pairs: [String: String]) -> String {
        pairs.sorted { $0.key < $1.key }.map { pair in
            var value: [UInt8] = []
            JSONWriter.appendEscaped(Array(pair.value.utf8).span, to: &value)
            return "\(pair.key)=\"\(String(decoding: value, as: UTF8.self))\""
        }.joined(separator: "\n")
    }

    /// `key` of `metadata.labels['key']`.
    private static func subscriptKey(_ path: String, _ prefix: String) -> String? {
        guard path.hasPrefix(prefix + "['"), path.hasSuffix("']") else { return nil }
        return String(path.dropFirst(prefix.count + 2).dropLast(2))
    }
}
