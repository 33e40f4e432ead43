/// The console's files, served from the binary.
package struct ConsoleAPI: Sendable {
    package init() {}

    package func addRoutes(to router: inout Router) {
        router.on(.get, path: "/") { request, _ in Self.asset("index.html", request) }
        router.on(.get, path: "/console/*") { request, match in Self.asset(match["*"], request) }
    }

    /// Nothing but our own files runs or is loaded in the page; styles set by the chart library through the DOM are not inline markup.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func asset(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let asset = ConsoleAssets.byPath[path] else { return .text(404, "404 page not found: \(request.path)\n") }
        if request.headers["if-none-match"] == asset.tag { return HTTPResponse(status: 304) }
        var response = HTTPResponse(contentType: contentType(path), body: asset.bytes)
        response.fields["etag"] = asset.tag
        response.fields["cache-control"] = "no-cache"
        response.fields["content-security-policy"] = policy
        response.fields["x-content-type-options"] = "nosniff"
        return response
    }

    private static func contentType(_ path: String) -> String {
        if path.hasSuffix(".html") { return "text/html; charset=utf-8" }
        if path.hasSuffix(".css") { return "text/css; charset=utf-8" }
        return "text/javascript; charset=utf-8"
    }
}
