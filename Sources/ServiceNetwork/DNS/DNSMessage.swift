/// One question as it came over the wire.
///
/// - Source: RFC 1035 §4; RFC 6891 for the size of UDP answers.
struct DNSQuery: Hashable, Sendable {
    var id: UInt16
    var isRecursionDesired: Bool
    /// Labels in lower case.
    var labels: [String]
    var type: UInt16
    var recordClass: UInt16
    /// The question as it came, to be repeated in the answer.
    var question: [UInt8]
    /// Bytes of answer that the asker takes over UDP.
    var sizeLimit: Int

    enum Failure: Error, Equatable {
        /// Not even a header, or an answer instead of a question: no reply is due.
        case notAQuery
        /// A question that cannot be read.
        case malformed(id: UInt16)
        /// Something other than a standard query.
        case notImplemented(id: UInt16)
    }

    init(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count >= 12 else { throw .notAQuery }
        func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }
        id = word(0)
        let flags = word(2)
        guard flags & 0x8000 == 0 else { throw .notAQuery }
        guard flags >> 11 & 15 == 0 else { throw .notImplemented(id: id) }
        isRecursionDesired = flags & 0x0100 != 0
        guard word(4) == 1 else { throw .malformed(id: id) }

        labels = []
        var offset = 12
        while true {
            guard offset < bytes.count else { throw .malformed(id: id) }
            let length = Int(bytes[offset])
            offset += 1
            if length == 0 { break }
            // A question names its labels in full; a pointer here could only point at itself.
            guard length <= 63, offset + length <= bytes.count, offset - 12 + length <= 254 else { throw .malformed(id: id) }
            labels.append(
                String(decoding: bytes[offset..<offset + length].map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self))
            offset += length
        }
        guard offset + 4 <= bytes.count else { throw .malformed(id: id) }
        type = word(offset)
        recordClass = word(offset + 2)
        offset += 4
        question = Array(bytes[12..<offset])
        sizeLimit = 512
        // An OPT record right behind the question; anything else there does not matter to us.
        if word(6) == 0, word(8) == 0, word(10) >= 1, offset + 11 <= bytes.count, bytes[offset] == 0, word(offset + 1) == 41 {
            sizeLimit = min(max(512, Int(word(offset + 3))), 4096)
        }
    }
}

/// A resource record of an answer.
struct DNSRecord: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case address(UInt32)
        case pointer(String)
        case alias(String)
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: String)
        case authority(domain: String)
    }

    var name: String
    var value: Value
    var timeToLive: UInt32

    var type: UInt16 {
        switch value {
        case .address: 1
        case .alias: 5
        case .authority: 6
        case .pointer: 12
        case .service: 33
        }
    }

    func append(to bytes: inout [UInt8]) {
        Self.append(name: name, to: &bytes)
        Self.append(type, to: &bytes)
        Self.append(1, to: &bytes)
        Self.append(UInt16(timeToLive >> 16), to: &bytes)
        Self.append(UInt16(truncatingIfNeeded: timeToLive), to: &bytes)
        var data: [UInt8] = []
        switch value {
        case .address(let address): data = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: address >> $0) }
        case .pointer(let target), .alias(let target): Self.append(name: target, to: &data)
        case .service(let priority, let weight, let port, let target):
            for word in [priority, weight, port] { Self.append(word, to: &data) }
            Self.append(name: target, to: &data)
        case .authority(let domain):
            Self.append(name: "ns.dns.\(domain)", to: &data)
            Self.append(name: "hostmaster.\(domain)", to: &data)
            // Serial, refresh, retry, expire, and how long "no such name" may be kept.
            for number: UInt32 in [1, 7200, 1800, 86_400, 5] {
                Self.append(UInt16(number >> 16), to: &data)
                Self.append(UInt16(truncatingIfNeeded: number), to: &data)
            }
        }
        Self.append(UInt16(data.count), to: &bytes)
        bytes += data
    }

    static func append(name: String, to bytes: inout [UInt8]) {
        for label in name.split(separator: ".") {
            let text = Array(label.utf8.prefix(63))
            bytes.append(UInt8(text.count))
            bytes += text
        }
        bytes.append(0)
    }

    static func append(_ word: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(word >> 8))
        bytes.append(UInt8(truncatingIfNeeded: word))
    }
}
