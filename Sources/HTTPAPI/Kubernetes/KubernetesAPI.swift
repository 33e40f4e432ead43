import Bytes
package import ClusterAPI
import Documents
package import Environment

/// The Kubernetes API on HTTP: paths, media types, query parameters and bodies to requests, and answers back.
///
/// What a request means is the API server's business behind `ClusterClient`; here is only the form.
package struct KubernetesAPI: Sendable {
    /// What lives in other rooms and is handed in by the root.
    package struct Sources: Sendable {
        /// Discovery documents: the segments below the root (`api`, `apis`, `apis/GROUP/VERSION` …), aggregated or not. nil: no such path.
        package var discovery: @Sendable (_ segments: [String], _ isAggregated: Bool) -> [UInt8]?
        /// The node of a bound pod's container, for logs and exec.
        package var nodes: any NodeChannel
        /// Lines of a container from the log store, for what the node has rotated away.
        package var user: UserIdentity

        package init(
            discovery: @escaping @Sendable (_ segments: [String], _ isAggregated: Bool) -> [UInt8]?, nodes: any NodeChannel,
            user: UserIdentity = UserIdentity(name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])
        ) {
            self.discovery = discovery
            self.nodes = nodes
            self.user = user
        }
    }

    let client: any ClusterClient
    let clock: any WallClock
    let sources: Sources
    private let bodySizeLimit: Int

    /// - Parameter bodySizeLimit: bytes that a request's body may have, in the form in which it comes.
    package init(client: any ClusterClient, clock: any WallClock, sources: Sources, bodySizeLimit: Int) {
        self.client = client
        self.clock = clock
        self.sources = sources
        self.bodySizeLimit = bodySizeLimit
    }

    package func addRoutes(to router: inout Router) {
        router.on(.get, path: "/version") { _, _ in .json(Self.version.bytes) }
        for path in ["/openapi/v2", "/openapi/v3", "/openapi/v3/*"] {
            router.on(.get, path: path) { request, _ in OpenAPIFiles.response(to: request) }
        }
        let limit = BodyLimit(bytes: bodySizeLimit, refusal: Self.failure(.tooLarge("limit is \(bodySizeLimit)")))
        for root in ["/api", "/apis"] {
            for path in [root, root + "/*"] {
                router.on(.get, .post, .put, .patch, .delete, path: path, bodyLimit: limit) { request, _ in await respond(request) }
            }
        }
        for (name, program) in [("exec", Program.command), ("attach", .main)] {
            router.upgrade(path: "/api/v1/namespaces/:namespace/pods/:name/\(name)") { request, match in
                await join(program, request, namespace: match["namespace"], pod: match["name"])
            }
        }
    }

    /// kubectl chooses its own binary by this: the minor release whose behaviour we give.
    private static let version: JSONValue = [
        "major": "1", "minor": "32", "gitVersion": "v1.32.4", "gitCommit": "", "gitTreeState": "clean", "buildDate": "", "goVersion": "",
        "compiler": "swiftc", "platform": "linux/amd64",
    ]

    // MARK: Requests

    private func respond(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(StatusError) {
            return try await answer(request)
        } catch {
            return Self.failure(error)
        }
    }

    private func answer(_ request: HTTPRequest) async throws(StatusError) -> HTTPResponse {
        guard let path = KubernetesPath(request.segments) else { return try discovery(request) }
        guard let kind = SchemaTable.standard.kind(
            GroupVersionResource(group: path.groupVersion.group, version: path.groupVersion.version, plural: path.plural))
        else { return try Self.workloads(request, path) }
        if kind.structure == "Pod", let name = path.name {
            switch path.subresource {
            case "log": return try await log(request, path)
            case "exec": return try await refuse(.command, request, namespace: path.namespace ?? "", pod: name)
            case "attach": return try await refuse(.main, request, namespace: path.namespace ?? "", pod: name)
            default: break
            }
        }
        let form = try AnswerForm(accept: request.headers["accept"])
        let options = try RequestParameters.options(request)
        let user = try await user(of: request)
        if request.method == .get, path.subresource.isEmpty, RequestParameters.flag(request.query, "watch") {
            return try await watch(request, path, kind, options, form, user)
        }
        var call = try apiRequest(request, path, options, user)
        call.options.takesPieces = call.verb == .list && !form.isYAML && form.shape != .partialMetadata
        let response = try await client.perform(call)
        if let pieces = response.pieces { return Self.stream(form.shape == .table ? try ObjectForms.table(pieces, kind, request.query, now: clock.now()) : pieces) }
        return try answer(response, to: request, call, kind, form)
    }

    /// Kinds that are not served and that `kubectl cluster-info dump` lists all the same, whatever discovery says: there are none of them.
    private static func workloads(_ request: HTTPRequest, _ path: KubernetesPath) throws(StatusError) -> HTTPResponse {
        let kinds = ["daemonsets": "DaemonSetList", "deployments": "DeploymentList", "replicasets": "ReplicaSetList"]
        guard request.method == .get, path.groupVersion.path == "apis/apps/v1", path.name == nil, let kind = kinds[path.plural],
            !RequestParameters.flag(request.query, "watch")
        else { throw .unknownPath }
        let list: JSONValue = ["kind": .string(kind), "apiVersion": "apps/v1", "metadata": [:], "items": []]
        return .json(list.bytes)
    }

    private func discovery(_ request: HTTPRequest) throws(StatusError) -> HTTPResponse {
        guard request.method == .get else { throw .unknownPath }
        let ranges = MediaRange.parse(request.headers["accept"] ?? "")
        let isAggregated = request.segments.count == 1 && ranges.first?.parameters["as"] == "APIGroupDiscoveryList"
            && ranges.first?.parameters["v"] == "v2"
        guard let document = sources.discovery(request.segments, isAggregated) else { throw .unknownPath }
        // The media type must repeat the form, else clients read the document as the old one.
        return HTTPResponse(
            contentType: isAggregated ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" : "application/json", body: document)
    }

    private func apiRequest(
        _ request: HTTPRequest, _ path: KubernetesPath, _ options: RequestOptions, _ user: UserIdentity
    ) throws(StatusError) -> APIRequest {
        var options = options
        var body = request.body
        let verb: APIRequest.Verb
        switch request.method {
        case .get, .head: verb = path.name == nil ? .list : .get
        case .post:
            // Only parts of an object are made below its name.
            guard path.name == nil || !path.subresource.isEmpty else { throw .methodNotAllowed }
            verb = .create
            body = try RequestBody.json(request)
        case .put:
            guard path.name != nil else { throw .methodNotAllowed }
            verb = .update
            body = try RequestBody.json(request)
        case .patch:
            guard path.name != nil else { throw .methodNotAllowed }
            let type = RequestBody.mediaType(request)
            guard let patch = APIRequest.PatchType(rawValue: type) else {
                throw .unsupportedMediaType([
                    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
                    "application/apply-patch+yaml",
                ])
            }
            verb = .patch(patch)
            if patch == .apply {
                body = try RequestBody.yamlOrJSON(request.body)
            } else if options.fieldManager == nil {
                options.fieldManager = RequestParameters.manager(of: request)
            }
        case .delete:
            verb = path.name == nil ? .deleteCollection : .delete
            if !body.isEmpty { try RequestParameters.readDeleteOptions(try RequestBody.json(request), into: &options) }
            body = []
        case .options: throw .methodNotAllowed
        }
        if verb == .create || verb == .update, options.fieldManager == nil { options.fieldManager = RequestParameters.manager(of: request) }
        return APIRequest(
            verb, path.resource, version: path.groupVersion.version, namespace: path.namespace, name: path.name, subresource: path.subresource,
            body: body, options: options, user: user)
    }

    /// Who asks by what it shows. A token of a service account makes its bearer that account; tokens that others made are not looked at.
    ///
    /// - Throws: `unauthorized` for a token that claims to be of this server and is not good (any more).
    private func bearer(of request: HTTPRequest) async throws(StatusError) -> UserIdentity {
        guard let field = request.headers["authorization"], field.lowercased().hasPrefix("bearer "),
            field.utf8.filter({ $0 == UInt8(ascii: ".") }).count == 2
        else { return sources.user }
        var review = TokenReview()
        review.spec.token = String(field.dropFirst("bearer ".count))
        let answer: TokenReview = try await client.perform(
            APIRequest(.create, TokenReview.resource, version: "v1", body: review.jsonBytes)
        ).object()
        if answer.status.authenticated != true {
            if answer.status.error?.hasSuffix("it is no token of this server") == true { return sources.user }
            throw .unauthorized
        }
        let user = answer.status.user
        return UserIdentity(name: user?.username ?? "", uid: user?.uid ?? "", groups: user?.groups ?? [], extra: user?.extra ?? [:])
    }

    /// Who asks, or whom the asker stands in for.
    ///
    /// - Source: Kubernetes `endpoints/filters/impersonation`.
    func user(of request: HTTPRequest) async throws(StatusError) -> UserIdentity {
        let bearer = try await bearer(of: request)
        guard let name = request.headers["impersonate-user"], !name.isEmpty else { return bearer }
        var user = UserIdentity(name: name, uid: request.headers["impersonate-uid"] ?? "", groups: request.headers.values("impersonate-group"))
        if name != "system:anonymous", !user.groups.contains("system:authenticated") { user.groups.append("system:authenticated") }
        let prefix = "impersonate-extra-"
        for (field, value) in request.headers.all where field.lowercased().hasPrefix(prefix) {
            user.extra[PercentEncoding.decode(field.lowercased().utf8.dropFirst(prefix.utf8.count), plusIsSpace: false), default: []].append(value)
        }
        return user
    }

    private func answer(
        _ response: APIResponse, to request: HTTPRequest, _ call: APIRequest, _ kind: KindSchema, _ form: AnswerForm
    ) throws(StatusError) -> HTTPResponse {
        let bytes: [UInt8]
        switch (form.shape, call.verb) {
        case (.table, .get), (.table, .list):
            bytes = try ObjectForms.table(response.body, kind, call.subresource, request.query, now: clock.now())
        case (.partialMetadata, .get), (.partialMetadata, .list), (.partialMetadata, .patch):
            bytes = try ObjectForms.partialMetadata(response.body)
        default: bytes = response.body
        }
        var made: HTTPResponse = form.isYAML
            ? HTTPResponse(status: response.code, contentType: "application/yaml", body: try ObjectForms.yaml(bytes)) : .json(response.code, bytes)
        for warning in response.warnings { made.fields.add("warning", Self.warning(warning)) }
        return made
    }

    /// A long list, each piece of which is made when the connection has room for it.
    private static func stream(_ pieces: ListPieces) -> HTTPResponse {
        HTTPResponse(contentType: "application/json") { writer in
            var place = 0
            while let piece = try pieces.piece(from: &place) { try await writer.write(piece) }
        }
    }

    /// - Source: RFC 7234 section 5.5: code 299, no agent, quoted text.
    private static func warning(_ text: String) -> String {
        var quoted: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            // A field value has no control characters: a line end would begin another field.
            quoted.append(byte < 0x20 || byte == 0x7F ? UInt8(ascii: " ") : byte)
        }
        return "299 - \"\(String(decoding: quoted, as: UTF8.self))\""
    }

    static func failure(_ error: StatusError) -> HTTPResponse {
        var response = HTTPResponse.json(error.code, error.body)
        if let seconds = error.retryAfterSeconds { response.fields["retry-after"] = "\(seconds)" }
        return response
    }
}
