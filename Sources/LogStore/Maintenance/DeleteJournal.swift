import Bytes
import Environment
import Telemetry

/// The file of delete requests that parts may still have to carry out, replaced as a whole.
///
/// - Source: `docs/formats/logs-deletes.md`.
struct DeleteJournal {
    private static let magic: [UInt8] = Array("SKYLOGD1".utf8)

    private let path: String
    private let fileSystem: any FileSystem

    init(directory: String, fileSystem: any FileSystem) {
        path = directory + "/deletes"
        self.fileSystem = fileSystem
    }

    func save(_ requests: [DeleteRequest], last: UInt64) throws(FileError) {
        var body = ByteWriter()
        body.appendVarint(last)
        body.appendVarint(UInt64(requests.count))
        for request in requests {
            body.appendVarint(request.id)
            body.appendInt64LE(request.start)
            body.appendInt64LE(request.end)
            body.appendInt64LE(request.createdAt.nanoseconds)
            body.appendVarint(UInt64(request.matchers.count))
            for matcher in request.matchers {
                body.appendLengthPrefixed(matcher.name)
                body.appendLengthPrefixed(matcher.operation.rawValue)
                body.appendLengthPrefixed(matcher.value)
            }
            body.appendVarint(UInt64(request.filters.count))
            for filter in request.filters {
                body.append(filter.isNegated ? 1 : 0)
                Self.append(filter.test, to: &body)
            }
        }
        var file = ByteWriter()
        file.append(contentsOf: Self.magic)
        file.appendUInt32LE(CRC32C.checksum(body.bytes))
        file.append(contentsOf: body.bytes)
        try fileSystem.replaceContents(path, with: file.bytes)
    }

    /// The requests that were saved. A damaged file is set aside: what it would delete stays visible, which is named.
    func load(damage: inout [String]) throws(FileError) -> (requests: [DeleteRequest], last: UInt64) {
        guard fileSystem.exists(path) else { return ([], 0) }
        do { return try Self.decode(try fileSystem.contents(path)) } catch let error as FileError { throw error } catch {
            try fileSystem.rename(path, to: path + ".damaged")
            damage.append("\(path) is damaged: \(error); set aside, its delete requests are lost")
            return ([], 0)
        }
    }

    /// Reads the requests without a change to any file.
    ///
    /// - Throws: `FileError` when the file cannot be read, `CorruptBytes` or the error of a pattern when it is damaged.
    func check() throws {
        if fileSystem.exists(path) { _ = try Self.decode(try fileSystem.contents(path)) }
    }

    private static func decode(_ bytes: [UInt8]) throws -> (requests: [DeleteRequest], last: UInt64) {
        var reader = ByteReader(bytes)
        guard try reader.readBytes(8).elementsEqual(magic) else { throw CorruptBytes("delete requests", offset: 0, expected: "their magic") }
        guard try reader.readUInt32LE() == CRC32C.checksum(bytes, range: reader.offset..<bytes.count) else {
            throw CorruptBytes("delete requests", offset: 8, expected: "their checksum")
        }
        let last = try reader.readVarint()
        var requests: [DeleteRequest] = []
        for _ in 0..<(try reader.readCount(limit: bytes.count)) {
            let id = try reader.readVarint()
            let (start, end) = (try reader.readInt64LE(), try reader.readInt64LE())
            let createdAt = Timestamp(nanoseconds: try reader.readInt64LE())
            var matchers: [LabelMatcher] = []
            for _ in 0..<(try reader.readCount(limit: bytes.count)) {
                let name = try reader.readLengthPrefixedString()
                let offset = reader.offset
                guard let operation = LabelMatcher.Operation(rawValue: try reader.readLengthPrefixedString()) else {
                    throw CorruptBytes("delete requests", offset: offset, expected: "an operation of a matcher")
                }
                matchers.append(try LabelMatcher(name, operation, try reader.readLengthPrefixedString()))
            }
            var filters: [LineFilter] = []
            for _ in 0..<(try reader.readCount(limit: bytes.count)) {
                let isNegated = try reader.readUInt8() == 1
                filters.append(LineFilter(try readTest(&reader, depth: 0), isNegated: isNegated))
            }
            requests.append(DeleteRequest(id: id, matchers: matchers, start: start, end: end, filters: filters, createdAt: createdAt))
        }
        return (requests, last)
    }

    private static func append(_ test: LineFilter.Test, to writer: inout ByteWriter) {
        switch test {
        case .contains(let bytes):
            writer.append(0)
            writer.appendLengthPrefixed(bytes)
        case .matches(let expression):
            writer.append(1)
            writer.appendVarint(UInt64(expression.options.rawValue))
            writer.appendLengthPrefixed(expression.pattern)
        case .anyOf(let tests):
            writer.append(2)
            writer.appendVarint(UInt64(tests.count))
            for test in tests { append(test, to: &writer) }
        }
    }

    private static func readTest(_ reader: inout ByteReader, depth: Int) throws -> LineFilter.Test {
        let offset = reader.offset
        switch try reader.readUInt8() {
        case 0: return .contains(Array(reader.bytes[try reader.readLengthPrefixed()]))
        case 1:
            let options = RegularExpression.Options(rawValue: try reader.readCount(limit: 255))
            return .matches(try RegularExpression(try reader.readLengthPrefixedString(), options: options))
        case 2 where depth < 16:
            var tests: [LineFilter.Test] = []
            for _ in 0..<(try reader.readCount(limit: reader.bytes.count)) { tests.append(try readTest(&reader, depth: depth + 1)) }
            return .anyOf(tests)
        default: throw CorruptBytes("delete requests", offset: offset, expected: "a line test")
        }
    }
}
