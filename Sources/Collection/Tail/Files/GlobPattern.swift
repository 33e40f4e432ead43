import Environment

/// A path with `*`, `?` and `[a-z]` in any of its parts; `**` stands for any number of folders.
struct GlobPattern: Hashable, Sendable {
    let text: String
    private let parts: [[UInt8]]
    /// Folders that `**` walks down at most: links may lead in circles.
    private static let depthLimit = 16

    /// nil when the path is not absolute.
    init?(_ text: String) {
        guard text.hasPrefix("/") else { return nil }
        self.text = text
        parts = text.split(separator: "/").map { Array($0.utf8) }
        if parts.isEmpty { return nil }
    }

    /// Every file that matches, sorted.
    func files(in files: any FileSystem) -> [String] {
        var found: Set<String> = []
        walk("", 0, 0, files, &found)
        return found.sorted()
    }

    private func walk(_ folder: String, _ index: Int, _ depth: Int, _ files: any FileSystem, _ found: inout Set<String>) {
        let part = parts[index]
        let isLast = index == parts.count - 1
        func take(_ path: String) {
            guard let kind = (try? files.attributes(path))??.kind else { return }
            if isLast {
                if kind == .file { found.insert(path) }
            } else if kind == .directory {
                walk(path, index + 1, depth, files, &found)
            }
        }
        if part == Array("**".utf8) {
            if !isLast { walk(folder, index + 1, depth, files, &found) }
            guard depth < Self.depthLimit else { return }
            for name in (try? files.list(folder.isEmpty ? "/" : folder)) ?? [] {
                let path = folder + "/" + name
                let kind = (try? files.attributes(path))??.kind
                if kind == .directory { walk(path, index, depth + 1, files, &found) }
                if isLast, kind == .file { found.insert(path) }
            }
        } else if part.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }) {
            for name in (try? files.list(folder.isEmpty ? "/" : folder)) ?? [] where Self.matches(Array(name.utf8)[...], part[...]) {
                take(folder + "/" + name)
            }
        } else {
            take(folder + "/" + String(decoding: part, as: UTF8.self))
        }
    }

    /// Whether a name matches one part of the pattern; a star never stands for a leading dot.
    static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
        var (text, rule) = (name.startIndex, pattern.startIndex)
        // Where to go on when the part after the last star does not fit: one star needs no more than one way back.
        var retry: (text: Int, rule: Int)?
        while text < name.endIndex {
            if rule < pattern.endIndex, pattern[rule] == UInt8(ascii: "*") {
                retry = (text, rule + 1)
                rule += 1
            } else if rule < pattern.endIndex, let next = matchOne(name[text], pattern, rule) {
                text += 1
                rule = next
            } else if let place = retry {
                retry = (place.text + 1, place.rule)
                (text, rule) = (place.text + 1, place.rule)
            } else {
                return false
            }
        }
        return pattern[rule...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on after it matched one byte; nil when it does not.
    private static func matchOne(_ byte: UInt8, _ pattern: ArraySlice<UInt8>, _ place: Int) -> Int? {
        if pattern[place] == UInt8(ascii: "?") { return place + 1 }
        guard pattern[place] == UInt8(ascii: "["), place + 2 < pattern.endIndex, let close = pattern[(place + 2)...].firstIndex(of: UInt8(ascii: "]")) else {
            return pattern[place] == byte ? place + 1 : nil
        }
        var index = place + 1
        let isNegated = pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^")
        if isNegated { index += 1 }
        var isMember = false
        while index < close {
            if index + 2 < close, pattern[index + 1] == UInt8(ascii: "-") {
                if pattern[index]...max(pattern[index], pattern[index + 2]) ~= byte { isMember = true }
                index += 3
            } else {
                if pattern[index] == byte { isMember = true }
                index += 1
            }
        }
        return isMember != isNegated ? close + 1 : nil
    }
}
