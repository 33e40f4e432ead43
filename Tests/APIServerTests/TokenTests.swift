import Bytes
import ClusterAPI
import Testing

@testable import APIServer

@Suite("Tokens of service accounts")
struct TokenTests {
    private let api: Fixture

    init() throws {
        var configuration = APIServerConfiguration()
        configuration.newTokenKey = [UInt8](repeating: 7, count: 32)
        api = try Fixture(configuration: configuration)
        try api.create("serviceaccounts", ["kind": "ServiceAccount", "apiVersion": "v1", "metadata": ["name": "bot"]])
    }

    private func request(_ spec: JSONValue = [:]) -> APIRequest {
        let body: JSONValue = ["kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": spec]
        return APIRequest(
            .create, Resource(plural: "serviceaccounts"), namespace: "default", name: "bot", subresource: "token", body: body.bytes)
    }

    private func token(_ spec: JSONValue = [:]) throws -> String { try #require(try api.send(request(spec))["status"]?["token"]?.stringValue) }

    private func review(_ token: String, audiences: JSONValue? = nil) throws -> JSONValue? {
        var spec: JSONValue = ["token": .string(token)]
        spec["audiences"] = audiences
        let body: JSONValue = ["kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": spec]
        return try api.send(APIRequest(.create, TokenReview.resource, version: "v1", body: body.bytes))["status"]
    }

    @Test("a token that was asked for speaks for its account, for an hour")
    func lifetime() throws {
        let answer = try api.send(request())
        #expect(answer["spec"]?["expirationSeconds"] == 3600)
        #expect(answer["status"]?["expirationTimestamp"] == "2026-11-24T13:00:00Z")
        let token = try #require(answer["status"]?["token"]?.stringValue)
        let good = try review(token)
        #expect(good?["authenticated"] == true)
        #expect(good?["user"]?["username"] == "system:serviceaccount:default:bot")
        #expect(good?["user"]?["groups"] == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        api.now = api.now + .seconds(3600)
        let late = try review(token)
        #expect(late?["authenticated"] == nil)
        #expect(late?["error"] == "invalid bearer token, service account token has expired")
    }

    @Test("a token ends with its account, and one of the same name made anew is another")
    func accountGone() throws {
        let token = try token()
        try api.send(APIRequest(.delete, Resource(plural: "serviceaccounts"), namespace: "default", name: "bot"))
        #expect(try review(token)?["error"]?.stringValue?.contains("has been deleted") == true)
        try api.create("serviceaccounts", ["kind": "ServiceAccount", "apiVersion": "v1", "metadata": ["name": "bot"]])
        #expect(try review(token)?["authenticated"] == nil)
    }

    @Test("a token bound to a pod names it, and ends with it")
    func bound() throws {
        let uid = try api.create("pods", Manifest.pod("p"))["metadata"]?["uid"] ?? ""
        let token = try token(["boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "p", "uid": uid]])
        let good = try review(token)
        #expect(good?["user"]?["extra"]?["authentication.kubernetes.io/pod-name"] == ["p"])
        try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "p"))
        #expect(try review(token)?["error"] == "invalid bearer token, service account token has been invalidated")
        #expect(api.refusal(request(["boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "p"]]))?.code == 404)
    }

    @Test("a token is good for its audiences only")
    func audiences() throws {
        let vault = try token(["audiences": ["vault", "bank"]])
        #expect(try review(vault)?["authenticated"] == nil)
        #expect(try review(vault, audiences: ["vault", "park"])?["audiences"] == ["vault"])
    }

    @Test("a token that was changed, or signed by somebody else, is refused")
    func forged() throws {
        let parts = try token().split(separator: ".").map(String.init)
        let claims = try JSONValue.parse(try #require(Base64.decode(parts[1], .url)))
        var other = claims
        other["sub"] = "system:serviceaccount:kube-system:admin"
        let changed = "\(parts[0]).\(Base64.encode(other.bytes, .url)).\(parts[2])"
        let unsigned = "\(Base64.encode(Array(#"{"alg":"none"}"#.utf8), .url)).\(parts[1])."
        for text in [changed, unsigned] { #expect(try review(text)?["error"] == "invalid bearer token, its signature does not fit") }
        for text in ["", "x", "a.b.c", "..", String(repeating: ".", count: 9)] where !text.isEmpty {
            #expect(try review(text)?["error"] == "invalid bearer token, it is no token of this server")
        }
    }

    @Test(
        "a life that is too short or too long is refused", arguments: [
            (599, "may not specify a duration less than 10 minutes"), (1 << 33, "may not specify a duration larger than 2^32 seconds"),
        ])
    func limits(seconds: Int, problem: String) throws {
        let refusal = try #require(api.refusal(request(["expirationSeconds": .number(seconds)])))
        #expect(refusal.code == 422)
        #expect(refusal.message.contains("spec.expirationSeconds: Invalid value: \(seconds): \(problem)"))
    }

    @Test("the key stays when the server is started again with another one at hand")
    func keyStays() throws {
        let token = try token()
        var configuration = APIServerConfiguration()
        configuration.newTokenKey = [UInt8](repeating: 8, count: 32)
        let again = APIServer(engine: api.engine, configuration: configuration, seed: 2)
        try again.bootstrapNow(now: api.now)
        let body: JSONValue = ["spec": ["token": .string(token)]]
        let response = try again.handle(APIRequest(.create, TokenReview.resource, version: "v1", body: body.bytes), now: api.now)
        #expect(try JSONValue.parse(response.body)["status"]?["authenticated"] == true)
    }

    /// - Source: FIPS 180-4 examples; RFC 4231 cases 1, 2 and 6.
    @Test("the hash and the message code are those of the standards")
    func vectors() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
        #expect(hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(SHA256.hash(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hex(SHA256.code(of: Array("Hi There".utf8), key: [UInt8](repeating: 0x0b, count: 20)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hex(SHA256.code(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(SHA256.code(of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), key: [UInt8](repeating: 0xaa, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
