import Bytes

/// How far each file has been read and become durable (`docs/formats/tail-checkpoint.md`).
struct TailCheckpoint: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var path: String
        /// nil: the file is gone; a packed copy of it may still come.
        var key: FileKey?
        var fingerprint: FileFingerprint
        var offset: Int64
        /// Whether it is packed and was read to its end.
        var isDone = false
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
                let length = file["fingerprintLength"]?.intValue, let offset = file["offset"]?.int64Value, offset >= 0,
                (0...FileFingerprint.limit).contains(length)
            else { continue }
            entries.append(
                Entry(
                    path: path, key: inode == 0 ? nil : FileKey(device: device, inode: inode),
                    fingerprint: FileFingerprint(hash: hash, length: length), offset: offset, isDone: file["done"]?.boolValue ?? false))
        }
    }

    var bytes: [UInt8] {
        let files: [JSONValue] = entries.map { entry in
            let hash = String(entry.fingerprint.hash, radix: 16)
            var file: JSONValue = [
                "path": .string(entry.path), "device": .string(String(entry.key?.device ?? 0)), "inode": .string(String(entry.key?.inode ?? 0)),
                "fingerprint": .string(String(repeating: "0", count: 16 - hash.count) + hash),
                "fingerprintLength": .number(entry.fingerprint.length), "offset": .number(entry.offset),
            ]
            if entry.isDone { file["done"] = true }
            return file
        }
        return (["version": 1, "files": .array(files)] as JSONValue).bytes
    }
}
