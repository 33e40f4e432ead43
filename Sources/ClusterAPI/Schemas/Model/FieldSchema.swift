/// What a value of a field may be.
package indirect enum FieldType: Hashable, Sendable {
    case string, int32, int64, bool, double, quantity, time, microTime, duration, intOrString, bytes
    /// Any JSON.
    case any
    /// The ownership tree of server-side apply.
    case fields
    case structure(String)
    case array(FieldType)
    case map(FieldType)

    init(_ text: Substring) {
        if text.hasPrefix("[]") {
            self = .array(FieldType(text.dropFirst(2)))
        } else if text.hasPrefix("{}") {
            self = .map(FieldType(text.dropFirst(2)))
        } else {
            self = Self.scalars[String(text)] ?? .structure(String(text))
        }
    }

    private static let scalars: [String: FieldType] = [
        "string": .string, "int32": .int32, "int64": .int64, "bool": .bool, "double": .double, "quantity": .quantity, "time": .time,
        "microTime": .microTime, "duration": .duration, "intOrString": .intOrString, "bytes": .bytes, "any": .any, "fields": .fields,
    ]

    /// The type below arrays and maps.
    package var element: FieldType {
        switch self {
        case .array(let element), .map(let element): element.element
        default: self
        }
    }

    /// The structure's name, if it is one directly.
    package var structureName: String? {
        if case .structure(let name) = self { return name }
        return nil
    }
}

/// How lists are merged.
package enum ListMerge: Hashable, Sendable {
    /// Replaced whole.
    case atomic
    /// A set of scalars.
    case set
    /// Elements are the same when these keys are.
    case map([String])
}

/// One field of a structure.
package struct FieldSchema: Hashable, Sendable {
    package var name: String
    /// Number in protobuf bodies; nil when there is none.
    package var number: Int?
    package var type: FieldType
    package var isInline = false
    package var isRequired = false
    /// JSON text of the value that stands for an absent one.
    package var defaultText: String?
    package var enumeration: [String]?
    /// How server-side apply merges a list.
    package var applyMerge = ListMerge.atomic
    /// The key by which strategic merge patches merge a list of structures; the empty string for a list of scalars; nil when it is replaced.
    package var patchMergeKey: String?
    package var retainsKeys = false
    /// Server-side apply owns the whole value.
    package var isAtomic = false
    /// Zero and false mean something else than an absent value.
    package var hasMeaningfulZero = false
    package var summary: String
}

/// One structure.
package struct StructureSchema: Sendable {
    package var name: String
    /// Name in the API, where it differs, and the prefix of its group: together the name in OpenAPI documents.
    package var apiName: String
    package var package: String
    package var isAtomic: Bool
    package var summary: String
    package var fields: [FieldSchema]
    /// The fields as they lie in JSON, inline ones flattened.
    package internal(set) var members: [FieldSchema] = []
    private var places: [String: Int] = [:]

    init(name: String, apiName: String, package: String, isAtomic: Bool, summary: String) {
        self.name = name
        self.apiName = apiName
        self.package = package
        self.isAtomic = isAtomic
        self.summary = summary
        fields = []
    }

    mutating func indexMembers() {
        places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) })
    }

    /// Where a member stands in `members`.
    func place(of name: String) -> Int? { places[name] }

    package func member(_ name: String) -> FieldSchema? { places[name].map { members[$0] } }

    package var openAPIName: String { "\(package).\(apiName)" }
}
