import Bytes
import Environment

/// The part of a queue that rests on disk (`docs/formats/shipping-queue.md`): files of batches, the oldest first.
///
/// It blocks: it belongs on a worker. One caller at a time.
struct QueueFiles {
    private struct Place {
        var position: UInt64
        var offset: Int64
        var length: Int
    }

    /// One file: named by the position of its first batch.
    private struct Segment {
        var path: String
        var places: [Place]
        var size: Int64
    }

    /// What was found when the folder was opened.
    struct Opened {
        var files: QueueFiles
        var shipments: [ShippingQueue.Shipment]
        /// Everything up to here was settled; positions go on behind it, so that no note is taken for one of other batches.
        var settled: UInt64
        /// What was damaged, each in a sentence.
        var damages: [String]
    }

    private let directory: String
    private let files: any FileSystem
    private var segments: [Segment] = []
    private var isClosed = true
    private var settledNote: (any OpenFile)?

    private static let magic = Array("SKYQUEUE".utf8)
    private static let version: UInt32 = 1
    private static let headerSize = 12
    private static let entryHeaderSize = 20
    /// Bytes of a file before the next one is begun: what is dropped, and freed, at a time.
    private static let segmentSize: Int64 = 4 << 20

    private init(_ directory: String, _ files: any FileSystem) {
        self.directory = directory
        self.files = files
    }

    /// Opens the folder, made when it is missing. What cannot be read is set aside, never removed.
    static func open(_ directory: String, _ files: any FileSystem) throws(FileError) -> Opened {
        try files.createDirectory(directory)
        var queue = QueueFiles(directory, files)
        var (shipments, damages): ([ShippingQueue.Shipment], [String]) = ([], [])
        let settled = queue.readSettled()
        for name in try files.list(directory) where name.hasSuffix(".queue") {
            let path = directory + "/" + name
            let bytes = try files.contents(path)
            var segment = Segment(path: path, places: [], size: Int64(bytes.count))
            let end = Self.scan(bytes) { place, count in
                segment.places.append(place)
                if place.position > settled {
                    shipments.append(.init(position: place.position, body: [], count: count, size: place.length, isOnDisk: true))
                }
            }
            if end < bytes.count {
                // The last write before a power loss may be torn: nobody was told that it is durable.
                let aside = path + ".damaged"
                let rest = try files.open(aside, .readWrite)
                let unread = Array(bytes[end...])
                try rest.write(unread.span, at: 0)
                damages.append("\(bytes.count - end) bytes of \(path) cannot be read; they are kept in \(aside)")
                try files.open(path, .readWrite).truncate(to: Int64(end))
                segment.size = Int64(end)
            }
            if segment.places.last.map({ $0.position > settled }) ?? false {
                queue.segments.append(segment)
            } else {
                try files.removeFile(path)
            }
        }
        return Opened(files: queue, shipments: shipments, settled: settled, damages: damages)
    }

    /// Walks over the batches of a file; returns where the first one begins that is not whole.
    private static func scan(_ bytes: [UInt8], _ found: (Place, _ count: Int) -> Void) -> Int {
        var reader = ByteReader(bytes)
        do throws(CorruptBytes) {
            guard bytes.starts(with: magic) else { return 0 }
            reader.offset = magic.count
            guard try reader.readUInt32LE() == version else { return 0 }
        } catch {
            return 0
        }
        while true {
            let start = reader.offset
            do throws(CorruptBytes) {
                let checksum = try reader.readUInt32LE()
                let length = Int(try reader.readUInt32LE())
                let count = Int(try reader.readUInt32LE())
                let position = try reader.readUInt64LE()
                guard reader.remaining >= length, CRC32C.checksum(bytes, range: start + 4..<reader.offset + length) == checksum else { return start }
                found(Place(position: position, offset: Int64(reader.offset), length: length), count)
                reader.offset += length
            } catch {
                return start
            }
        }
    }

    // MARK: Writing

    /// Adds batches; returns when they survive a power loss.
    mutating func append(_ shipments: [ShippingQueue.Shipment]) throws(FileError) {
        var touched: [String: any OpenFile] = [:]
        for shipment in shipments {
            if isClosed || segments.last.map({ $0.size >= Self.segmentSize }) ?? true { try begin(at: shipment.position) }
            let segment = segments[segments.count - 1]
            let file: any OpenFile
            if let open = touched[segment.path] { file = open } else { file = try files.open(segment.path, .readWrite) }
            touched[segment.path] = file
            var body = ByteWriter()
            body.appendUInt32LE(UInt32(shipment.body.count))
            body.appendUInt32LE(UInt32(clamping: shipment.count))
            body.appendUInt64LE(shipment.position)
            body.append(contentsOf: shipment.body)
            var entry = ByteWriter()
            entry.appendUInt32LE(CRC32C.checksum(body.bytes))
            entry.append(contentsOf: body.bytes)
            do throws(FileError) {
                try file.write(entry.bytes.span, at: segment.size)
            } catch {
                // Half a batch must not stand before the next one.
                try? file.truncate(to: segment.size)
                isClosed = true
                throw error
            }
            let place = Place(position: shipment.position, offset: segment.size + Int64(Self.entryHeaderSize), length: shipment.body.count)
            segments[segments.count - 1].places.append(place)
            segments[segments.count - 1].size += Int64(entry.bytes.count)
        }
        for path in touched.keys.sorted() { try touched[path]!.sync() }
    }

    private mutating func begin(at position: UInt64) throws(FileError) {
        let digits = String(position)
        let path = directory + "/" + String(repeating: "0", count: max(0, 20 - digits.count)) + digits + ".queue"
        let file = try files.open(path, .readWrite)
        try file.truncate(to: 0)
        var header = ByteWriter()
        header.append(contentsOf: Self.magic)
        header.appendUInt32LE(Self.version)
        try file.write(header.bytes.span, at: 0)
        try files.syncDirectory(directory)
        segments.append(Segment(path: path, places: [], size: Int64(Self.headerSize)))
        isClosed = false
    }

    // MARK: Reading and removing

    /// The body of a batch; nil when it cannot be read.
    func body(_ position: UInt64) throws(FileError) -> [UInt8]? {
        for segment in segments {
            guard let place = segment.places.first(where: { $0.position == position }) else { continue }
            let start = place.offset - Int64(Self.entryHeaderSize)
            var bytes: [UInt8] = []
            _ = try files.open(segment.path, .read).read(at: start, count: Self.entryHeaderSize + place.length, into: &bytes)
            var body: [UInt8]?
            var reader = ByteReader(bytes)
            guard bytes.count == Self.entryHeaderSize + place.length, let checksum = try? reader.readUInt32LE() else { return nil }
            if CRC32C.checksum(bytes, range: 4..<bytes.count) == checksum { body = Array(bytes[Self.entryHeaderSize...]) }
            return body
        }
        return nil
    }

    /// Removes the files of which nothing waits any more, and notes how far the others are settled.
    mutating func settle(through position: UInt64) throws(FileError) {
        while let segment = segments.first, segment.places.last.map({ $0.position <= position }) ?? false {
            try files.removeFile(segment.path)
            segments.removeFirst()
        }
        if segments.isEmpty { isClosed = true }
        // A note that is lost or older only means that some batches are sent again.
        var note = ByteWriter()
        note.appendUInt64LE(position)
        note.appendUInt32LE(CRC32C.checksum(note.bytes))
        let file: any OpenFile
        if let settledNote { file = settledNote } else { file = try files.open(notePath, .readWrite) }
        settledNote = file
        try file.write(note.bytes.span, at: 0)
    }

    /// The newest position of the oldest file: what is given up first.
    var oldestFileEnd: UInt64? { segments.first?.places.last?.position }

    private var notePath: String { directory + "/settled" }

    private func readSettled() -> UInt64 {
        guard let bytes = try? files.contents(notePath), bytes.count >= 12, CRC32C.checksum(bytes, range: 0..<8) == bytes.littleEndian32(at: 8) else {
            return 0
        }
        var reader = ByteReader(bytes)
        return (try? reader.readUInt64LE()) ?? 0
    }
}

extension [UInt8] {
    fileprivate func littleEndian32(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << UInt32(8 * $1) }
    }
}
