import Bytes

/// One record of a log file: a line, or a part of one.
struct LogRecord: Hashable, Sendable {
    /// Nanoseconds since the epoch; nil when the file does not say.
    var time: Int64?
    /// 0: standard output, 1: standard error.
    var stream: Int
    /// Whether the line ends here.
    var isFull: Bool
    var text: ArraySlice<UInt8>

    init(time: Int64?, stream: Int, isFull: Bool, text: ArraySlice<UInt8>) {
        self.time = time
        self.stream = stream
        self.isFull = isFull
        self.text = text
    }

    /// `TIME stdout F TEXT`.
    ///
    /// - Source: Kubernetes `design-proposals/node/kubelet-cri-logging.md`.
    init?(cri line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        // The three words in front of the text are short.
        let front = line.prefix(64)
        guard let first = front.firstIndex(of: space), let second = front[(first + 1)...].firstIndex(of: space),
            let third = front[(second + 1)...].firstIndex(of: space), third > second + 1,
            let time = Timestamp(rfc3339: line[..<first])
        else { return nil }
        let name = line[(first + 1)..<second]
        if name.elementsEqual("stdout".utf8) { stream = 0 } else if name.elementsEqual("stderr".utf8) { stream = 1 } else { return nil }
        // Further tags may follow the first after a colon.
        let tag = line[second + 1]
        guard tag == UInt8(ascii: "F") || tag == UInt8(ascii: "P"), third == second + 2 || line[second + 2] == UInt8(ascii: ":") else { return nil }
        self.time = time.nanoseconds
        isFull = tag == UInt8(ascii: "F")
        text = line[(third + 1)...]
    }

    /// `{"log":"TEXT\n","stream":"stdout","time":"TIME"}`; a text without its line end goes on in the next record.
    ///
    /// - Source: Docker's `json-file` driver, which splits lines at 16 KiB.
    init?(dockerJSON line: ArraySlice<UInt8>) {
        guard line.first == UInt8(ascii: "{") else { return nil }
        var reader = JSONReader(Array(line), maxDepth: 8)
        var text: [UInt8]?
        var stream: Int?
        var time: Int64?
        do throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "log") {
                    let raw = try reader.readRawString()
                    var bytes: [UInt8] = []
                    reader.append(raw, to: &bytes)
                    text = bytes
                } else if reader.matches(key, "stream") {
                    let raw = try reader.readRawString()
                    stream = reader.matches(raw, "stdout") ? 0 : reader.matches(raw, "stderr") ? 1 : nil
                } else if reader.matches(key, "time") {
                    time = Timestamp(rfc3339: reader.string(try reader.readRawString()))?.nanoseconds
                } else {
                    try reader.skipValue()
                }
            }
            try reader.expectEnd()
        } catch {
            return nil
        }
        // Some JSON lines of a program happen to have one of the names.
        guard var text, let stream, let time else { return nil }
        isFull = text.last == UInt8(ascii: "\n")
        if isFull { text.removeLast() }
        self.stream = stream
        self.time = time
        self.text = text[...]
    }
}

/// What the lines of a file are.
package enum LogFileFormat: String, CaseIterable, Sendable {
    /// Each line is whatever it looks like.
    case auto
    case cri
    case docker
    /// Every line is text.
    case raw

    /// The record of a line, and whether the line was one of the format; one that is not is kept as text.
    func record(_ line: ArraySlice<UInt8>) -> (record: LogRecord, isOdd: Bool) {
        let found: LogRecord? =
            switch self {
            case .cri: LogRecord(cri: line)
            case .docker: LogRecord(dockerJSON: line)
            case .raw: nil
            case .auto: line.first == UInt8(ascii: "{") ? LogRecord(dockerJSON: line) : LogRecord(cri: line)
            }
        if let found { return (found, false) }
        // The line ends of other systems are no part of the text.
        let text = line.last == UInt8(ascii: "\r") && self != .cri && self != .docker ? line.dropLast() : line
        return (LogRecord(time: nil, stream: 0, isFull: true, text: text), self == .cri || self == .docker)
    }
}
