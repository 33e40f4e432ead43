import Bytes
import Environment
import Posix
import Testing

@testable import Collection

/// A program that packs files.
struct Packer: CustomTestStringConvertible, Sendable {
    let program: String
    let packing: Packing
    let suffix: String

    static let all: [Packer] = [
        Packer(program: "gzip", packing: .gzip, suffix: ".gz"), Packer(program: "zstd", packing: .zstd, suffix: ".zst"),
        Packer(program: "bzip2", packing: .bzip2, suffix: ".bz2"), Packer(program: "xz", packing: .xz, suffix: ".xz"),
    ]

    /// Says which program is not installed.
    static let missing: String? = {
        let absent = all.filter { (try? PosixProgramRunner.runBlocking($0.program, ["--version"], environment: environment)) == nil }
        return absent.isEmpty ? nil : "not installed: " + absent.map(\.program).joined(separator: ", ")
    }()

    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

    var testDescription: String { program }

    func pack(_ text: [UInt8], options: [String] = []) throws -> [UInt8] {
        try Self.inFolder { folder in
            try PosixFileSystem().replaceContents(folder + "/log", with: text)
            return try output(of: "\(program) \(options.joined(separator: " ")) -c < log > packed", folder)
        }
    }

    func pack(zeros count: Int) throws -> [UInt8] {
        try Self.inFolder { folder in try output(of: "head -c \(count) /dev/zero | \(program) -c > packed", folder) }
    }

    /// Packs a file of a tailer's as logrotate does: the packed one beside it, then the original removed.
    func replace(_ path: String, in tail: TailFixture, suffix: String? = nil) throws {
        try tail.append(try pack(try tail.files.contents(path)), to: path + (suffix ?? self.suffix))
        try tail.files.removeFile(path)
    }

    private func output(of command: String, _ folder: String) throws -> [UInt8] {
        let result = try PosixProgramRunner.runBlocking("sh", ["-c", "cd \(folder) && \(command)"], environment: Self.environment)
        try #require(result.code == 0, "\(command)")
        return try PosixFileSystem().contents(folder + "/packed")
    }

    private static func inFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
        let folder = "/tmp/skysail-packer-\(UInt32.random(in: 0 ..< .max))"
        try PosixFileSystem().createDirectory(folder)
        defer { _ = try? PosixProgramRunner.runBlocking("rm", ["-rf", folder], environment: environment) }
        return try body(folder)
    }

    static func sample(_ count: Int, _ generator: inout Xoshiro256) -> [UInt8] {
        let words = ["error ", "level=info ", "pod-17 ", "GET /api ", "é", "\u{0}", "200\n"]
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += words[generator.next(below: words.count)].utf8 }
        return Array(bytes[..<count])
    }

    /// Feeds packed bytes and takes text in pieces of one size.
    static func unpack(_ packed: [UInt8], _ packing: Packing, piece: Int) throws(CorruptBytes) -> [UInt8] {
        var stream = try UnpackStream(packing)
        var (text, used): ([UInt8], Int) = ([], 0)
        while used < packed.count || !stream.needsInput {
            used += try stream.decode(packed.span.extracting(used..<min(used + piece, packed.count)), limit: piece, into: &text)
        }
        guard stream.isAtMemberEnd else { throw CorruptBytes("packed file", offset: used, expected: "its end") }
        return text
    }
}

/// Bytes as a file that is only read.
final class BytesFile: OpenFile {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let piece = bytes.dropFirst(Int(offset)).prefix(count)
        buffer += piece
        return piece.count
    }

    func attributes() throws(FileError) -> FileAttributes { throw FileError("look at", "bytes", .notFound) }
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileError) { throw FileError("write", "bytes", .readOnly) }
    func truncate(to size: Int64) throws(FileError) { throw FileError("truncate", "bytes", .readOnly) }
    func sync() throws(FileError) {}
    func close() throws(FileError) {}
}

/// Resident memory of this process in bytes.
enum MemoryPeak {
    static func now() throws -> Int {
        let text = String(decoding: try PosixFileSystem().contents("/proc/self/statm"), as: UTF8.self)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
