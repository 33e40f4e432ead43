import Bytes

/// How far each file has been read and become durable (`docs/formats/tail-checkpoint.md`).
struct TailCheckpoint: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var path: String
        var device: UInt64
        var inode: UInt64
        var fingerprint: FileFingerprint
        var offset: Int64
    }

    var entries: [Entry] = []

    init(entries: [Entry] = []) { self.entries = entries }

    /// Reads a checkpoint; what is none reads as empty, so that everything on disk is read again.
    init(_ bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes), json["version"]?.intValue == 1 else { return }
        for file in json["files"]?.arrayValue ?? [] {
            guard let path = file["path"]?.stringValue, let device = file["device"]?.stringValue.flatMap({ UInt64($0) }),
                let inode = file["inode"]?.stringValue.flatMap({ UInt64($0) }),
                let hash = file["fingerprint"]?.stringValue.flatMap({ UInt64($0, radix: 16) }),
                let length = file["fingerprintLength"]?.intValue, let offset = file["offset"]?.int64Value, offset >= 0, length >= 0
            else { continue }
            entries.append(
                Entry(path: path, device: device, inode: inode, fingerprint: FileFingerprint(hash: hash, length: length), offset: offset))
        }
    }

    var bytes: [UInt8] {
        let files: [JSONValue] = entries.map { entry in
            let hash = String(entry.fingerprint.hash, radix: 16)
            return [
                "path": .string(entry.path), "device": .string(String(entry.device)), "inode": .string(String(entry.inode)),
                "fingerprint": .string(String(repeating: "0", count: 16 - hash.count) + hash),
                "fingerprintLength": .number(entry.fingerprint.length), "offset": .number(entry.offset),
            ]
        }
        return (["version": 1, "files": .array(files)] as JSONValue).bytes
    }
}
