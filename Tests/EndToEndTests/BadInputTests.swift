import Bytes
import Environment
import Posix
import Testing

@Suite("Bad input", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct BadInputTests {
    @Test("malformed bodies and queries are 4xx that name what is wrong, and the server goes on")
    func malformed() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23141)
        let garbage = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let bombs: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]
        let posts: [(path: String, type: String, body: [UInt8])] = [
            ("/api/v1/write", "application/x-protobuf", garbage), ("/api/v1/write", "application/x-protobuf", bombs),
            ("/api/v1/write", "text/plain", garbage), ("/loki/api/v1/push", "application/json", Array(#"{"streams": 5}"#.utf8)),
            ("/loki/api/v1/push", "application/json", Array(#"{"streams": [{"stream": {"a": "b"}, "values": [["x", "line"]]}]}"#.utf8)),
            ("/loki/api/v1/push", "application/x-protobuf", garbage),
            ("/api/v1/namespaces/default/pods", "application/json", Array("{".utf8)),
            ("/api/v1/namespaces/default/pods", "application/vnd.kubernetes.protobuf", garbage),
            ("/api/v1/namespaces/default/pods", "application/xml", garbage),
            ("/api/v1/namespaces/default/pods", "application/json", Array(String(repeating: "[", count: 100_000).utf8)),
        ]
        for (path, type, body) in posts {
            let answer = try Curl.send("POST", server.address + path, type: type, body: body)
            #expect((400..<500).contains(answer.status), "\(path) \(type): \(answer.status) \(answer.text)")
            #expect(!answer.text.isEmpty, "\(path) \(type)")
        }
        let queries: [(path: String, query: String)] = [
            ("/api/v1/query", "sum(rate("), ("/api/v1/query", String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000)),
            ("/api/v1/query", "{}"), ("/loki/api/v1/query_range", "{app="), ("/loki/api/v1/query_range", #"{app="a"} | nonsense"#),
        ]
        for (path, query) in queries {
            let answer = try Curl.get(server.address + path, parameters: [("query", query)])
            #expect(answer.status == 400 || (answer.status == 200 && query.hasPrefix("((")), "\(query.prefix(30)): \(answer.status) \(answer.text.prefix(200))")
        }
        #expect(try Curl.get("\(server.address)/-/healthy").status == 200)
        #expect(await server.stop() == 0)
    }

    @Test("Prometheus' and Kubernetes' names under /api/v1 do not meet")
    func disjointNames() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23142)
        let resources = try Curl.get("\(server.address)/api/v1").json["resources"]?.arrayValue ?? []
        let names = Set(resources.compactMap { $0["name"]?.stringValue?.split(separator: "/").first.map(String.init) })
        let prometheus: Set = [
            "query", "query_range", "series", "labels", "label", "metadata", "write", "read", "rules", "alerts", "targets", "status", "admin",
            "format_query", "parse_query", "query_exemplars", "alertmanagers", "otlp",
        ]
        #expect(names.count > 10)
        #expect(names.isDisjoint(with: prometheus))
        #expect(await server.stop() == 0)
    }

    @Test("a busy port, an unwritable data directory and a second instance are one clear line each and an exit code")
    func starts() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23143)
        func refuse(_ arguments: [String], number: Int) async throws -> (code: Int32?, text: String) {
            let output = "\(folder.path)/refusal-\(number).log"
            let child = try ChildProcess.start(Binary.path, ["server"] + arguments, output: output)
            let code = await child.wait(upTo: .seconds(20))
            if code == nil { child.signal(.kill) }
            return (code, String(decoding: try PosixFileSystem().contents(output), as: UTF8.self))
        }
        let cases: [(arguments: [String], expected: String)] = [
            (["--data", folder.path + "/other", "--listen", "127.0.0.1:23143"], "another process listens there"),
            (["--data", folder.path + "/data", "--listen", "127.0.0.1:23144"], "another skysail runs on this data directory"),
            (["--data", "/proc/skysail", "--listen", "127.0.0.1:23144"], "cannot use the data directory"),
            (["--data", folder.path + "/third", "--listen", "0.0.0.0:23144"], "--insecure-listen"),
        ]
        for (number, (arguments, expected)) in cases.enumerated() {
            let (code, text) = try await refuse(arguments, number: number)
            #expect(code == 1 || code == 2, "\(arguments): \(text)")
            #expect(text.contains(expected), "\(arguments): \(text)")
            #expect(text.split(separator: "\n").filter { $0.hasPrefix("skysail: ") }.count == 1, "\(text)")
        }
        #expect(await server.stop() == 0)
    }
}
