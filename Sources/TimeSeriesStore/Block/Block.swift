import Bytes
import Environment
import Synchronization
import Telemetry

/// A published block file, open for reading. Its contents never change.
///
/// - Isolation: thread-safe; reads are positioned, so readers never meet.
final class Block: Sendable {
    let meta: BlockMeta
    let path: String
    /// When it was published or opened, in milliseconds: a block that has rested is united sooner.
    let since: Int64
    private let file: any OpenFile
    private let pieces: [BlockLayout.Section: StoredPiece]
    private let cache: BlockCache
    /// Chunks that failed their checksum. They are named in answers and skipped; a block with some is never rewritten.
    private let damaged = Mutex<Set<UInt32>>([])
    private let isUnreadable = Mutex(false)
    /// The index while somebody holds it, though the cache may have had no room for it.
    private let held = Mutex(HeldIndex())

    private struct HeldIndex: Sendable {
        weak var index: BlockIndex?
    }

    /// Opens a block and checks its footer, table and every section of its index.
    static func open(
        _ path: String, number: UInt64, fileSystem: any FileSystem, cache: BlockCache, now: Int64
    ) throws(BlockOpenError) -> Block {
        do {
            let file = try fileSystem.open(path, .read)
            let size = try file.attributes().size
            guard size >= Int64(BlockLayout.footerSize) + 8 else { throw CorruptBytes("block", offset: Int(size), expected: "a footer") }
            let footerStart = size - Int64(BlockLayout.footerSize)
            let footer = try BlockLayout.decodeFooter(try read(file, footerStart, BlockLayout.footerSize), fileSize: size)
            let table = try read(file, footer.offset, footer.length)
            guard CRC32C.checksum(table) == footer.checksum else {
                throw CorruptBytes("block table", offset: Int(footer.offset), expected: "checksum \(footer.checksum)")
            }
            let pieces = try BlockLayout.decodeTable(table, end: footer.offset)
            var meta: BlockMeta?
            for section in BlockLayout.Section.allCases {
                guard let piece = pieces[section] else { continue }
                let stored = try read(file, piece.offset, piece.storedCount)
                guard CRC32C.checksum(stored) == piece.checksum else {
                    throw CorruptBytes("block section \(section)", offset: Int(piece.offset), expected: "checksum \(piece.checksum)")
                }
                if section == .meta {
                    var raw: [UInt8] = []
                    try piece.unpack(stored, into: &raw)
                    var reader = ByteReader(raw)
                    meta = try BlockMeta(&reader)
                }
            }
            guard var meta, meta.number == number else { throw CorruptBytes("block meta", offset: 0, expected: "number \(number)") }
            meta.byteCount = size
            return Block(meta: meta, path: path, file: file, pieces: pieces, cache: cache, now: now)
        } catch let error as CorruptBytes {
            throw .corrupt(error.description)
        } catch let error as FileError {
            throw error.cause == .notFound ? .corrupt("the file is missing") : .file(error)
        } catch {
            throw .corrupt("\(error)")
        }
    }

    private init(
        meta: BlockMeta, path: String, file: any OpenFile, pieces: [BlockLayout.Section: StoredPiece], cache: BlockCache, now: Int64
    ) {
        self.meta = meta
        self.path = path
        self.file = file
        self.pieces = pieces
        self.cache = cache
        since = now
    }

    private static func read(_ file: any OpenFile, _ offset: Int64, _ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if try file.read(at: offset + Int64(bytes.count), count: count - bytes.count, into: &bytes) == 0 {
                throw CorruptBytes("block", offset: Int(offset) + bytes.count, expected: "\(count - bytes.count) more bytes")
            }
        }
        return bytes
    }

    func overlaps(_ start: Int64, _ end: Int64) -> Bool { meta.earliest <= end && meta.latest >= start }

    /// What cannot be read of it, for answers over the window.
    func damage() -> [Damage] {
        if isUnreadable.withLock({ $0 }) {
            return [Damage(description: "the index of \(name) is damaged", times: meta.earliest...meta.latest)]
        }
        let chunks = damaged.withLock { $0.sorted() }
        if chunks.isEmpty { return [] }
        guard let index = try? index() else { return [] }
        return chunks.map { chunk in
            let times = index.times[Int(index.chunks[Int(chunk)].times)]
            return Damage(
                description: "a chunk of \(name) is damaged, "
                    + "\(Timestamp(milliseconds: times.earliest).rfc3339()) to \(Timestamp(milliseconds: times.latest).rfc3339())",
                times: times.earliest...times.latest)
        }
    }

    var name: String { "block \(meta.number)" }
    var isDamaged: Bool { isUnreadable.withLock { $0 } || damaged.withLock { !$0.isEmpty } }
    var canBeRead: Bool { !isUnreadable.withLock { $0 } }

    func index() throws(StoreError) -> BlockIndex {
        let key = BlockCache.Key(block: meta.number, times: -1)
        if case .index(let index) = cache.find(key) { return index }
        if let index = held.withLock({ $0.index }) { return index }
        do {
            var sections: [BlockLayout.Section: [UInt8]] = [:]
            for section in BlockLayout.Section.allCases where section != .meta {
                guard let piece = pieces[section] else { continue }
                var raw: [UInt8] = []
                raw.reserveCapacity(piece.rawCount)
                try piece.unpack(try Self.read(file, piece.offset, piece.storedCount), into: &raw)
                sections[section] = raw
            }
            let index = try BlockIndex(sections)
            cache.insert(key, .index(index))
            held.withLock { $0.index = index }
            return index
        } catch let error as FileError {
            throw StoreError(file: error, doing: "read \(name)")
        } catch {
            isUnreadable.withLock { $0 = true }
            throw StoreError(.corrupt, "\(name) is damaged and was set aside (\(error)); ask again for what is left")
        }
    }

    /// The times of a time column.
    func times(_ number: UInt32, in index: BlockIndex) throws(StoreError) -> [Int64] {
        let key = BlockCache.Key(block: meta.number, times: Int(number))
        if case .times(let times) = cache.find(key) { return times }
        let entry = index.times[Int(number)]
        do {
            var raw: [UInt8] = []
            try entry.piece.unpack(try Self.read(file, entry.piece.offset, entry.piece.storedCount), into: &raw)
            var times: [Int64] = []
            var offset = 0
            try IntegerColumn.decode(raw, at: &offset, end: raw.count, count: entry.count, into: &times)
            cache.insert(key, .times(times))
            return times
        } catch let error as FileError {
            throw StoreError(file: error, doing: "read \(name)")
        } catch {
            damaged.withLock { damaged in
                for (chunk, item) in index.chunks.enumerated() where item.times == number { damaged.insert(UInt32(chunk)) }
            }
            throw damageFound(error)
        }
    }

    /// Chunks that are left out of answers.
    var setAsideChunks: Set<UInt32> { damaged.withLock { $0 } }

    /// The raw bytes of a chunk; nil when it is known to be damaged.
    func chunk(_ number: UInt32, in index: BlockIndex) throws(StoreError) -> [UInt8]? {
        if damaged.withLock({ $0.contains(number) }) { return nil }
        let piece = index.chunks[Int(number)].piece
        do {
            var raw: [UInt8] = []
            raw.reserveCapacity(piece.rawCount)
            try piece.unpack(try Self.read(file, piece.offset, piece.storedCount), into: &raw)
            return raw
        } catch let error as FileError {
            throw StoreError(file: error, doing: "read \(name)")
        } catch {
            throw setAside(number, error)
        }
    }

    /// Remembers a damaged chunk. The query that found it fails; the next one is served without it and says so.
    func setAside(_ chunk: UInt32, _ error: any Error) -> StoreError {
        damaged.withLock { _ = $0.insert(chunk) }
        return damageFound(error)
    }

    private func damageFound(_ error: any Error) -> StoreError {
        StoreError(.corrupt, "a chunk of \(name) is damaged and was set aside (\(error)); ask again for what is left")
    }

    func forget() { cache.remove(block: meta.number) }
}

enum BlockOpenError: Error {
    case corrupt(String)
    case file(FileError)
}
