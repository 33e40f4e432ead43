/// All structures and kinds of the table, read once.
package struct SchemaTable: Sendable {
    /// The table of this build.
    package static let standard = SchemaTable(parts: SchemaText.parts)

    package let structures: [String: StructureSchema]
    /// In the order of the table.
    package let kinds: [KindSchema]
    private let kindsByGVK: [GroupVersionKind: Int]
    private let kindsByResource: [GroupVersionResource: Int]

    /// - Precondition: the text is well formed and names only structures that are there.
    init(parts: [String]) {
        var structures: [String: StructureSchema] = [:]
        var kinds: [KindSchema] = []
        for part in parts {
            var parser = SchemaTextParser(part)
            parser.parse()
            for structure in parser.structures {
                precondition(structures[structure.name] == nil, "structure \(structure.name) is in the table twice")
                structures[structure.name] = structure
            }
            kinds += parser.kinds
        }
        for structure in structures.values {
            for case .structure(let name) in structure.fields.map(\.type.element) {
                precondition(structures[name] != nil, "\(structure.name) names \(name), which the table lacks")
            }
        }
        // Inline fields lie flat in JSON: each structure gets the list of its members as they are written.
        for name in structures.keys {
            structures[name]!.members = Self.members(of: name, in: structures)
            structures[name]!.indexMembers()
        }
        self.structures = structures
        self.kinds = kinds
        kindsByGVK = Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1.groupVersionKind, $0) })
        kindsByResource = Dictionary(
            uniqueKeysWithValues: kinds.enumerated().filter { !$1.plural.isEmpty }.map { ($1.groupVersionResource, $0) })
    }

    private static func members(of name: String, in structures: [String: StructureSchema]) -> [FieldSchema] {
        structures[name]!.fields.flatMap { field -> [FieldSchema] in
            guard field.isInline, case .structure(let inner) = field.type else { return [field] }
            return members(of: inner, in: structures)
        }
    }

    package func structure(_ name: String) -> StructureSchema {
        guard let structure = structures[name] else { preconditionFailure("the table has no structure \(name)") }
        return structure
    }

    package func kind(_ groupVersionKind: GroupVersionKind) -> KindSchema? { kindsByGVK[groupVersionKind].map { kinds[$0] } }
    package func kind(_ resource: GroupVersionResource) -> KindSchema? { kindsByResource[resource].map { kinds[$0] } }

    /// The kind of a resource at its preferred version: the first one in the table.
    package func kind(_ resource: Resource) -> KindSchema? {
        kinds.first { $0.resource == resource }
    }

    /// Group versions in the order of the table, each once.
    package var groupVersions: [GroupVersion] {
        var seen: Set<GroupVersion> = []
        return kinds.map(\.groupVersion).filter { seen.insert($0).inserted }
    }
}
