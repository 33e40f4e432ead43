package import Bytes

/// Which lines are one entry.
package enum MultilineRule: Sendable {
    package enum Language: String, CaseIterable, Sendable { case java, python, go }

    /// An entry begins with each line that matches; the others belong to the one before.
    case firstLine(RegularExpression)
    /// Stack traces of these languages are one entry with the line they begin with.
    case traces(Set<Language>)

    /// Bytes and lines of one entry; what is longer goes on in the next.
    static let byteLimit = 1 << 20
    static let lineLimit = 2000
    /// How long the end of an entry waits for the line that would follow it.
    static let patience: UInt64 = 1_000_000_000

    /// Reads `java`, `python`, `go`, several with commas, `traces` for all, or `first-line=REGEX`.
    package init(_ text: String) throws(MultilineRuleError) {
        if text.hasPrefix("first-line=") {
            do throws(PatternError) {
                self = .firstLine(try RegularExpression(String(text.dropFirst("first-line=".count))))
            } catch {
                throw MultilineRuleError(text: text, cause: error.message)
            }
            return
        }
        if text == "traces" {
            self = .traces(Set(Language.allCases))
            return
        }
        var languages: Set<Language> = []
        for word in text.split(separator: ",") {
            guard let language = Language(rawValue: word.filter { $0 != " " }) else {
                throw MultilineRuleError(text: text, cause: "write java, python, go, traces, or first-line=REGEX")
            }
            languages.insert(language)
        }
        guard !languages.isEmpty else { throw MultilineRuleError(text: text, cause: "write java, python, go, traces, or first-line=REGEX") }
        self = .traces(languages)
    }
}

package struct MultilineRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: String
    package var cause: String

    package var description: String { "cannot read the multiline rule \"\(text)\": \(cause)" }
}
