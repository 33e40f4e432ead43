import Bytes
import Telemetry

/// One entry on its way through a pipeline: its line and its labels, in buffers that are reused from entry to entry.
struct EntryState: Sendable {
    enum Origin: UInt8, Sendable { case stream, metadata, parsed, formatted }

    struct Pair: Sendable {
        var name: Range<Int>
        var value: Range<Int>
        var origin: Origin
    }

    // MARK: The line

    /// Holds the line; the store's arena until a stage writes a line of its own.
    var text: [UInt8] = []
    var line = 0..<0
    /// Nanoseconds.
    var time: Int64 = 0
    /// What templates take for the present, in nanoseconds: the end of the query's window, so that an answer depends on nothing else.
    var now: Int64 = 0

    // MARK: Labels

    /// Names and values of all pairs.
    private(set) var arena: [UInt8] = []
    private(set) var pairs: [Pair] = []
    /// Whether the labels are no longer those of the stream alone.
    private(set) var isChanged = false
    var error: StageError?
    var errorDetails = ""

    private var streamBytes = 0
    private var streamPairs: [Pair] = []
    private var sortBuffer: [Int] = []

    /// What a parser needs to extract; nil means everything.
    var needed: [[UInt8]]?

    mutating func beginStream(_ labels: Labels) {
        arena = labels.encoded
        streamBytes = arena.count
        streamPairs.removeAll(keepingCapacity: true)
        labels.forEachRange { name, value in
            streamPairs.append(Pair(name: name, value: value, origin: .stream))
            return true
        }
        pairs = streamPairs
        isChanged = false
        error = nil
    }

    mutating func beginEntry(text: [UInt8], line: Range<Int>, time: Int64) {
        self.text = text
        self.line = line
        self.time = time
        error = nil
        guard isChanged else { return }
        arena.removeLast(arena.count - streamBytes)
        pairs.removeAll(keepingCapacity: true)
        pairs.append(contentsOf: streamPairs)
        isChanged = false
    }

    /// Adds structured metadata: a canonical label encoding within `bytes`.
    mutating func addMetadata(_ bytes: [UInt8], _ range: Range<Int>) {
        var offset = range.lowerBound
        func length() -> Int {
            var value = 0
            var shift = 0
            while true {
                let byte = Int(bytes[offset])
                offset &+= 1
                value |= (byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift &+= 7
            }
        }
        while offset < range.upperBound {
            let nameCount = length()
            let name = offset..<offset + nameCount
            offset = name.upperBound
            let valueCount = length()
            set(bytes[name], bytes[offset..<offset + valueCount], .metadata)
            offset += valueCount
        }
    }

    func index(of name: some Collection<UInt8>) -> Int? {
        var index = 0
        while index < pairs.count {
            let range = pairs[index].name
            if range.count == name.count, arena[range].elementsEqual(name) { return index }
            index &+= 1
        }
        return nil
    }

    func value(of name: [UInt8]) -> ArraySlice<UInt8>? { index(of: name).map { arena[pairs[$0].value] } }

    /// The value as conditions see it: `__error__` included, absent labels empty.
    func text(of name: [UInt8]) -> ArraySlice<UInt8> {
        if let value = value(of: name) { return value }
        if name == StageError.label { return error.map { ArraySlice($0.rawValue.utf8) } ?? [] }
        if name == StageError.detailsLabel, error != nil { return ArraySlice(errorDetails.utf8) }
        return []
    }

    mutating func set(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>, _ origin: Origin) {
        isChanged = true
        let nameStart = arena.count
        if let index = index(of: name) {
            arena.append(contentsOf: value)
            pairs[index].value = nameStart..<arena.count
            pairs[index].origin = origin
            return
        }
        arena.append(contentsOf: name)
        let valueStart = arena.count
        arena.append(contentsOf: value)
        pairs.append(Pair(name: nameStart..<valueStart, value: valueStart..<arena.count, origin: origin))
    }

    mutating func remove(at index: Int) {
        isChanged = true
        pairs.remove(at: index)
    }

    mutating func fail(_ error: StageError, _ details: String) {
        self.error = error
        errorDetails = details
        isChanged = true
    }

    mutating func clearError() { error = nil }

    /// Sets what a parser found: the name is suffixed where the stream or its metadata has it; the first of several values stays.
    mutating func extract(_ name: [UInt8], _ value: some Collection<UInt8>) {
        guard let index = index(of: name) else {
            if isNeeded(name) { set(name, value, .parsed) }
            return
        }
        switch pairs[index].origin {
        case .parsed: return
        case .formatted: set(name, value, .parsed)
        case .stream, .metadata:
            let suffixed = name + Array("_extracted".utf8)
            if let other = self.index(of: suffixed), pairs[other].origin == .parsed { return }
            if isNeeded(suffixed) { set(suffixed, value, .parsed) }
        }
    }

    private func isNeeded(_ name: [UInt8]) -> Bool { needed?.contains(name) ?? true }

    /// Whether every needed label has been extracted, so that a parser may stop.
    var hasAllNeeded: Bool {
        guard let needed else { return false }
        return needed.allSatisfy { name in index(of: name).map { pairs[$0].origin == .parsed } ?? false }
    }

    /// Appends the canonical encoding of the labels that are kept, `__error__` included.
    mutating func encodeLabels(into bytes: inout [UInt8], where isKept: (ArraySlice<UInt8>) -> Bool) {
        sortBuffer.removeAll(keepingCapacity: true)
        var index = 0
        if error != nil {
            set(StageError.label, error!.rawValue.utf8, .parsed)
            if !errorDetails.isEmpty { set(StageError.detailsLabel, errorDetails.utf8, .parsed) }
        }
        while index < pairs.count {
            if isKept(arena[pairs[index].name]) { sortBuffer.append(index) }
            index &+= 1
        }
        let (arena, pairs) = (arena, pairs)
        sortBuffer.sort { arena[pairs[$0].name].lexicographicallyPrecedes(arena[pairs[$1].name]) }
        for index in sortBuffer {
            appendVarint(pairs[index].name.count, to: &bytes)
            bytes.append(contentsOf: arena[pairs[index].name])
            appendVarint(pairs[index].value.count, to: &bytes)
            bytes.append(contentsOf: arena[pairs[index].value])
        }
    }

    private func appendVarint(_ value: Int, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// What went wrong in a stage: the value of `__error__`.
enum StageError: String, Sendable {
    case json = "JSONParserErr"
    case logfmt = "LogfmtParserErr"
    case labelFilter = "LabelFilterErr"
    case template = "TemplateFormatErr"
    case sampleExtraction = "SampleExtractionErr"

    static let label = Array("__error__".utf8)
    static let detailsLabel = Array("__error_details__".utf8)
}

/// Label names in log lines become label names of the language: other characters turn into `_`, a digit in front gets one before it.
enum LabelName {
    static func append(_ raw: some Collection<UInt8>, to name: inout [UInt8]) {
        if name.isEmpty, let first = raw.first, first >= 0x30 && first <= 0x39 { name.append(0x5f) }
        var insideCharacter = false
        for byte in raw {
            let isWord = byte == 0x5f || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a && byte < 0x80
            if byte & 0xc0 == 0x80, insideCharacter { continue }
            insideCharacter = byte >= 0xc0
            name.append(isWord ? byte : 0x5f)
        }
    }
}
