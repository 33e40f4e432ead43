import Bytes
import ClusterAPI
import ObjectStore

/// What a decision may look at: one state of the store, the time, and drawn numbers.
struct RequestContext {
    let index: ObjectIndex
    let now: Timestamp
    var random: Xoshiro256
    let digests: DigestCache
    let fields: FieldIndexes
    let snapshots: SnapshotRing
    /// Texts for `Warning` headers.
    var warnings: [String] = []

    func record(_ resource: Resource, _ namespace: String?, _ name: String) -> Record? {
        index.record(StorageKey.object(resource, namespace, name))
    }

    func holds(_ key: String) -> Bool { index.record(key) != nil }

    func object(_ resource: Resource, _ namespace: String?, _ name: String) throws(StatusError) -> StoredObject? {
        guard let record = record(resource, namespace, name) else { return nil }
        return try StoredObject(record)
    }

    func objects(_ resource: Resource, _ namespace: String?) throws(StatusError) -> [StoredObject] {
        var found: [StoredObject] = []
        for record in index.records(prefix: StorageKey.prefix(resource, namespace)) { found.append(try StoredObject(record)) }
        return found
    }

    // MARK: Drawn values

    /// A random UUID. - Source: RFC 9562, version 4.
    mutating func makeUID() -> String {
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            let word = random.next()
            for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (place * 8))) }
        }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (place, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(place) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Without vowels and look-alikes, so that no word comes out. - Source: Kubernetes `util/rand`.
    private static let suffixAlphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

    /// The name of an object that only has `generateName`.
    mutating func makeName(_ prefix: String) -> String {
        var bytes = Array(prefix.utf8.prefix(63 - 5))
        for _ in 0..<5 { bytes.append(Self.suffixAlphabet[random.next(below: Self.suffixAlphabet.count)]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
