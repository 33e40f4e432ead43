import Bytes

/// Turns what a program prints into records of the CRI log format: `TIME stdout F text`.
///
/// - Invariant: the times of its records rise strictly, whatever the clock does; every byte that went in comes out in a record once, in order
///   within its stream.
/// - Source: Kubernetes `design-proposals/node/kubelet-cri-logging.md`; the split at 16 KiB is containerd's.
struct CRILogFormat {
    enum Stream: Int, CaseIterable {
        case stdout = 0
        case stderr = 1

        static let tags = [Array(" stdout ".utf8), Array(" stderr ".utf8)]
    }

    /// Bytes of a line in one record.
    static let recordLimit = 16_384

    private var pending: [[UInt8]] = [[], []]
    /// Before every time that a clock shows.
    private var lastTime: Int64 = 0
    /// The text of the last record's second, with the dot: rendering a date costs more than copying it.
    private var secondText: [UInt8] = []
    private var second: Int64 = .min

    /// Takes what was read from a stream and appends the records that are complete.
    mutating func append(_ chunk: ArraySlice<UInt8>, from stream: Stream, now: Timestamp, to output: inout [UInt8]) {
        var rest = chunk
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<newline], from: stream, now: now, to: &output)
            flush(stream, isPartial: false, now: now, to: &output)
            rest = rest[(newline + 1)...]
        }
        take(rest, from: stream, now: now, to: &output)
    }

    /// Ends a stream: a line without its newline becomes a full record.
    mutating func finish(_ stream: Stream, now: Timestamp, to output: inout [UInt8]) {
        if !pending[stream.rawValue].isEmpty { flush(stream, isPartial: false, now: now, to: &output) }
    }

    /// Adds a piece without newlines to the line in progress, writing records whenever the limit is passed.
    private mutating func take(_ piece: ArraySlice<UInt8>, from stream: Stream, now: Timestamp, to output: inout [UInt8]) {
        var rest = piece
        while !rest.isEmpty {
            let room = Self.recordLimit - pending[stream.rawValue].count
            // A full record is only partial when more of its line follows.
            if room == 0 {
                flush(stream, isPartial: true, now: now, to: &output)
                continue
            }
            pending[stream.rawValue].append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
    }

    private mutating func flush(_ stream: Stream, isPartial: Bool, now: Timestamp, to output: inout [UInt8]) {
        appendTime(now, to: &output)
        output.append(contentsOf: Stream.tags[stream.rawValue])
        output.append(isPartial ? UInt8(ascii: "P") : UInt8(ascii: "F"))
        output.append(UInt8(ascii: " "))
        output.append(contentsOf: pending[stream.rawValue])
        output.append(UInt8(ascii: "\n"))
        pending[stream.rawValue].removeAll(keepingCapacity: true)
    }

    private mutating func appendTime(_ now: Timestamp, to output: inout [UInt8]) {
        let time = Timestamp(nanoseconds: max(now.nanoseconds, lastTime &+ 1))
        lastTime = time.nanoseconds
        if time.seconds != second {
            second = time.seconds
            // "2026-11-24T01:59:08Z" without the Z.
            secondText = Array(time.rfc3339().utf8.dropLast())
            secondText.append(UInt8(ascii: "."))
        }
        output.append(contentsOf: secondText)
        let fraction = time.nanoseconds &- second &* 1_000_000_000
        var divisor: Int64 = 100_000_000
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(fraction / divisor % 10))
            divisor /= 10
        }
        output.append(UInt8(ascii: "Z"))
    }
}
