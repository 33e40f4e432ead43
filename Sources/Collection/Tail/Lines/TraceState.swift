import Bytes

/// Which stack trace of a language the lines of a group are in the middle of.
///
/// ```
/// Java    com.acme.Failed: why          any line before
///             at com.acme.Main.run(…)   ← joins
///         Caused by: …                  ← joins
/// Python  Traceback (most recent …      begins
///           File "a.py", line 1 …       ← joins
///         ValueError: why               ← joins, and ends it, unless another is chained to it
/// Go      panic: why                    begins
///         goroutine 1 [running]:        ← joins, as do calls, places and empty lines
/// ```
struct TraceState: Sendable {
    private enum Part: Sendable { case none, java, pythonFrames, pythonEnd, pythonChain, go }

    private var part = Part.none

    /// Takes the first line of a group.
    mutating func begin(_ line: ArraySlice<UInt8>, _ languages: Set<MultilineRule.Language>) {
        part = .none
        if languages.contains(.python), line.starts(with: "Traceback (most recent call last):".utf8) { part = .pythonFrames }
        if languages.contains(.go), Self.beginsPanic(line) { part = .go }
    }

    /// Whether the next line belongs to the group.
    mutating func joins(_ line: ArraySlice<UInt8>, _ languages: Set<MultilineRule.Language>) -> Bool {
        let isIndented = line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t")
        switch part {
        case .none, .java:
            guard languages.contains(.java), Self.isJava(line, isIndented: isIndented) else { return false }
            part = .java
            return true
        case .pythonFrames:
            if !isIndented {
                // The line that names the exception is the last, unless it is empty.
                guard !line.isEmpty, !line.starts(with: "Traceback ".utf8) else { return false }
                part = .pythonEnd
            }
            return true
        case .pythonEnd:
            // A message may go on over several lines, but nothing marks them; an empty line may lead to the next trace of a chain.
            let isChain =
                line.starts(with: "During handling of the above exception".utf8) || line.starts(with: "The above exception was the direct cause".utf8)
            guard line.isEmpty || isChain else { return false }
            part = .pythonChain
            return true
        case .pythonChain:
            if line.starts(with: "Traceback (most recent call last):".utf8) {
                part = .pythonFrames
                return true
            }
            return line.isEmpty || line.starts(with: "During handling of the above exception".utf8)
                || line.starts(with: "The above exception was the direct cause".utf8)
        case .go: return Self.isGo(line, isIndented: isIndented)
        }
    }

    private static func isJava(_ line: ArraySlice<UInt8>, isIndented: Bool) -> Bool {
        if line.starts(with: "Caused by: ".utf8) { return true }
        guard isIndented else { return false }
        let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return ["at ", "... ", "Caused by: ", "Suppressed: ", "- locked ", "- waiting "].contains { text.starts(with: $0.utf8) }
    }

    private static func beginsPanic(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: "panic: ".utf8) || line.starts(with: "fatal error: ".utf8)
            || ByteSearch.contains(Array("http: panic serving".utf8), in: line.span)
    }

    private static func isGo(_ line: ArraySlice<UInt8>, isIndented: Bool) -> Bool {
        if line.isEmpty || isIndented { return true }
        if ["goroutine ", "created by ", "panic: ", "[signal ", "exit status "].contains(where: { line.starts(with: $0.utf8) }) { return true }
        // A call: main.run(0x1, …), with a name without spaces in front of its bracket.
        guard line.last == UInt8(ascii: ")") || line.last == UInt8(ascii: "}"), let bracket = line.firstIndex(of: UInt8(ascii: "(")) else { return false }
        return bracket > line.startIndex && !line[..<bracket].contains(UInt8(ascii: " "))
    }
}
