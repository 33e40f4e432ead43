import Bytes

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
        var composer = try YAMLComposer(text, limits: limits)
        while let node = try composer.next() {
            if node.value != .null { documents.append(node) }
        }
        return documents
    }
}
