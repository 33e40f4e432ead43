import Bytes

/// Which web pages of other sites may read the answers of an API in a browser.
///
/// A browser asks with `Origin`, and keeps the answer from the page unless the server names that origin. Answers carry no cookies, so what is at
/// stake is a listener that only the browser's machine can reach.
/// - Source: Prometheus' `web.cors.origin` and the headers that it sends.
package struct CrossOriginPolicy: Sendable {
    /// The pattern that lets every page read.
    package static let everyOrigin = ".*"

    /// nil where every origin may read.
    private let pattern: RegularExpression?

    /// - Parameter pattern: an expression that the whole origin must match, as in `https?://dashboards\.example\.com`.
    package init(_ pattern: String) throws {
        self.pattern = pattern == Self.everyOrigin ? nil : try RegularExpression(pattern, options: .anchored)
    }

    private static let fields: [(name: String, value: String)] = [
        ("access-control-allow-headers", "Accept, Authorization, Content-Type, Origin"), ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-expose-headers", "Date"), ("vary", "Origin"),
    ]

    /// Adds what a browser looks for; nothing when the request is not from a page.
    func apply(to response: inout HTTPResponse, for request: HTTPRequest) {
        guard let origin = request.headers["origin"], !origin.isEmpty else { return }
        for field in Self.fields { response.fields[field.name] = field.value }
        if let pattern {
            if pattern.matches(origin) { response.fields["access-control-allow-origin"] = origin }
        } else {
            response.fields["access-control-allow-origin"] = "*"
        }
    }
}
