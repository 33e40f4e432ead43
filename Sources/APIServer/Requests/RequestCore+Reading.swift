import Bytes
import ClusterAPI
import ObjectStore

extension RequestCore {
    func get(_ scope: RequestScope, _ context: RequestContext) throws(StatusError) -> APIResponse {
        let name = try scope.name()
        guard let record = context.record(scope.resource, scope.namespace, name) else { throw .notFound(scope.resource, name) }
        return APIResponse(body: try body(record, scope))
    }

    /// A list, or a page of one; all pages of a list show the same revision.
    func list(_ scope: RequestScope, _ context: RequestContext) throws(StatusError) -> APIResponse {
        let options = scope.options
        try SelectableFields.check(options.fieldSelector, scope.resource)
        let token = try options.continueToken.flatMap { $0.isEmpty ? nil : $0 }.map { text throws(StatusError) in try ContinueToken(text) }
        let index = try listedState(options, token, context)

        let limit = options.limit.flatMap { $0 > 0 ? $0 : nil } ?? .max
        let isSelective = !options.labelSelector.isEmpty || !options.fieldSelector.isEmpty
        var head = ListHead(revision: index.revision)
        var found: [Record] = []
        // One object can be found without a walk.
        if let name = options.fieldSelector.value(requiredFor: "metadata.name"), let namespace = scope.kind.isNamespaced ? scope.namespace : "" {
            if let record = index.record(StorageKey.object(scope.resource, namespace.isEmpty ? nil : namespace, name)),
                matches(record, scope, context)
            {
                found.append(record)
            }
        } else if token == nil, options.resourceVersionMatch != "Exact", let answer = selected(scope, context), answer.records.count <= limit {
            (found, head.revision) = (answer.records, answer.revision)
        } else {
            var remaining = 0
            index.visit(prefix: StorageKey.prefix(scope.resource, scope.namespace), after: token?.startAfter) { record in
                if isSelective, !matches(record, scope, context) { return true }
                if found.count == limit {
                    remaining += 1
                    // With selectors the rest is not counted, as in Kubernetes.
                    return !isSelective
                }
                found.append(record)
                return true
            }
            if remaining > 0, let last = found.last?.key {
                head.continueToken = ContinueToken(revision: index.revision, startAfter: last).text
                head.remainingCount = isSelective ? nil : remaining
                context.snapshots.keep(index, now: context.now)
            }
        }
        return try response(found, head, scope)
    }

    /// The objects of one value of an indexed field that match the other conditions too; nil when the selector fixes no such field.
    private func selected(_ scope: RequestScope, _ context: RequestContext) -> FieldIndexes.Answer? {
        guard var answer = context.fields.candidates(scope.resource, scope.options.fieldSelector) else { return nil }
        let prefix = StorageKey.prefix(scope.resource, scope.namespace)
        answer.records.removeAll { !$0.key.utf8.starts(with: prefix.utf8) || !matches($0, scope, context) }
        return answer
    }

    /// The list whole, or in pieces when it is long and the caller takes that.
    private func response(_ records: [Record], _ head: ListHead, _ scope: RequestScope) throws(StatusError) -> APIResponse {
        let pieces = ListPieces(head: head.text(scope.kind), tail: Array("]}".utf8), count: records.count) {
            (place, text) throws(StatusError) in
            try appendItem(records[place], scope, to: &text)
        }
        var response = APIResponse(body: [])
        let isLong = records.count > 1 && records.reduce(0) { $0 + $1.value.count } > 4 * ListPieces.pieceSize
        if scope.options.takesPieces, isLong {
            response.pieces = pieces
        } else {
            response.body = try pieces.text()
        }
        return response
    }

    private func appendItem(_ record: Record, _ scope: RequestScope, to text: inout [UInt8]) throws(StatusError) {
        if scope.kind.groupVersionKind == scope.storage.groupVersionKind {
            StorageCodec.append(record.value, revision: record.modRevision, to: &text, asItem: scope.kind.hasTypedLists)
        } else {
            let object = try body(record, scope)
            text.append(contentsOf: scope.kind.hasTypedLists ? StorageCodec.item(object) : object)
        }
    }

    private func matches(_ record: Record, _ scope: RequestScope, _ context: RequestContext) -> Bool {
        guard let key = StorageKey.parse(record.key) else { return false }
        return context.digests.digest(record, scope.resource).matches(scope.options, key)
    }

    /// The state that a list shows.
    private func listedState(_ options: RequestOptions, _ token: ContinueToken?, _ context: RequestContext) throws(StatusError) -> ObjectIndex {
        let current = context.index
        if let token {
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            if token.revision == current.revision { return current }
            guard let kept = context.snapshots.index(at: token.revision, now: context.now) else {
                throw .expired(
                    "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.")
            }
            return kept
        }
        if options.resourceVersion.isEmpty {
            guard options.resourceVersionMatch == nil else {
                throw .badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
            return current
        }
        guard let wanted = UInt64(options.resourceVersion) else {
            throw .badRequest("Invalid value: \"\(options.resourceVersion)\": resourceVersion must be a number")
        }
        if wanted > current.revision {
            throw .tooLargeResourceVersion(wanted, current: current.revision)
        }
        switch options.resourceVersionMatch {
        case nil, "NotOlderThan": return current
        case "Exact":
            if wanted == 0 { throw .badRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"") }
            if wanted == current.revision { return current }
            guard let kept = context.snapshots.index(at: wanted, now: context.now) else {
                throw .expired("The resourceVersion for the provided list is too old.")
            }
            return kept
        case let other?:
            throw .badRequest("resourceVersionMatch: Unsupported value: \"\(other)\": supported values: \"Exact\", \"NotOlderThan\"")
        }
    }
}

/// Where a list goes on: opaque to clients.
struct ContinueToken: Equatable {
    var revision: UInt64
    var startAfter: String

    init(revision: UInt64, startAfter: String) {
        self.revision = revision
        self.startAfter = startAfter
    }

    init(_ text: String) throws(StatusError) {
        guard let bytes = Base64.decode(text, .url), let value = try? JSONValue.parse(bytes), value["v"]?.stringValue == "meta.k8s.io/v1",
            let revision = value["rv"]?.int64Value, revision >= 0, let start = value["start"]?.stringValue
        else { throw .badRequest("continue key is not valid: it is not a token of this server") }
        self.init(revision: UInt64(revision), startAfter: start)
    }

    var text: String {
        let value: JSONValue = ["v": "meta.k8s.io/v1", "rv": .number(Int64(revision)), "start": .string(startAfter)]
        return Base64.encode(value.bytes, .url)
    }
}

/// What a list says about itself.
private struct ListHead {
    var revision: UInt64
    var continueToken: String?
    var remainingCount: Int?

    /// The text up to the first item.
    func text(_ kind: KindSchema) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.member("kind", kind.listKind)
        writer.member("apiVersion", kind.groupVersionKind.apiVersion)
        writer.key("metadata")
        writer.beginObject()
        writer.member("resourceVersion", String(revision))
        if let continueToken { writer.member("continue", continueToken) }
        if let remainingCount { writer.member("remainingItemCount", remainingCount) }
        writer.endObject()
        writer.key("items")
        return writer.bytes + [UInt8(ascii: "[")]
    }
}
