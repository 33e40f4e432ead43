import HTTPAPI
import Testing

@Suite("Router")
struct RouterTests {
    private func body(_ response: HTTPResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var router: Router {
        var router = Router()
        router.on(.get, path: "/api/v1/query") { _, _ in .text(200, "query") }
        router.on(.get, path: "/api/v1/label/:name/values") { _, match in .text(200, match["name"]) }
        router.on(.get, .put, path: "/api/*") { _, match in .text(200, "rest " + match["*"]) }
        return router
    }

    @Test(
        "the first route that fits answers",
        arguments: [
            ("/api/v1/query", "query"), ("/api/v1/query?x=1", "query"), ("/api/v1/label/a%20b/values", "a b"),
            ("/api/v1/namespaces/default/pods", "rest v1/namespaces/default/pods"), ("/api", "rest "),
        ])
    func order(target: String, expected: String) async {
        #expect(body(await router.respond(to: HTTPRequest(method: .get, target: target))) == expected)
    }

    @Test("a path that fits only under other methods names them")
    func methods() async {
        let response = await router.respond(to: HTTPRequest(method: .delete, target: "/api/v1/query"))
        #expect(response.status == 405)
        #expect(response.fields["allow"] == "GET, GET, PUT")
        #expect(await router.respond(to: HTTPRequest(method: .get, target: "/nothing")).status == 404)
    }

    @Test(
        "parameters are decoded as forms have them",
        arguments: [("a=1&b=x%20y", "b", "x y"), ("q=a+b%2B", "q", "a b+"), ("flag", "flag", ""), ("q=%zz", "q", "%zz"), ("q=%E2%82%AC", "q", "€")])
    func decoding(text: String, name: String, value: String) {
        #expect(QueryParameters(text[...])[name] == value)
    }

    /// Routes that own their paths, before one that takes everything.
    private func owning(_ policy: CrossOriginPolicy?) -> Router {
        var router = Router()
        router.owning(policy) { router in
            router.on(.get, path: "/api/v1/query") { _, _ in .text(200, "query") }
            router.on(.post, path: "/api/v1/query") { _, _ in .text(200, "posted") }
        }
        router.on(.get, .put, .delete, .options, path: "/api/*") { _, match in .text(200, "rest " + match["*"]) }
        return router
    }

    @Test("an owned path is not passed on: a wrong method is 405, OPTIONS 204, and other paths are as they were")
    func ownership() async {
        let router = owning(nil)
        #expect(await body(router.respond(to: HTTPRequest(method: .post, target: "/api/v1/query"))) == "posted")
        let refused = await router.respond(to: HTTPRequest(method: .delete, target: "/api/v1/query"))
        #expect(refused.status == 405 && refused.fields["allow"] == "GET, POST")
        let options = await router.respond(to: HTTPRequest(method: .options, target: "/api/v1/query"))
        #expect(options.status == 204 && options.fields["allow"] == "GET, POST, OPTIONS")
        #expect(await body(router.respond(to: HTTPRequest(method: .options, target: "/api/v1/pods"))) == "rest v1/pods")
    }

    @Test(
        "a page of another site is let in by the policy of the routes alone",
        arguments: [
            (".*", "https://a.example", "*"), ("https://a\\.example", "https://a.example", "https://a.example"),
            ("https://a\\.example", "https://a.example.evil", nil), (nil, "https://a.example", nil),
        ] as [(String?, String, String?)])
    func crossOrigin(pattern: String?, origin: String, allowed: String?) async throws {
        let router = owning(try pattern.map { try CrossOriginPolicy($0) })
        for method in [HTTPRequest.Method.get, .options] {
            let answer = await router.respond(to: HTTPRequest(method: method, target: "/api/v1/query", headers: HTTPFields([("Origin", origin)])))
            #expect(answer.fields["access-control-allow-origin"] == allowed)
            #expect(answer.fields["access-control-allow-methods"] == (pattern == nil ? nil : "GET, POST, OPTIONS"))
            #expect(answer.fields["access-control-allow-headers"] == (pattern == nil ? nil : "Accept, Authorization, Content-Type, Origin"))
            #expect(answer.fields["access-control-expose-headers"] == (pattern == nil ? nil : "Date"))
        }
        let own = await router.respond(to: HTTPRequest(method: .get, target: "/api/v1/query"))
        #expect(own.fields["access-control-allow-origin"] == nil && own.fields["vary"] == nil)
        let other = await router.respond(to: HTTPRequest(method: .get, target: "/api/v1/pods", headers: HTTPFields([("Origin", origin)])))
        #expect(other.fields["access-control-allow-origin"] == nil)
    }

    @Test("a form body counts like the query, and before it")
    func form() {
        var headers = HTTPFields()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        let request = HTTPRequest(method: .post, target: "/q?a=1&match[]=y", headers: headers, body: Array("match[]=up&match[]=x".utf8))
        #expect(request.parameters["a"] == "1")
        #expect(request.parameters.values("match[]") == ["up", "x", "y"] && request.parameters["match[]"] == "up")
    }
}
