/// The names that rotation gives to the files of one log.
enum RotatedNames {
    /// What was packed by other programs than gzip cannot be read, and halves of a packing are no log yet.
    private static let unread = [".tmp", ".bz2", ".xz", ".zst", ".lz4", ".zip", ".Z", ".lzma", ".swp", "~"]

    static func isPacked(_ name: String) -> Bool { name.hasSuffix(".gz") }

    static func isReadable(_ name: String) -> Bool { !unread.contains { name.hasSuffix($0) } }

    /// What follows the log's own name, `.1.gz` of `app.log.1.gz`; nil when the name is none of its rotated files.
    static func suffix(of name: String, log: String) -> Substring? {
        guard name.count > log.count + 1, name.hasPrefix(log) else { return nil }
        let suffix = name.dropFirst(log.count)
        return suffix.hasPrefix(".") || suffix.hasPrefix("-") ? suffix : nil
    }

    /// Whether a file with the left suffix is older than one with the right.
    ///
    /// Numbers count from the newest, as logrotate and docker give them; times sort as texts.
    static func isOlder(_ left: Substring, _ right: Substring) -> Bool {
        switch (number(left), number(right)) {
        case (let left?, let right?): left > right
        case (nil, nil): left < right
        // Times and numbers together: somebody has changed the scheme, so which is older cannot be told.
        case (_?, nil): false
        case (nil, _?): true
        }
    }

    private static func number(_ suffix: Substring) -> Int? {
        let text = suffix.dropFirst().prefix { $0 != "." }
        return text.utf8.count <= 4 ? Int(text) : nil
    }
}
