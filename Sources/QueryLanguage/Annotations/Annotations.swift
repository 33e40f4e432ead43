import Bytes

/// Warnings and infos that an evaluation collects, each once, in the order of their appearance.
///
/// - Ownership: each worker has its own; they are merged when the work is done.
package struct Annotations: Sendable {
    private struct Note: Sendable {
        var text: String
        var offset: Int
        var levelling: Levelling?
    }

    /// How buckets of a classic histogram that fell had to be levelled: the bounds, the largest fall, and the samples that it was done for.
    package struct Levelling: Equatable, Sendable {
        package private(set) var lowestBound: Double
        package private(set) var highestBound: Double
        package private(set) var largestFall: Double
        package private(set) var sampleCount = 1
        package private(set) var times: ClosedRange<Int64>

        package init(lowestBound: Double, highestBound: Double, largestFall: Double, time: Int64) {
            self.lowestBound = lowestBound
            self.highestBound = highestBound
            self.largestFall = largestFall
            times = time...time
        }

        package mutating func unite(_ other: Levelling) {
            lowestBound = min(lowestBound, other.lowestBound)
            highestBound = max(highestBound, other.highestBound)
            largestFall = max(largestFall, other.largestFall)
            sampleCount += other.sampleCount
            times = min(times.lowerBound, other.times.lowerBound)...max(times.upperBound, other.times.upperBound)
        }

        /// - Source: Prometheus prints bounds as `%g`, the difference as `%.2g`, and times to the second.
        var text: String {
            func second(_ milliseconds: Int64) -> String { Timestamp(seconds: milliseconds / 1000).rfc3339() }
            return ", from buckets \(DecimalNumber.generalText(lowestBound)) to \(DecimalNumber.generalText(highestBound))"
                + ", with a max diff of \(SignificantDigits.two(largestFall)), over \(sampleCount) samples"
                + " from \(second(times.lowerBound)) to \(second(times.upperBound))"
        }
    }

    private var warningNotes: [Note] = []
    private var infoNotes: [Note] = []

    package init() {}

    package var isEmpty: Bool { warningNotes.isEmpty && infoNotes.isEmpty }

    /// Notes something that the query's author should mend.
    package mutating func warn(_ text: String, at range: Range<Int>) { Self.add(Note(text: text, offset: range.lowerBound), to: &warningNotes) }

    /// Notes something that the query's author may want to know.
    package mutating func inform(_ text: String, at range: Range<Int>) { Self.add(Note(text: text, offset: range.lowerBound), to: &infoNotes) }

    /// The same of levelled buckets: notes of one text are united, and say how far all of it reached.
    package mutating func inform(_ text: String, _ levelling: Levelling, at range: Range<Int>) {
        Self.add(Note(text: text, offset: range.lowerBound, levelling: levelling), to: &infoNotes)
    }

    package mutating func merge(_ other: Annotations) {
        for note in other.warningNotes { Self.add(note, to: &warningNotes) }
        for note in other.infoNotes { Self.add(note, to: &infoNotes) }
    }

    private static func add(_ note: Note, to notes: inout [Note]) {
        guard let known = notes.firstIndex(where: { $0.offset == note.offset && $0.text == note.text }) else { return notes.append(note) }
        if let levelling = note.levelling { notes[known].levelling?.unite(levelling) }
    }

    /// The texts as the API shows them: `PromQL warning: … (1:6)`.
    package func rendered(language: String, text: String) -> (warnings: [String], infos: [String]) {
        func render(_ notes: [Note], _ level: String) -> [String] {
            notes.map { "\(language) \(level): \($0.text)\($0.levelling?.text ?? "") (\(TextPosition(offset: $0.offset, in: text)))" }
        }
        return (render(warningNotes, "warning"), render(infoNotes, "info"))
    }
}
