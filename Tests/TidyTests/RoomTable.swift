/// The rooms as `Package.swift` declares them: read as text, so that the test sees what a reader sees.
struct RoomTable {
    struct Room {
        var name: String
        var layer: Int
        var imports: [String]
        var products: [String]
    }

    var rooms: [Room] = []
    var shims: [String] = []

    init(manifest: String) {
        for block in manifest.components(between: "Room(", and: ")") {
            guard let name = block.quoted(after: "name:").first, let layer = block.number(after: "layer:") else { continue }
            rooms.append(
                Room(
                    name: name, layer: layer, imports: block.list(after: "imports:"),
                    products: block.list(after: " products:") + block.list(after: "\n        products:")))
        }
        shims = manifest.components(between: "Shim(", and: ")").compactMap { $0.quoted(after: "name:").first }
    }

    subscript(name: String) -> Room? { rooms.first { $0.name == name } }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let opening = rest.firstRange(of: start) {
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<closing.lowerBound]))
            rest = rest[closing.upperBound...]
        }
        return found
    }

    fileprivate func quoted(after label: String) -> [String] {
        guard let start = firstRange(of: label) else { return [] }
        return self[start.upperBound...].split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    fileprivate func number(after label: String) -> Int? {
        guard let start = firstRange(of: label) else { return nil }
        return Int(self[start.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
    }

    fileprivate func list(after label: String) -> [String] {
        guard let start = firstRange(of: label) else { return [] }
        let rest = self[start.upperBound...]
        guard let opening = rest.firstIndex(of: "["), let closing = rest[opening...].firstIndex(of: "]") else { return [] }
        return rest[opening...closing].split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    func firstRange(of needle: String) -> Range<Index>? { self[...].firstRange(of: needle) }
}

extension Substring {
    func firstRange(of needle: String) -> Range<Index>? {
        guard let first = needle.first else { return nil }
        var index = startIndex
        while let candidate = self[index...].firstIndex(of: first) {
            if self[candidate...].hasPrefix(needle) { return candidate..<self.index(candidate, offsetBy: needle.count) }
            index = self.index(after: candidate)
        }
        return nil
    }
}
