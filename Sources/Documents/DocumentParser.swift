import Bytes
import Yams

/// Reads YAML or JSON text, one document or several.
///
/// Scalars mean what they mean to kubectl (`sigs.k8s.io/yaml`, which is YAML 1.1): `yes` and `on` are true, `0644` is octal, dates are text.
package struct DocumentParser: Sendable {
    package struct Limits: Sendable {
        /// How deep values may nest.
        package var depth = 256
        /// How many values all documents may hold once aliases are expanded.
        package var nodes = 1_000_000

        package init() {}
    }

    private let limits: Limits

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// All documents of a text; those that are empty or only comments are left out.
    package func documents(_ text: String) throws(DocumentError) -> [DocumentNode] {
        let start = text.utf8.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 }
        if start == UInt8(ascii: "{") || start == UInt8(ascii: "[") {
            // Text that begins as JSON may still be YAML in flow style; the error that counts is then the one of YAML, unless it is clearly JSON.
            do { return try JSONDocumentParser.documents(text, limits: limits) } catch {
                if text.utf8.contains(UInt8(ascii: "\"")), (try? yamlDocuments(text)) == nil { throw error }
            }
        }
        return try yamlDocuments(text)
    }

    /// The only document of a text.
    package func document(_ text: String) throws(DocumentError) -> DocumentNode {
        let all = try documents(text)
        guard let first = all.first else { throw DocumentError("the document is empty", line: 1, column: 1) }
        guard all.count == 1 else { throw DocumentError("expected one document, found another", line: all[1].line, column: all[1].column) }
        return first
    }

    private func yamlDocuments(_ text: String) throws(DocumentError) -> [DocumentNode] {
        var documents: [DocumentNode] = []
        var budget = limits.nodes
        do {
            let parser = try Parser(yaml: text, resolver: .basic)
            while let root = try parser.nextRoot() {
                let node = try convert(root, depth: 0, budget: &budget)
                if node.value != .null { documents.append(node) }
            }
        } catch let error as DocumentError {
            throw error
        } catch let error as YamlError {
            throw DocumentError(error, in: text)
        } catch {
            throw DocumentError("\(error)", line: 1, column: 1)
        }
        return documents
    }

    private func convert(_ node: Node, depth: Int, budget: inout Int) throws(DocumentError) -> DocumentNode {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        guard depth <= limits.depth else { throw DocumentError("nested deeper than \(limits.depth) levels", line: line, column: column) }
        budget -= 1
        guard budget >= 0 else { throw DocumentError("more than \(limits.nodes) values; are aliases nested?", line: line, column: column) }
        switch node {
        case .scalar(let scalar):
            let isText = scalar.style != .plain && scalar.style != .any || scalar.tag.description == "tag:yaml.org,2002:str"
            let value = isText ? .string(scalar.string) : YAMLScalar.resolve(scalar.string)
            guard let value else { throw DocumentError("\(scalar.string) has no JSON form", line: line, column: column) }
            return DocumentNode(value, line: line, column: column)
        case .sequence(let sequence):
            var elements: [DocumentNode] = []
            for element in sequence { elements.append(try convert(element, depth: depth + 1, budget: &budget)) }
            return DocumentNode(.sequence(elements), line: line, column: column)
        case .mapping(let mapping):
            return DocumentNode(.mapping(try members(mapping, depth: depth, budget: &budget)), line: line, column: column)
        case .alias:
            throw DocumentError("alias without an anchor", line: line, column: column)
        }
    }

    private func members(_ mapping: Node.Mapping, depth: Int, budget: inout Int) throws(DocumentError) -> [DocumentNode.Member] {
        var members: [DocumentNode.Member] = []
        var merged: [DocumentNode.Member] = []
        var seen: [String: (line: Int, column: Int)] = [:]
        for (keyNode, valueNode) in mapping {
            let line = keyNode.mark?.line ?? 1
            let column = keyNode.mark?.column ?? 1
            guard case .scalar(let scalar) = keyNode else { throw DocumentError("a key must be a scalar", line: line, column: column) }
            let value = try convert(valueNode, depth: depth + 1, budget: &budget)
            if scalar.string == "<<", scalar.style == .plain {
                merged += try Self.merged(value)
                continue
            }
            // Keys are texts as they are written: kubectl would turn `y` into "true", which nobody means.
            let key = scalar.string
            if let first = seen[key] {
                throw DocumentError(
                    "key \"\(key)\" is given twice; the first is at line \(first.line), column \(first.column)", line: line, column: column)
            }
            seen[key] = (line, column)
            members.append(DocumentNode.Member(key: key, line: line, column: column, value: value))
        }
        for member in merged where seen[member.key] == nil {
            seen[member.key] = (member.line, member.column)
            members.append(member)
        }
        return members
    }

    /// What `<<` brings in: a mapping, or several of which the first wins.
    private static func merged(_ node: DocumentNode) throws(DocumentError) -> [DocumentNode.Member] {
        switch node.value {
        case .mapping(let members): return members
        case .sequence(let elements):
            var all: [DocumentNode.Member] = []
            for element in elements { all += try merged(element) }
            return all
        default: throw DocumentError("\"<<\" merges mappings only", line: node.line, column: node.column)
        }
    }
}

extension DocumentError {
    /// What Yams found, in one line.
    init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(problem, line: mark.line, column: mark.column)
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(max(offset ?? 0, 0))
            let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
            self.init(problem, line: line, column: before.reversed().prefix { $0 != 0x0a }.count + 1)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            let first = context.mark
            let second = Self.nextLine(of: key, column: first.column, after: first.line, in: text)
            self.init(
                "key \"\(key)\" is given twice" + (second == nil ? "" : "; the first is at line \(first.line), column \(first.column)"),
                line: second ?? first.line, column: first.column)
        default: self.init("\(error)", line: 1, column: 1)
        }
    }

    /// Yams tells only where a repeated key stands first.
    private static func nextLine(of key: String, column: Int, after line: Int, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for index in lines.indices.dropFirst(line) {
            let rest = lines[index].dropFirst(column - 1)
            if rest.hasPrefix(key + ":") || rest.hasPrefix("\"\(key)\":") || rest.hasPrefix("'\(key)':") { return index + 1 }
        }
        return nil
    }
}
