import Bytes

/// Makes trees of the events of YAML text: anchors, aliases and merge keys are resolved, and nothing grows beyond the limits.
struct YAMLComposer: ~Copyable {
    /// A value that aliases may repeat, and what each repetition costs.
    private struct Anchored {
        var node: DocumentNode
        var size: Int
        var height: Int
    }

    private var events: YAMLEventReader
    private let limits: DocumentParser.Limits
    private var budget: Int
    private var anchors: [String: Anchored] = [:]
    /// The deepest level reached since the last look.
    private var deepest = 0

    init(_ text: String, limits: DocumentParser.Limits) throws(DocumentError) {
        events = try YAMLEventReader(text)
        self.limits = limits
        budget = limits.nodes
    }

    /// The next document's value; nil after the last.
    mutating func next() throws(DocumentError) -> DocumentNode? {
        while true {
            let event = try events.next()
            switch event.kind {
            case .end: return nil
            case .documentStart:
                // Anchors are a document's own.
                anchors = [:]
                return try value(try events.next(), depth: 0)
            default: continue
            }
        }
    }

    private mutating func value(_ event: YAMLEvent, depth: Int) throws(DocumentError) -> DocumentNode {
        func problem(_ message: String) -> DocumentError { DocumentError(message, line: event.line, column: event.column) }
        if case .alias(let name) = event.kind {
            guard let anchored = anchors[name] else { throw problem("alias \"\(name)\" without an anchor before it") }
            try spend(anchored.size, reaching: depth + anchored.height, at: event)
            return anchored.node
        }
        let (budgetBefore, deepestBefore) = (budget, deepest)
        deepest = depth
        try spend(1, reaching: depth, at: event)
        let node: DocumentNode
        switch event.kind {
        case .scalar(let text, let tag, let isPlain):
            let isText = !isPlain || tag == "tag:yaml.org,2002:str" || tag == "!"
            guard let value = isText ? .string(text) : YAMLScalar.resolve(text) else { throw problem("\(text) has no JSON form") }
            node = DocumentNode(value, line: event.line, column: event.column)
        case .sequenceStart:
            var elements: [DocumentNode] = []
            while true {
                let next = try events.next()
                if case .sequenceEnd = next.kind { break }
                elements.append(try value(next, depth: depth + 1))
            }
            node = DocumentNode(.sequence(elements), line: event.line, column: event.column)
        case .mappingStart: node = DocumentNode(.mapping(try members(depth: depth)), line: event.line, column: event.column)
        default: throw problem("expected a value")
        }
        if let name = event.anchor { anchors[name] = Anchored(node: node, size: budgetBefore - budget, height: deepest - depth) }
        deepest = max(deepest, deepestBefore)
        return node
    }

    private mutating func spend(_ nodes: Int, reaching depth: Int, at event: YAMLEvent) throws(DocumentError) {
        guard depth <= limits.depth else {
            throw DocumentError("nested deeper than \(limits.depth) levels", line: event.line, column: event.column)
        }
        deepest = max(deepest, depth)
        budget -= nodes
        guard budget >= 0 else {
            throw DocumentError("more than \(limits.nodes) values; are aliases nested?", line: event.line, column: event.column)
        }
    }

    private mutating func members(depth: Int) throws(DocumentError) -> [DocumentNode.Member] {
        var members: [DocumentNode.Member] = []
        var merged: [DocumentNode.Member] = []
        var seen: [String: (line: Int, column: Int)] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let (key, mayMerge) = try key(event)
            let value = try value(try events.next(), depth: depth + 1)
            if mayMerge {
                merged += try Self.merged(value)
                continue
            }
            if let first = seen[key] {
                throw DocumentError(
                    "key \"\(key)\" is given twice; the first is at line \(first.line), column \(first.column)", line: event.line, column: event.column)
            }
            seen[key] = (event.line, event.column)
            members.append(DocumentNode.Member(key: key, line: event.line, column: event.column, value: value))
        }
        for member in merged where seen[member.key] == nil {
            seen[member.key] = (member.line, member.column)
            members.append(member)
        }
        return members
    }

    /// A key as it is written: kubectl would turn `y` into "true", which nobody means. And whether it is the plain `<<`.
    private mutating func key(_ event: YAMLEvent) throws(DocumentError) -> (text: String, mayMerge: Bool) {
        switch event.kind {
        case .scalar(let text, _, let isPlain):
            if let name = event.anchor {
                anchors[name] = Anchored(node: DocumentNode(.string(text), line: event.line, column: event.column), size: 1, height: 0)
            }
            return (text, isPlain && text == "<<")
        case .alias(let name):
            if case .string(let text)? = anchors[name]?.node.value { return (text, false) }
        default: break
        }
        throw DocumentError("a key must be a scalar", line: event.line, column: event.column)
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
