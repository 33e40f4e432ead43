import Bytes
import ClusterAPI

/// Charges one object to one quota, or says why it does not fit.
///
/// - Source: Kubernetes `plugin/pkg/admission/resourcequota`, `CheckRequest`.
struct QuotaCharge {
    enum Outcome: Equatable {
        /// The quota does not track what the object uses.
        case unconcerned
        case charged(used: [String: Quantity])
        /// Tracked amounts that containers do not name.
        case mustSpecify([String], message: String)
        case exceeded([String], message: String)
        case unknown(message: String)
    }

    /// - Parameters:
    ///   - usage: what the object uses.
    ///   - standing: what it used before, for an update.
    static func apply(
        _ quota: ResourceQuota, _ object: JSONValue, _ resource: Resource, usage: [String: Quantity], standing: [String: Quantity] = [:]
    ) -> Outcome {
        let name = quota.metadata.name
        let (hard, used) = (quota.status.hard, quota.status.used)
        guard QuotaScopes.match(quota, object, resource) else { return .unconcerned }
        let isPod = resource == Resource(plural: "pods")
        let tracked = Set(hard.keys)
        if isPod {
            let missing = QuotaUsage.missing(object, tracked: tracked)
            if !missing.isEmpty {
                let text = missing.map { "\($0.name) for: \($0.containers.joined(separator: ","))" }.joined(separator: "; ")
                return .mustSpecify(missing.map(\.name), message: "failed quota: \(name): must specify \(text)")
            }
        }
        let concerned = usage.keys.filter(tracked.contains).sorted()
        if concerned.isEmpty { return .unconcerned }
        let unknown = concerned.filter { used[$0] == nil }
        if !unknown.isEmpty {
            return .unknown(message: "status unknown for quota: \(name), resources: \(unknown.joined(separator: ","))")
        }
        var after = used
        var requested: [String: Quantity] = [:]
        for name in concerned {
            let growth = (usage[name] ?? .zero) - (standing[name] ?? .zero)
            guard growth.sign > 0 else { continue }
            requested[name] = growth
            after[name] = (used[name] ?? .zero) + growth
        }
        let exceeded = requested.keys.filter { (after[$0] ?? .zero) > (hard[$0] ?? .zero) }.sorted()
        guard exceeded.isEmpty else {
            func list(_ amounts: [String: Quantity]) -> String { exceeded.map { "\($0)=\(amounts[$0] ?? .zero)" }.joined(separator: ",") }
            return .exceeded(
                exceeded, message: "exceeded quota: \(name), requested: \(list(requested)), used: \(list(used)), limited: \(list(hard))")
        }
        return requested.isEmpty ? .unconcerned : .charged(used: after)
    }
}
