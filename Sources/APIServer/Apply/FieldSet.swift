import Bytes

/// A set of fields of an object as a tree, in the very form of `fieldsV1`.
///
/// Path elements are `f:<field>`, `k:<keys as JSON>` for an element of a keyed list, `v:<value as JSON>` for an element of a set.
/// - Source: Kubernetes `structured-merge-diff`, `fieldpath`.
struct FieldSet: Equatable, Sendable {
    /// Whether the place itself belongs to the set, beside what lies below it.
    var isMember = false
    var children: [String: FieldSet] = [:]

    static let leaf = FieldSet(isMember: true)

    var isEmpty: Bool { !isMember && children.isEmpty }

    // MARK: Arithmetic

    func union(_ other: FieldSet) -> FieldSet {
        FieldSet(isMember: isMember || other.isMember, children: children.merging(other.children) { $0.union($1) })
    }

    func subtracting(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && !other.isMember)
        for (element, child) in children {
            let rest = other.children[element].map(child.subtracting) ?? child
            if !rest.isEmpty { result.children[element] = rest }
        }
        return result
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && other.isMember)
        for (element, child) in children {
            guard let both = other.children[element].map(child.intersection), !both.isEmpty else { continue }
            result.children[element] = both
        }
        return result
    }

    mutating func remove(_ path: ArraySlice<String>) {
        guard let element = path.first else { return }
        if path.count == 1 {
            children[element] = nil
        } else {
            children[element]?.remove(path.dropFirst())
            if children[element]?.isEmpty == true { children[element] = nil }
        }
    }

    // MARK: Form

    init(isMember: Bool = false, children: [String: FieldSet] = [:]) {
        self.isMember = isMember
        self.children = children
    }

    /// Reads `fieldsV1`.
    init(_ value: JSONValue, isRoot: Bool = true) {
        guard case .object(let object) = value else { return }
        if !isRoot, object.isEmpty { isMember = true }
        for (element, child) in object {
            if element == "." {
                isMember = true
            } else {
                children[element] = FieldSet(child, isRoot: false)
            }
        }
    }

    /// As `fieldsV1`; a place without parts is a member by being there.
    var value: JSONValue {
        var object = JSONObject()
        if isMember, !children.isEmpty { object.set(".", [:]) }
        for element in children.keys.sorted() { object.set(element, children[element]?.value ?? [:]) }
        return .object(object)
    }

    /// The members' paths as people read them: `.spec.containers[name="web"].image`.
    var paths: [String] {
        var paths: [String] = []
        collect("", &paths)
        return paths
    }

    private func collect(_ prefix: String, _ paths: inout [String]) {
        if isMember { paths.append(prefix) }
        for element in children.keys.sorted() { children[element]?.collect(prefix + Self.text(element), &paths) }
    }

    private static func text(_ element: String) -> String {
        let rest = String(element.dropFirst(2))
        switch element.first {
        case "f": return ".\(rest)"
        case "k":
            guard let keys = try? JSONValue.parse(rest), case .object(let object) = keys else { return "[\(rest)]" }
            return "[" + object.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "]"
        case "v": return "[=\(rest)]"
        default: return "[\(rest)]"
        }
    }
}
