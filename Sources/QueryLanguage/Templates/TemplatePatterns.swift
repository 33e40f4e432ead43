import Bytes
import Synchronization

/// The expressions that templates used last, compiled: a template runs once for each line, and compiling costs many times what a match does.
enum TemplatePatterns {
    /// Expressions may come from lines, so only so many are remembered.
    private static let limit = 64
    private static let known = Mutex<[String: RegularExpression]>([:])

    static func compiled(_ pattern: String) throws(PatternError) -> RegularExpression {
        if let expression = known.withLock({ $0[pattern] }) { return expression }
        let expression = try RegularExpression(pattern)
        known.withLock { known in
            if known.count >= limit { known.removeAll() }
            known[pattern] = expression
        }
        return expression
    }
}
