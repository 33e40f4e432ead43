import Bytes
import ClusterAPI

/// Minimum, maximum and the ratio of limit to request, for containers, whole pods and claims.
///
/// - Source: Kubernetes `limitranger.PodValidateLimitFunc`; wording is its own.
enum LimitBounds {
    static func errors(_ items: [LimitRangeItem], pod: JSONValue) -> [String] {
        let containers = (pod["spec"]?["containers"]?.arrayValue ?? []).map(ContainerAmounts.init)
        let initContainers = (pod["spec"]?["initContainers"]?.arrayValue ?? []).map(ContainerAmounts.init)
        var errors: [String] = []
        for item in items {
            switch item.type {
            case "Container": for amounts in containers + initContainers { errors += check(item, amounts) }
            case "Pod": errors += check(item, total(containers, initContainers))
            default: break
            }
        }
        return errors
    }

    static func errors(_ items: [LimitRangeItem], claim: JSONValue) -> [String] {
        let amounts = ContainerAmounts(claim["spec"] ?? .null)
        let requests = ContainerAmounts.amounts(claim["spec"]?["resources"]?["requests"])
        var errors: [String] = []
        for item in items where item.type == "PersistentVolumeClaim" {
            for (name, bound) in item.min.sorted(by: { $0.key < $1.key }) {
                guard let request = requests[name] ?? amounts.requests[name], request < bound else { continue }
                errors.append("minimum \(name) usage per PersistentVolumeClaim is \(bound), but request is \(request)")
            }
            for (name, bound) in item.max.sorted(by: { $0.key < $1.key }) {
                guard let request = requests[name] ?? amounts.requests[name], request > bound else { continue }
                errors.append("maximum \(name) usage per PersistentVolumeClaim is \(bound), but request is \(request)")
            }
        }
        return errors
    }

    // MARK: Sums

    /// A resource counts for the pod only when every container names it; an init container alone can need more than all of them together.
    private static func total(_ containers: [ContainerAmounts], _ initContainers: [ContainerAmounts]) -> ContainerAmounts {
        var total = ContainerAmounts()
        total.requests = largest(sum(containers.map(\.requests)), initContainers.map(\.requests))
        total.limits = largest(sum(containers.map(\.limits)), initContainers.map(\.limits))
        return total
    }

    private static func sum(_ parts: [[String: Quantity]]) -> [String: Quantity] {
        guard var total = parts.first else { return [:] }
        for part in parts.dropFirst() {
            total = total.filter { part[$0.key] != nil }
            for (name, amount) in part where total[name] != nil { total[name]! += amount }
        }
        return total
    }

    private static func largest(_ total: [String: Quantity], _ parts: [[String: Quantity]]) -> [String: Quantity] {
        parts.reduce(total) { $0.merging($1) { max($0, $1) } }
    }

    // MARK: Bounds

    private static func check(_ item: LimitRangeItem, _ amounts: ContainerAmounts) -> [String] {
        var errors: [String] = []
        for (name, bound) in item.min.sorted(by: { $0.key < $1.key }) {
            let opening = "minimum \(name) usage per \(item.type) is \(bound)"
            if let request = amounts.requests[name] {
                if request < bound {
                    errors.append("\(opening), but request is \(request)")
                } else if let limit = amounts.limits[name], limit < bound {
                    errors.append("\(opening), but limit is \(limit)")
                }
            } else {
                errors.append("\(opening).  No request is specified")
            }
        }
        for (name, bound) in item.max.sorted(by: { $0.key < $1.key }) {
            let opening = "maximum \(name) usage per \(item.type) is \(bound)"
            if let limit = amounts.limits[name] {
                if limit > bound {
                    errors.append("\(opening), but limit is \(limit)")
                } else if let request = amounts.requests[name], request > bound {
                    errors.append("\(opening), but request is \(request)")
                }
            } else {
                errors.append("\(opening).  No limit is specified")
            }
        }
        for (name, bound) in item.maxLimitRequestRatio.sorted(by: { $0.key < $1.key }) {
            if let error = checkRatio(name, bound, item.type, amounts) { errors.append(error) }
        }
        return errors
    }

    private static func checkRatio(_ name: String, _ bound: Quantity, _ type: String, _ amounts: ContainerAmounts) -> String? {
        let opening = "\(name) max limit to request ratio per \(type) is \(bound)"
        guard let request = amounts.requests[name], !request.isZero else { return "\(opening), but no request is specified or request is 0" }
        guard let limit = amounts.limits[name], !limit.isZero else { return "\(opening), but no limit is specified or limit is 0" }
        let ratio = limit.double / request.double
        guard ratio > bound.double else { return nil }
        let millionths = Int64((ratio * 1_000_000).rounded())
        let fraction = String(millionths % 1_000_000)
        return "\(opening), but provided ratio is \(millionths / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }
}
