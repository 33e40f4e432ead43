/// The names that rotation gives to the files of one log.
enum RotatedNames {
    /// What is written beside the name of a packed log; which program packed it is told by its bytes.
    private static let packed = [".gz", ".zst", ".bz2", ".xz"]

    /// Packings that cannot be read, and halves of a packing, which are no log yet.
    private static let unread = [".tmp", ".lz4", ".zip", ".Z", ".lzma", ".swp", "~"]

    static func isPacked(_ name: String) -> Bool { packed.contains { name.hasSuffix($0) } }

    /// The name before packing, `app.log.1` of `app.log.1.xz`; nil of a name that is not packed.
    static func unpacked(_ name: String) -> String? {
        packed.first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
    }

    /// Whether what follows the log's own name is nothing but the mark of a packing.
    static func isPackingOnly(_ suffix: Substring) -> Bool { packed.contains { suffix == $0 } }

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
