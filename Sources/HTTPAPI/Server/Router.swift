/// A table of routes: method and path pattern to handler.
///
/// Patterns are literal segments, `:name` for one segment, and `*` at the end for the rest. The first route that fits answers; a path that fits
/// only under other methods answers 405 with them named. Routes that own their paths answer so even where a later pattern would take any path.
package struct Router: Sendable {
    package struct Match: Sendable {
        package var parameters: [String: String] = [:]

        package subscript(name: String) -> String { parameters[name] ?? "" }
    }

    package typealias Handler = @Sendable (HTTPRequest, Match) async -> HTTPResponse
    package typealias Upgrader = @Sendable (HTTPRequest, Match) async -> WebSocketAgreement?

    private struct Route: Sendable {
        var methods: [HTTPRequest.Method]
        var pattern: [String]
        var isLight: Bool
        var bodyLimit: BodyLimit?
        var ownership: Ownership?
        var handler: Handler
    }

    /// What routes that own their paths have in common.
    private struct Ownership: Sendable {
        var crossOrigin: CrossOriginPolicy?
    }

    private var routes: [String: [Route]] = [:]
    /// No route refuses a body that is not over this, so most requests need not be looked up for it.
    private(set) var lowestBodyLimit = Int.max
    /// That of the routes that are being added.
    private var ownership: Ownership?
    private var upgrades: [(pattern: [String], upgrader: Upgrader)] = []
    private var fallback: Handler = { request, _ in .text(404, "404 page not found: \(request.path)\n") }

    package init() {}

    /// - Parameters:
    ///   - isLight: whether the handler only checks its request and hands all work to other threads; then it may run on an event loop.
    ///   - bodyLimit: what the route takes at most, where that is less than the listener does.
    package mutating func on(
        _ methods: HTTPRequest.Method..., path: String, isLight: Bool = false, bodyLimit: BodyLimit? = nil, _ handler: @escaping Handler
    ) {
        let pattern = path.split(separator: "/").map(String.init)
        routes[pattern.first ?? "", default: []].append(
            Route(methods: methods, pattern: pattern, isLight: isLight, bodyLimit: bodyLimit, ownership: ownership, handler: handler))
        lowestBodyLimit = min(lowestBodyLimit, bodyLimit?.bytes ?? .max)
    }

    /// Adds routes that answer alone for their paths: a wrong method is not passed on to later routes, and OPTIONS is answered with 204.
    ///
    /// - Parameter crossOrigin: who may read the answers in a browser; nil keeps them from pages of other sites.
    package mutating func owning(_ crossOrigin: CrossOriginPolicy?, _ add: (inout Router) -> Void) {
        let outer = ownership
        ownership = Ownership(crossOrigin: crossOrigin)
        add(&self)
        ownership = outer
    }

    /// Whether the route of a request is light.
    func isLight(_ request: HTTPRequest) -> Bool { route(of: request)?.isLight ?? false }

    /// What the route of a request takes at most; nil when that is what the listener takes.
    func bodyLimit(of request: HTTPRequest) -> BodyLimit? { route(of: request)?.bodyLimit }

    private func route(of request: HTTPRequest) -> Route? {
        routes[request.segments.first ?? ""]?.first { $0.methods.contains(request.method) && Self.match($0.pattern, request.segments) != nil }
    }

    package mutating func upgrade(path: String, _ upgrader: @escaping Upgrader) {
        upgrades.append((path.split(separator: "/").map(String.init), upgrader))
    }

    package mutating func otherwise(_ handler: @escaping Handler) { fallback = handler }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        var allowed: [HTTPRequest.Method] = []
        var owner: Ownership?
        for route in routes[request.segments.first ?? ""] ?? [] {
            guard let match = Self.match(route.pattern, request.segments) else { continue }
            if owner != nil, route.ownership == nil { break }
            if route.methods.contains(request.method) || (request.method == .head && route.methods.contains(.get)) {
                var response = await route.handler(request, match)
                route.ownership?.crossOrigin?.apply(to: &response, for: request)
                return response
            }
            allowed += route.methods
            owner = owner ?? route.ownership
        }
        if let owner, request.method == .options {
            var response = HTTPResponse(status: 204)
            response.fields["allow"] = (allowed + [.options]).map(\.rawValue).joined(separator: ", ")
            owner.crossOrigin?.apply(to: &response, for: request)
            return response
        }
        guard allowed.isEmpty else {
            var response = HTTPResponse.text(405, "method \(request.method.rawValue) is not allowed here\n")
            response.fields["allow"] = allowed.map(\.rawValue).joined(separator: ", ")
            return response
        }
        return await fallback(request, Match())
    }

    package func agreement(for request: HTTPRequest) async -> WebSocketAgreement? {
        for (pattern, upgrader) in upgrades {
            if let match = Self.match(pattern, request.segments) { return await upgrader(request, match) }
        }
        return nil
    }

    private static func match(_ pattern: [String], _ segments: [String]) -> Match? {
        var match = Match()
        var index = 0
        for piece in pattern {
            if piece == "*" {
                match.parameters["*"] = segments[index...].joined(separator: "/")
                return match
            }
            guard index < segments.count else { return nil }
            if piece.hasPrefix(":") {
                match.parameters[String(piece.dropFirst())] = segments[index]
            } else if piece != segments[index] {
                return nil
            }
            index += 1
        }
        return index == segments.count ? match : nil
    }
}

/// The most that is read of a request's body, and what a client is told that has more.
package struct BodyLimit: Sendable {
    package var bytes: Int
    package var refusal: HTTPResponse

    package init(bytes: Int, refusal: HTTPResponse) {
        self.bytes = bytes
        self.refusal = refusal
    }
}
