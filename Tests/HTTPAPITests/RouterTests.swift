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

    @Test("a form body counts like the query")
    func form() {
        var headers = HTTPFields()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        let request = HTTPRequest(method: .post, target: "/q?a=1", headers: headers, body: Array("match[]=up&match[]=x".utf8))
        #expect(request.parameters["a"] == "1")
        #expect(request.parameters.values("match[]") == ["up", "x"])
    }
}
