/// Warnings and infos that an evaluation collects, each once, in the order of their appearance.
///
/// - Ownership: each worker has its own; they are merged when the work is done.
package struct Annotations: Sendable {
    private struct Note: Hashable, Sendable {
        var text: String
        var offset: Int
    }

    private var warningNotes: [Note] = []
    private var infoNotes: [Note] = []

    package init() {}

    package var isEmpty: Bool { warningNotes.isEmpty && infoNotes.isEmpty }

    /// Notes something that the query's author should mend.
    package mutating func warn(_ text: String, at range: Range<Int>) { Self.add(Note(text: text, offset: range.lowerBound), to: &warningNotes) }

    /// Notes something that the query's author may want to know.
    package mutating func inform(_ text: String, at range: Range<Int>) { Self.add(Note(text: text, offset: range.lowerBound), to: &infoNotes) }

    package mutating func merge(_ other: Annotations) {
        for note in other.warningNotes { Self.add(note, to: &warningNotes) }
        for note in other.infoNotes { Self.add(note, to: &infoNotes) }
    }

    private static func add(_ note: Note, to notes: inout [Note]) {
        if !notes.contains(note) { notes.append(note) }
    }

    /// The texts as the API shows them: `PromQL warning: … (1:6)`.
    package func rendered(language: String, text: String) -> (warnings: [String], infos: [String]) {
        func render(_ notes: [Note], _ level: String) -> [String] {
            notes.map { "\(language) \(level): \($0.text) (\(TextPosition(offset: $0.offset, in: text)))" }
        }
        return (render(warningNotes, "warning"), render(infoNotes, "info"))
    }
}
