import Bytes
import ClusterAPI
import Reconciliation

/// The ConfigMaps, Secrets, claims and volumes that this node's pods refer to, fetched when they are needed.
///
/// A watch over all of a cluster's secrets would show a node what is none of its business, so objects are got by name.
struct ReferenceCache: Sendable {
    enum Content: Sendable {
        case configMap(ConfigMap)
        case secret(Secret)
        case claim(PersistentVolumeClaim)
        case volume(PersistentVolume)
        case absent
    }

    private struct Entry: Sendable {
        var content: Content
        var fetchedAt: Timestamp
    }

    /// How old a copy may be when a container starts with it; changes reach a pod by its next start.
    static let freshness: Duration = .seconds(30)
    static let retryDelay: Duration = .seconds(2)

    private var entries: [ObjectKey: Entry] = [:]
    private var loading: [ObjectKey: RequestID] = [:]
    /// Fetches that failed without an answer, and when to try again.
    private var failed: [ObjectKey: Timestamp] = [:]

    subscript(key: ObjectKey) -> Content? { entries[key]?.content }

    /// Which of the objects must be fetched before the pod can go on; empty when all are fresh.
    func missing(_ keys: [ObjectKey], now: Timestamp) -> [ObjectKey] {
        keys.filter { key in
            guard let entry = entries[key] else { return true }
            let age = now - entry.fetchedAt
            if case .absent = entry.content { return age > Self.retryDelay }
            return age > Self.freshness
        }
    }

    /// Marks an object as being fetched; nil when that is under way, or not yet due after a failure.
    mutating func begin(_ key: ObjectKey, _ id: RequestID, now: Timestamp) -> APIRequest? {
        if loading[key] != nil { return nil }
        if let due = failed[key], due > now { return nil }
        loading[key] = id
        return APIRequest(.get, key)
    }

    func retryTime(_ key: ObjectKey) -> Timestamp? { failed[key] }

    /// Takes the answer of a fetch.
    mutating func finish(_ key: ObjectKey, _ result: Result<APIResponse, StatusError>, now: Timestamp) {
        loading[key] = nil
        failed[key] = nil
        switch result {
        case .success(let response):
            if let content = Self.content(key, response.body) {
                entries[key] = Entry(content: content, fetchedAt: now)
            } else {
                failed[key] = now + Self.retryDelay
            }
        case .failure(let error) where error.reason == .notFound:
            entries[key] = Entry(content: .absent, fetchedAt: now)
        case .failure:
            failed[key] = now + Self.retryDelay
        }
    }

    private static func content(_ key: ObjectKey, _ body: [UInt8]) -> Content? {
        switch key.resource {
        case ConfigMap.resource: (try? ConfigMap(json: body)).map(Content.configMap)
        case Secret.resource: (try? Secret(json: body)).map(Content.secret)
        case PersistentVolumeClaim.resource: (try? PersistentVolumeClaim(json: body)).map(Content.claim)
        case PersistentVolume.resource: (try? PersistentVolume(json: body)).map(Content.volume)
        default: nil
        }
    }

    /// The values of a ConfigMap or Secret as bytes, sorted by key; nil when it is absent.
    func values(_ key: ObjectKey) -> [(key: String, value: [UInt8])]? {
        switch self[key] {
        case .configMap(let map):
            let text = map.data.map { (key: $0.key, value: Array($0.value.utf8)) }
            let binary = map.binaryData.map { (key: $0.key, value: $0.value.bytes ?? []) }
            return (text + binary).sorted { $0.key < $1.key }
        case .secret(let secret):
            return secret.data.map { (key: $0.key, value: $0.value.bytes ?? []) }.sorted { $0.key < $1.key }
        default: return nil
        }
    }
}
