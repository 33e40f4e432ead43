import Bytes
import ClusterAPI
import Environment

extension KubernetesAPI {
    /// A watch: one JSON event a line, for as long as the client listens.
    func watch(
        _ request: HTTPRequest, _ path: KubernetesPath, _ kind: KindSchema, _ options: RequestOptions, _ form: AnswerForm, _ user: UserIdentity
    ) async throws(StatusError) -> HTTPResponse {
        var options = options
        let sendsInitialEvents = RequestParameters.flag(request.query, "sendInitialEvents")
        try Self.check(options, asksForInitialEvents: request.query["sendInitialEvents"].map { !$0.isEmpty } ?? false)
        if let name = path.name {
            options.fieldSelector = FieldSelector(options.fieldSelector.requirements + [.init(path: "metadata.name", value: name)])
        }
        let timeout = request.query["timeoutSeconds"].flatMap { Int($0) }
        let stream: WatchStream
        do throws(StatusError) {
            stream = try await client.watch(
                WatchRequest(
                    path.resource, version: path.groupVersion.version, namespace: path.namespace, options: options,
                    allowsBookmarks: RequestParameters.flag(request.query, "allowWatchBookmarks"),
                    sendsInitialEvents: sendsInitialEvents, timeoutSeconds: timeout, user: user))
        } catch where error.isExpired {
            // A revision that is gone is told inside the watch, as Kubernetes does: informers look for it there.
            let event: [UInt8] = Array(#"{"type":"ERROR","object":"#.utf8) + error.body + Array("}\n".utf8)
            return .json(200, event)
        }
        let form = form.shape
        let query = request.query
        return HTTPResponse(contentType: "application/json") { [clock] writer in
            var includesColumns = true
            func encode(_ batch: [WatchEvent]) -> [UInt8] {
                var output = JSONWriter()
                for event in batch {
                    output.beginObject()
                    output.member("type", event.type)
                    output.key("object")
                    switch event {
                    case .added(let snapshot), .modified(let snapshot), .deleted(let snapshot):
                        switch form {
                        case .object: output.raw(snapshot.bytes)
                        case .table:
                            ObjectForms.row(snapshot.bytes, kind, query, now: clock.now(), includesColumns: includesColumns)
                                .encode(into: &output)
                            includesColumns = false
                        case .partialMetadata: output.raw((try? ObjectForms.partialMetadata(snapshot.bytes)) ?? snapshot.bytes)
                        }
                    case .bookmark(let revision, let endsInitialEvents):
                        Self.bookmark(kind, revision, endsInitialEvents).encode(into: &output)
                    case .failed(let error): error.encode(into: &output)
                    }
                    output.endObject()
                    output.newline()
                }
                return output.bytes
            }
            // The API server ends the stream after `timeoutSeconds`.
            for await batch in stream {
                let bytes = encode(batch)
                if !bytes.isEmpty { try await writer.write(bytes) }
                if batch.contains(where: { if case .failed = $0 { true } else { false } }) { return }
            }
        }
    }

    /// - Source: Kubernetes `meta/internalversion/validation.ValidateListOptions`.
    private static func check(_ options: RequestOptions, asksForInitialEvents: Bool) throws(StatusError) {
        var errors: [FieldError] = []
        if asksForInitialEvents {
            if options.resourceVersionMatch != "NotOlderThan" {
                errors.append(
                    .forbidden(
                        "resourceVersionMatch",
                        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
            }
        } else if options.resourceVersionMatch != nil {
            errors.append(.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        }
        if !errors.isEmpty { throw .invalid(RequestParameters.optionsKind("ListOptions"), "", errors) }
    }

    private static func bookmark(_ kind: KindSchema, _ revision: UInt64, _ endsInitialEvents: Bool) -> JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string("\(revision)"), "creationTimestamp": .null]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return ["kind": .string(kind.groupVersionKind.kind), "apiVersion": .string(kind.groupVersionKind.apiVersion), "metadata": metadata]
    }
}
