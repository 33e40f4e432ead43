import Bytes
import Telemetry

/// Numbers label sets in the order they appear, found by their canonical bytes.
struct GroupTable: Sendable {
    private(set) var labels: [Labels] = []
    private var numbers: [UInt64: Int] = [:]

    var count: Int { labels.count }

    /// The number of a label set that the table has.
    func known(_ encoded: [UInt8]) -> Int? {
        var key = Hash64.hash(encoded)
        while let number = numbers[key] {
            if labels[number].encoded == encoded { return number }
            key &+= 1
        }
        return nil
    }

    mutating func number(of encoded: [UInt8]) -> Int {
        var key = Hash64.hash(encoded)
        let hash = key
        while let number = numbers[key] {
            if labels[number].encoded == encoded { return number }
            key &+= 1
        }
        numbers[key] = labels.count
        labels.append(Labels(canonical: encoded, hash: hash))
        return labels.count - 1
    }
}
