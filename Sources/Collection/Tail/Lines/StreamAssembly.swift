import Bytes

/// Puts the entries of one stream together: parts to lines, and lines to entries where a rule asks for it.
///
/// It belongs to the whole log and not to one of its files: a rotation may come between the parts of a line.
/// - Invariant: what it holds is not handed over; `offset(in:)` is where reading must begin again to have it all.
struct StreamAssembly: Sendable {
    /// Bytes of a line; what is longer is cut into lines of this size.
    static let lineLimit = 10 << 20
    /// How long a line waits for its next part. A program that dies takes the end of its line with it.
    static let partPatience: UInt64 = 60_000_000_000

    private struct Piece: Sendable {
        var time: Int64
        /// Where it begins in each file that has a part of it.
        var positions: [FilePosition]
        var text: [UInt8]
        var lines = 1
        /// Monotonic nanoseconds.
        var grownAt: UInt64

        mutating func began(at position: FilePosition) {
            if !positions.contains(where: { $0.file == position.file }) { positions.append(position) }
        }
    }

    private var line: Piece?
    private var group: Piece?
    private var trace = TraceState()

    /// Takes one record; calls back for each entry that is complete.
    mutating func take(
        _ record: LogRecord, time: Int64, at position: FilePosition, rule: MultilineRule?, now: UInt64,
        _ emit: (_ time: Int64, _ text: [UInt8]) -> Void
    ) {
        var current = line ?? Piece(time: time, positions: [], text: [], grownAt: now)
        line = nil
        current.began(at: position)
        current.text += record.text
        current.grownAt = now
        if record.isFull || current.text.count >= Self.lineLimit {
            take(current, rule, emit)
        } else {
            line = current
        }
    }

    private mutating func take(_ line: Piece, _ rule: MultilineRule?, _ emit: (_ time: Int64, _ text: [UInt8]) -> Void) {
        guard let rule else {
            endGroup(emit)
            return emit(line.time, line.text)
        }
        if var open = group {
            let joins =
                switch rule {
                case .firstLine(let pattern): !pattern.matches(line.text)
                case .traces(let languages): trace.joins(line.text[...], languages)
                }
            if joins, open.lines < MultilineRule.lineLimit, open.text.count + line.text.count < MultilineRule.byteLimit {
                group = nil
                open.text.append(UInt8(ascii: "\n"))
                open.text += line.text
                open.lines += 1
                for position in line.positions { open.began(at: position) }
                open.grownAt = line.grownAt
                group = open
                return
            }
            endGroup(emit)
        }
        if case .traces(let languages) = rule { trace.begin(line.text[...], languages) }
        group = line
    }

    private mutating func endGroup(_ emit: (_ time: Int64, _ text: [UInt8]) -> Void) {
        guard let open = group else { return }
        group = nil
        emit(open.time, open.text)
    }

    /// Hands over what has waited long enough, or everything.
    ///
    /// - Parameter isLast: whether no more parts can come for a line.
    mutating func flush(now: UInt64, isLast: Bool, rule: MultilineRule?, _ emit: (_ time: Int64, _ text: [UInt8]) -> Void) {
        if let current = line, isLast || now &- current.grownAt >= Self.partPatience {
            line = nil
            take(current, rule, emit)
        }
        // An entry whose next line is half there waits for its other half.
        if let open = group, isLast || (line == nil && now &- open.grownAt >= MultilineRule.patience) { endGroup(emit) }
    }

    /// Where the first piece of a file begins that was not handed over.
    func offset(in file: FileKey) -> Int64? {
        var first: Int64?
        for piece in [line, group] {
            guard let position = piece?.positions.first(where: { $0.file == file }) else { continue }
            first = min(first ?? position.offset, position.offset)
        }
        return first
    }

    var isEmpty: Bool { line == nil && group == nil }
}
