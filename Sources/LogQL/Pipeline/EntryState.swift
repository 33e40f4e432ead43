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
    private(set) var error: StageError?
    private(set) var errorDetails = ""
    /// Whether an entry that a parser failed on is wanted with its error, because the query asks for `__error__`.
    var preservesErrors = false
    /// Whether this entry's error is one of those: a metric query fails for any other.
    private(set) var isErrorPreserved = false
    /// Whether a label of the stream has been taken away or written anew; parsers still step aside for it.
    private var hidesStreamLabel = false

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
        forgetError()
    }

    private mutating func forgetError() {
        error = nil
        errorDetails = ""
        isErrorPreserved = false
        hidesStreamLabel = false
    }

    mutating func beginEntry(text: [UInt8], line: Range<Int>, time: Int64) {
        self.text = text
        self.line = line
        self.time = time
        guard isChanged else { return }
        forgetError()
        arena.removeLast(arena.count - streamBytes)
        pairs.removeAll(keepingCapacity: true)
        pairs.append(contentsOf: streamPairs)
        isChanged = false
    }

    /// Adds structured metadata: a canonical label encoding within `bytes`. Where the stream has the name, its own is suffixed.
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
            let value = bytes[offset..<offset + valueCount]
            if index(of: bytes[name]) == nil {
                set(bytes[name], value, .metadata)
            } else {
                set(Array(bytes[name]) + Self.suffix, value, .metadata)
            }
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
        if name == StageError.detailsLabel { return ArraySlice(errorDetails.utf8) }
        if name == StageError.preserveLabel, isErrorPreserved { return ArraySlice("true".utf8) }
        return []
    }

    mutating func set(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>, _ origin: Origin) {
        isChanged = true
        let nameStart = arena.count
        if let index = index(of: name) {
            arena.append(contentsOf: value)
            if pairs[index].origin == .stream { hidesStreamLabel = true }
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
        if pairs[index].origin == .stream { hidesStreamLabel = true }
        pairs.remove(at: index)
    }

    /// Notes what went wrong; of several errors of filters and conversions the first explains most.
    mutating func fail(_ error: StageError, _ details: String?) {
        if error == .labelFilter, self.error != nil { return }
        self.error = error
        if let details { errorDetails = details }
        isChanged = true
        if preservesErrors, error.isOfParser { isErrorPreserved = true }
    }

    mutating func clearError() { error = nil }

    mutating func clearErrorDetails() { errorDetails = "" }

    mutating func stopPreservingError() { isErrorPreserved = false }

    private static let suffix = Array("_extracted".utf8)

    /// Sets what a parser found: the name is suffixed where the stream or its metadata has it; the first of several values stays.
    mutating func extract(_ name: [UInt8], _ value: some Collection<UInt8>) {
        if name.isEmpty { return }
        var steps = hidesStreamLabel && streamHas(name)
        if !steps, let index = index(of: name) {
            switch pairs[index].origin {
            case .parsed, .formatted: return
            case .stream, .metadata: steps = true
            }
        }
        guard steps else {
            if isNeeded(name) { set(name, value, .parsed) }
            return
        }
        let suffixed = name + Self.suffix
        if let other = index(of: suffixed), pairs[other].origin == .parsed || pairs[other].origin == .formatted { return }
        if isNeeded(suffixed) { set(suffixed, value, .parsed) }
    }

    /// Sets a label that was asked for and not found, where there is none of its name.
    mutating func extractMissing(_ name: [UInt8]) {
        if index(of: name) == nil, isNeeded(name) { set(name, [UInt8](), .parsed) }
    }

    private func streamHas(_ name: [UInt8]) -> Bool {
        streamPairs.contains { $0.name.count == name.count && arena[$0.name].elementsEqual(name) }
    }

    private func isNeeded(_ name: [UInt8]) -> Bool { needed?.contains(name) ?? true }

    /// Whether every needed label has been extracted, so that a parser may stop.
    var hasAllNeeded: Bool {
        guard let needed else { return false }
        return needed.allSatisfy { name in index(of: name).map { pairs[$0].origin == .parsed } ?? false }
    }

    /// Makes labels of what went wrong, so that the encoding and the templates see it.
    mutating func exposeError() {
        if let error { set(StageError.label, error.rawValue.utf8, .parsed) }
        if !errorDetails.isEmpty { set(StageError.detailsLabel, errorDetails.utf8, .parsed) }
        if isErrorPreserved, error != nil { set(StageError.preserveLabel, "true".utf8, .parsed) }
    }

    /// Appends the canonical encoding of the labels that are kept; `exposeError()` first where errors shall be among them.
    mutating func encodeLabels(into bytes: inout [UInt8], where isKept: (ArraySlice<UInt8>) -> Bool) {
        sortBuffer.removeAll(keepingCapacity: true)
        var index = 0
        while index < pairs.count {
            if isKept(arena[pairs[index].name]) { sortBuffer.append(index) }
            index &+= 1
        }
        encodeSorted(into: &bytes)
    }

    /// The same for the labels of some origins.
    mutating func encodeLabels(into bytes: inout [UInt8], of origins: Set<Origin>) {
        sortBuffer.removeAll(keepingCapacity: true)
        for index in pairs.indices where origins.contains(pairs[index].origin) { sortBuffer.append(index) }
        encodeSorted(into: &bytes)
    }

    private mutating func encodeSorted(into bytes: inout [UInt8]) {
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
    static let preserveLabel = Array("__preserve_error__".utf8)

    var isOfParser: Bool { self == .json || self == .logfmt }

    /// Whether a label tells of an error; `keep` never takes those away.
    static func isLabel(_ name: some Collection<UInt8>) -> Bool {
        name.elementsEqual(label) || name.elementsEqual(detailsLabel) || name.elementsEqual(preserveLabel)
    }
}

/// Label names in log lines become label names of the language: other characters turn into `_`, a digit in front gets one before it.
enum LabelName {
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0d }

    static func append(_ key: some BidirectionalCollection<UInt8>, to name: inout [UInt8]) {
        var raw = key[...]
        while let first = raw.first, isBlank(first) { raw = raw.dropFirst() }
        while let last = raw.last, isBlank(last) { raw = raw.dropLast() }
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
