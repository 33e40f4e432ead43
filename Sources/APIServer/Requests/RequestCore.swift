import Bytes
import ClusterAPI
import ObjectStore

/// The meaning of requests: given a state of the store, the answer, or the batch that must be committed for it.
///
/// - Invariant: reads no clock, waits for nothing, writes nothing.
struct RequestCore: Sendable {
    let table: SchemaTable
    let configuration: APIServerConfiguration
    let admission: AdmissionChain
    let defaulter: Defaulter

    init(table: SchemaTable, configuration: APIServerConfiguration) {
        self.table = table
        self.configuration = configuration
        admission = AdmissionChain(configuration: configuration)
        defaulter = Defaulter(table: table)
    }

    func decide(_ request: APIRequest, _ context: inout RequestContext) throws(StatusError) -> Decision {
        guard request.body.count <= configuration.bodySizeLimit else {
            throw .tooLarge("limit is \(configuration.bodySizeLimit)")
        }
        if let review = try Reviews.answer(request, table, configuration.authorize, context) { return .answer(review) }
        if request.resource == Resource(plural: "bindings"), request.verb == .create {
            return try bind(RequestScope(bindingRequest(request), table), &context)
        }
        // Nothing of it is stored: whoever measures answers before this.
        if request.resource.group == APIServer.metricsGroup { throw .unavailable("nothing is measured on this server") }
        let scope = try RequestScope(request, table)
        if scope.resource == ComponentStatuses.resource { return .answer(try ComponentStatuses.answer(scope)) }
        switch (request.subresource, request.verb) {
        case ("", .get), ("status", .get): return .answer(try get(scope, context))
        case ("", .list): return .answer(try list(scope, context))
        case ("", .create): return try create(scope, &context)
        case ("", .update), ("status", .update), ("finalize", .update), ("resize", .update), ("ephemeralcontainers", .update):
            return try update(scope, &context)
        case ("", .patch(let type)), ("status", .patch(let type)), ("resize", .patch(let type)), ("ephemeralcontainers", .patch(let type)):
            return try patch(scope, type, &context)
        case ("", .delete): return try delete(scope, &context)
        case ("", .deleteCollection): return try deleteCollection(scope, context)
        case ("scale", .get): return .answer(try getScale(scope, context))
        case ("scale", .update): return try updateScale(scope, &context)
        case ("scale", .patch(let type)): return try patchScale(scope, type, &context)
        case ("binding", .create): return try bind(scope, &context)
        case ("token", .create): return try createToken(scope, &context)
        case ("eviction", .create): return try evict(scope, &context)
        // Parts that the kind has elsewhere and this server does not serve are paths that are not there.
        default: throw Subresource.served(scope.kind).contains { $0.name == request.subresource } ? .methodNotAllowed : .unknownPath
        }
    }

    // MARK: Shared steps

    func stored(_ scope: RequestScope, _ context: RequestContext) throws(StatusError) -> StoredObject {
        let name = try scope.name()
        guard let object = try context.object(scope.resource, scope.namespace, name) else { throw .notFound(scope.resource, name) }
        return object
    }

    /// A stored object's text in the version that the client speaks.
    func body(_ record: Record, _ scope: RequestScope) throws(StatusError) -> [UInt8] {
        try body(record.value, revision: record.modRevision, scope)
    }

    func body(_ stored: [UInt8], revision: UInt64, _ scope: RequestScope) throws(StatusError) -> [UInt8] {
        let text = StorageCodec.body(stored, revision: revision)
        if scope.kind.groupVersionKind == scope.storage.groupVersionKind { return text }
        do {
            return VersionConversion.fromStorage(try JSONValue.parse(text), to: scope.kind, storage: scope.storage).bytes
        } catch {
            throw .internalError("cannot read a stored object: \(error)")
        }
    }

    /// Reads a body as an object of the client's kind and gives it in the stored version.
    func decode(_ bytes: [UInt8], _ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> JSONValue {
        let decoded = try decodeAsSpoken(bytes, scope, &context)
        return VersionConversion.toStorage(decoded, from: scope.kind, storage: scope.storage)
    }

    private func decodeAsSpoken(_ body: [UInt8], _ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> JSONValue {
        var bytes = body
        if scope.resource == Resource(plural: "limitranges"), let tree = try? JSONValue.parse(body),
            let modern = EarlyLimitRange.modernized(tree)
        {
            bytes = modern.object.bytes
            context.warnings += modern.warnings
        }
        let gvk = scope.kind.groupVersionKind
        let meta = ObjectDecoder.typeMeta(of: bytes)
        if let apiVersion = meta.apiVersion, !apiVersion.isEmpty, apiVersion != gvk.apiVersion {
            throw .badRequest(
                "the API version in the data (\(apiVersion)) does not match the expected API version (\(gvk.apiVersion))")
        }
        if let kind = meta.kind, !kind.isEmpty, kind != gvk.kind {
            throw .badRequest("\(kind) in version \"\(gvk.version)\" cannot be handled as a \(gvk.kind)")
        }
        let decoded = try ObjectDecoder.decode(bytes, as: scope.kind, validation: scope.options.fieldValidation, table: table)
        for complaint in decoded.strictErrors { context.warnings.append(complaint) }
        var object = decoded.object
        if object["metadata"] == nil { object.set(.object(JSONObject()), at: ["metadata"]) }
        return object
    }

    /// The answer that shows an object once it is committed.
    func answer(_ code: Int, _ stored: [UInt8], _ scope: RequestScope, _ context: RequestContext) -> @Sendable (UInt64) -> APIResponse {
        let warnings = context.warnings
        return { revision in
            // What was encoded a moment ago can be read.
            APIResponse(code: code, body: (try? body(stored, revision: revision, scope)) ?? stored, warnings: warnings)
        }
    }

    /// Commits, or answers as if it had been committed for a dry run.
    func decision(
        _ writes: WriteSet, _ scope: RequestScope, _ context: RequestContext, answer: @escaping @Sendable (UInt64) -> APIResponse
    ) -> Decision {
        scope.options.isDryRun ? .answer(answer(context.index.revision)) : .commit(writes.batch, answer: answer)
    }

    /// The status that deletions and bindings are answered with.
    func success(_ scope: RequestScope, name: String, uid: String, code: Int = 200) -> APIResponse {
        var details = JSONObject([("name", .string(name))])
        if !scope.resource.group.isEmpty { details["group"] = .string(scope.resource.group) }
        details["kind"] = .string(scope.resource.plural)
        if !uid.isEmpty { details["uid"] = .string(uid) }
        let status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details),
        ]
        return APIResponse(code: code, body: status.bytes)
    }
}
