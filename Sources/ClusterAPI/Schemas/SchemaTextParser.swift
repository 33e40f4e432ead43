/// Reads one part of the schema table; the form is described at `SchemaText`.
///
/// The text is part of the program: a mistake in it is a programmer's error and stops the program at the line.
struct SchemaTextParser {
    private let text: String
    private var package = ""
    private(set) var structures: [StructureSchema] = []
    private(set) var kinds: [KindSchema] = []

    init(_ text: String) { self.text = text }

    mutating func parse() {
        for line in text.split(separator: "\n") {
            let isField = line.hasPrefix("  ")
            let (head, summary) = Self.splitSummary(line)
            let words = Self.words(head)
            guard let first = words.first else { continue }
            if isField {
                precondition(!structures.isEmpty, "field before any structure: \(line)")
                structures[structures.count - 1].fields.append(Self.field(words, summary: summary))
            } else if first == "package" {
                package = String(words[1])
            } else if first == "kind" {
                kinds.append(Self.kind(words))
            } else if first == "type" {
                structures.append(structure(words, summary: summary))
            } else {
                preconditionFailure("the schema table has a line that is none: \(line)")
            }
        }
    }

    private static func splitSummary(_ line: Substring) -> (Substring, String) {
        var rest = line[...]
        while let place = rest.firstIndex(of: ":") {
            let after = line.index(after: place)
            if place > line.startIndex, line[line.index(before: place)] == " ", after < line.endIndex, line[after] == " " {
                return (line[..<line.index(before: place)], String(line[line.index(after: after)...]))
            }
            rest = line[after...]
        }
        return (line, "")
    }

    /// Words between spaces; parentheses keep theirs together.
    private static func words(_ text: Substring) -> [Substring] {
        text.split(separator: " ")
    }

    /// The list in `name(a,b)`.
    private static func list(_ name: String, in words: some Sequence<Substring>) -> [String]? {
        for word in words where word.hasPrefix(name + "(") {
            return word.dropFirst(name.count + 1).dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return nil
    }

    private func structure(_ words: [Substring], summary: String) -> StructureSchema {
        let name = String(words[1])
        let place = words.firstIndex(of: "as")
        return StructureSchema(
            name: name, apiName: place.map { String(words[$0 + 1]) } ?? name, package: package, isAtomic: words.contains("atomic"),
            summary: summary)
    }

    private static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    private static func kind(_ words: [Substring]) -> KindSchema {
        guard let groupVersion = GroupVersion(apiVersion: String(words[2])) else { preconditionFailure("kind without a group version: \(words)") }
        let structure = String(words[1])
        // A structure's name must be unique in the table; the suffix tells an older version from the present one.
        let kind = structure.hasSuffix("V1") ? String(structure.dropLast(2)) : structure
        let verbs = list("verbs", in: words).map { $0 == [""] ? [] : $0 } ?? allVerbs
        return KindSchema(
            structure: structure, groupVersionKind: GroupVersionKind(groupVersion, kind: kind),
            plural: words[3] == "-" ? "" : String(words[3]), singular: String(words[4]), shortNames: list("short", in: words) ?? [],
            categories: list("categories", in: words) ?? [], isNamespaced: words.contains("namespaced"), verbs: verbs,
            subresources: list("sub", in: words) ?? [])
    }

    private static func field(_ words: [Substring], summary: String) -> FieldSchema {
        if words[0] == "inline" {
            return FieldSchema(name: "", number: Int(words[1]), type: FieldType(words[2]), isInline: true, summary: summary)
        }
        var field = FieldSchema(name: String(words[0]), number: Int(words[1]), type: FieldType(words[2]), summary: summary)
        let flags = words.dropFirst(3)
        for flag in flags {
            switch flag {
            case "!": field.isRequired = true
            case "set":
                field.applyMerge = .set
                field.patchMergeKey = ""
            case "atomic": field.isAtomic = true
            case "zero": field.hasMeaningfulZero = true
            case "retainKeys": field.retainsKeys = true
            case "bare", "replace": break
            default:
                if flag.hasPrefix("=") { field.defaultText = String(flag.dropFirst()) }
            }
        }
        field.enumeration = list("enum", in: flags)
        if let keys = list("map", in: flags) {
            field.applyMerge = .map(keys)
            if !flags.contains("replace") { field.patchMergeKey = keys[0] }
        }
        if let keys = list("merge", in: flags) { field.patchMergeKey = keys[0] }
        return field
    }
}
