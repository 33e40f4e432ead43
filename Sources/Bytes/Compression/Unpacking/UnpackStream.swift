/// Programs that pack files, known by the first bytes of what they write, since names may say something else.
package enum Packing: String, CaseIterable, Sendable {
    case gzip, zstd, bzip2, xz

    /// The most bytes that are looked at.
    package static let signatureLength = 6

    /// nil when the bytes begin as nothing that can be unpacked.
    package init?(beginning bytes: [UInt8]) {
        let found = Self.allCases.first { packing in packing.signatures.contains { bytes.starts(with: $0) } }
        guard let found else { return nil }
        self = found
    }

    private var signatures: [[UInt8]] {
        switch self {
        case .gzip: [[0x1f, 0x8b]]
        // Frames that are skipped may stand first: pzstd writes one.
        case .zstd: [[0x28, 0xb5, 0x2f, 0xfd]] + (0x50...0x5f).map { [$0, 0x2a, 0x4d, 0x18] }
        case .bzip2: [Array("BZh".utf8)]
        case .xz: [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]]
        }
    }

    fileprivate func makeDecoder() -> (any MemberDecoder)? {
        switch self {
        case .gzip: GzipDecoder()
        case .zstd: ZSTDDecoder()
        case .bzip2: Bzip2Decoder()
        case .xz: XZDecoder()
        }
    }
}

/// Unpacks a file piece by piece: what comes out of a large one is never in memory as a whole.
///
/// A file is a row of *members* (gzip's word; frames of zstd, streams of bzip2 and xz). Zero bytes between them are padding, and no member begins with one.
/// What a member may ask of memory is bounded by its decoder: `memoryLimit`.
package struct UnpackStream: ~Copyable {
    /// What a decoder may take: `xz -9` needs 65 MB, `zstd --long` 128 MB, which is the most that zstd's own program takes unasked.
    static let memoryLimit = 128 << 20

    private let decoder: any MemberDecoder
    private let packing: Packing
    /// Whether everything that was fed so far ended with a member: the file may end here.
    package private(set) var isAtMemberEnd = true
    /// Whether nothing more comes out without more input.
    package private(set) var needsInput = true

    /// - Throws: when there is no memory for a decoder.
    package init(_ packing: Packing) throws(CorruptBytes) {
        guard let decoder = packing.makeDecoder() else { throw CorruptBytes("\(packing) stream", offset: 0, expected: "memory for a decoder") }
        self.decoder = decoder
        self.packing = packing
    }

    /// Appends what is inside the input, at most `limit` bytes; returns how many bytes of the input were used.
    ///
    /// - Invariant: when the limit is above zero it uses all input or appends `limit` bytes. Call it again while not `needsInput`, with no input if there is none.
    package mutating func decode(_ input: Span<UInt8>, limit: Int, into output: inout [UInt8]) throws(CorruptBytes) -> Int {
        if limit <= 0 { return 0 }
        let decoder = decoder
        var (used, failure): (Int, String?) = (0, nil)
        var (isAtEnd, isDrained) = (isAtMemberEnd, needsInput)
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: limit) { room in
                var written = 0
                while failure == nil, used < source.count || !isDrained, written < room.count {
                    if isAtEnd {
                        while used < source.count, unsafe source[used] == 0 { used += 1 }
                        if used == source.count {
                            isDrained = true
                            break
                        }
                        isAtEnd = false
                        if !decoder.begin() {
                            failure = "memory for a decoder"
                            break
                        }
                    }
                    let step = unsafe decoder.step(
                        UnsafeBufferPointer(rebasing: source[used...]), UnsafeMutableRawBufferPointer(rebasing: room[written...]))
                    used += step.used
                    written += step.written
                    switch step.outcome {
                    case .more:
                        // A library that neither takes nor gives would be asked for ever.
                        if step.used == 0, step.written == 0, used < source.count { failure = "more of the member" }
                    case .memberEnd: isAtEnd = true
                    case .failed(let reason): failure = reason
                    }
                    isDrained = isAtEnd || written < room.count
                }
                return written
            }
        }
        (isAtMemberEnd, needsInput) = (isAtEnd, isDrained)
        if let failure { throw CorruptBytes("\(packing) stream", offset: used, expected: failure) }
        return used
    }
}

/// What one library does; `UnpackStream` drives it.
protocol MemberDecoder: AnyObject {
    /// Makes ready for a member; false when there is no memory.
    func begin() -> Bool

    /// Unpacks until the input or the room is used up, or the member ends.
    func step(_ input: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) -> MemberStep
}

struct MemberStep {
    enum Outcome {
        case more, memberEnd
        case failed(String)
    }

    /// Bytes of the input, and bytes that were put into the room.
    var used: Int
    var written: Int
    var outcome: Outcome
}
