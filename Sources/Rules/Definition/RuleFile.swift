import Bytes
import ClusterAPI
import Documents

/// A Prometheus rule file, or manifests of RuleGroup objects, read strictly: a field that nobody knows is an error.
package struct RuleFile: Sendable {
    /// What is wrong, and where in the file. Lines and columns are counted from 1.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var path: String
        package var line: Int
        package var column: Int
        package var message: String

        package var description: String { "\(path):\(line):\(column): \(message)" }
    }

    package var path: String
    package var groups: [RuleGroupDefinition] = []
    /// In the order of the file.
    package var problems: [Problem] = []

    /// - Parameter check: when given, the expressions are checked too.
    package init(_ text: String, path: String, expressions check: ExpressionCheck? = nil) {
        self.path = path
        do throws(DocumentError) {
            for document in try DocumentParser().documents(text) {
                if document["kind"] != nil { readObject(document, check) } else { readGroups(document, check) }
            }
        } catch {
            problems.append(Problem(path: path, line: error.line, column: error.column, message: error.message))
        }
        problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private mutating func add(_ node: DocumentNode, _ message: String) {
        problems.append(Problem(path: path, line: node.line, column: node.column, message: message))
    }

    // MARK: Objects

    private mutating func readObject(_ document: DocumentNode, _ check: ExpressionCheck?) {
        guard Self.text(document["kind"]) == "RuleGroup" else { return }
        do throws(JSONError) {
            let object = try RuleGroup(json: document.json.bytes)
            let id = RuleGroupID(object: NamespacedName(namespace: object.metadata.namespace ?? "default", name: object.metadata.name))
            if object.metadata.name.isEmpty { add(document, "metadata.name: must not be empty") }
            let (definition, found) = RuleGroupDefinition.check(object.spec, id: id, expressions: check)
            groups.append(definition)
            for problem in found {
                let node = document["spec"].map { $0.node(at: problem.field) } ?? document
                add(node, "group \"\(id.name)\", \(problem.field): \(problem.message)")
            }
        } catch { add(document, "\(error)") }
    }

    // MARK: Groups

    private static let groupFields = ["name", "interval", "query_offset", "limit", "labels", "rules", "language"]
    private static let ruleFields = ["record", "alert", "expr", "language", "for", "keep_firing_for", "labels", "annotations"]
    /// Fields of the file by the name they have in an object.
    private static let fileNames = ["queryOffset": "query_offset", "keepFiringFor": "keep_firing_for"]

    private mutating func readGroups(_ document: DocumentNode, _ check: ExpressionCheck?) {
        guard case .mapping = document.value else { return add(document, "expected a mapping with the key \"groups\"") }
        checkFields(document, ["groups"])
        var seen: Set<String> = []
        for node in elements(document, "groups") {
            guard case .mapping = node.value else {
                add(node, "expected a rule group")
                continue
            }
            checkFields(node, Self.groupFields)
            let name = text(node, "name") ?? ""
            if name.isEmpty { add(node, "Groupname must not be empty") }
            if !seen.insert(name).inserted { add(node["name"] ?? node, "groupname: \"\(name)\" is repeated in the same file") }
            let spec = specification(node)
            let id = RuleGroupID(kind: .file, source: path, name: name)
            let (definition, found) = RuleGroupDefinition.check(spec, id: id, expressions: check)
            groups.append(definition)
            for problem in found {
                var field = problem.field
                for (object, file) in Self.fileNames where field.hasSuffix(object) { field = field.dropLast(object.count) + file }
                add(node.node(at: field), "group \"\(name)\", \(field): \(problem.message)")
            }
        }
    }

    private mutating func specification(_ node: DocumentNode) -> RuleGroupSpec {
        var spec = RuleGroupSpec()
        spec.interval = text(node, "interval")
        spec.queryOffset = text(node, "query_offset")
        if let limit = node["limit"] {
            if case .number(let number) = limit.value, let value = number.int { spec.limit = value } else { add(limit, "limit: expected an integer") }
        }
        spec.labels = texts(node, "labels")
        let language = text(node, "language")
        for element in elements(node, "rules") {
            guard case .mapping = element.value else {
                add(element, "expected a rule")
                spec.rules.append(RuleDefinition())
                continue
            }
            checkFields(element, Self.ruleFields)
            var rule = RuleDefinition()
            rule.alert = text(element, "alert")
            rule.record = text(element, "record")
            rule.expr = text(element, "expr") ?? ""
            rule.language = text(element, "language") ?? language
            rule.for = text(element, "for")
            rule.keepFiringFor = text(element, "keep_firing_for")
            rule.labels = texts(element, "labels")
            rule.annotations = texts(element, "annotations")
            spec.rules.append(rule)
        }
        return spec
    }

    private mutating func checkFields(_ node: DocumentNode, _ known: [String]) {
        guard case .mapping(let members) = node.value else { return }
        var seen: Set<String> = []
        for member in members {
            let place = DocumentNode(.null, line: member.line, column: member.column)
            if !known.contains(member.key) { add(place, "unknown field \"\(member.key)\"") }
            if !seen.insert(member.key).inserted { add(place, "field \"\(member.key)\" is repeated") }
        }
    }

    private mutating func elements(_ node: DocumentNode, _ key: String) -> [DocumentNode] {
        switch node[key]?.value {
        case .sequence(let elements): return elements
        case nil, .null: return []
        default:
            add(node[key]!, "\(key): expected a sequence")
            return []
        }
    }

    private mutating func text(_ node: DocumentNode, _ key: String) -> String? {
        guard let value = node[key], value.value != .null else { return nil }
        let text = Self.text(value)
        if text == nil { add(value, "\(key): expected text") }
        return text
    }

    private mutating func texts(_ node: DocumentNode, _ key: String) -> [String: String] {
        guard let value = node[key], value.value != .null else { return [:] }
        guard case .mapping(let members) = value.value else {
            add(value, "\(key): expected a mapping")
            return [:]
        }
        var texts: [String: String] = [:]
        for member in members {
            if let text = Self.text(member.value) { texts[member.key] = text } else { add(member.value, "\(key).\(member.key): expected text") }
        }
        return texts
    }

    /// A scalar as the text it would be for a field that holds text.
    private static func text(_ node: DocumentNode?) -> String? {
        switch node?.value {
        case .string(let text): text
        case .number(let number): "\(number)"
        case .bool(let value): "\(value)"
        case nil, .null, .sequence, .mapping: nil
        }
    }
}

/// Why rule files cannot be used: one line per problem.
package struct RuleFileError: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
