import Bytes
import Environment
import Testing

@Suite("Objects under many hands", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct ObjectLedgerTests {
    private static let path = "/api/v1/namespaces/default/configmaps"

    private static func map(_ name: String, _ value: Int) -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"value":"\#(value)"}}"#
    }

    /// Four rounds of writes, each cut off by kill -9 while they run.
    @Test("kill -9 while many write: no acknowledged write is lost, and no resource version goes back")
    func ledger() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        /// The last value that was acknowledged of each object, with its version.
        var acknowledged: [String: (value: Int, version: Int)] = [:]
        var newest = 0
        var writes = 0
        for round in 0..<5 {
            let server = try await RunningServer(["server"], folder: folder.path, port: 23151)
            let list = try Curl.get(server.address + Self.path).json
            let version = try #require(list["metadata"]?["resourceVersion"]?.stringValue.flatMap { Int($0) })
            #expect(version >= newest, "round \(round): the version went back from \(newest) to \(version)")
            var found: [String: (value: Int, version: Int)] = [:]
            for item in list["items"]?.arrayValue ?? [] {
                found[item["metadata"]?["name"]?.stringValue ?? ""] = (
                    item["data"]?["value"]?.stringValue.flatMap { Int($0) } ?? -1, item["metadata"]?["resourceVersion"]?.stringValue.flatMap { Int($0) } ?? -1
                )
            }
            for (name, last) in acknowledged {
                // What was under way when the server died may be there as well; then it is newer.
                let now = found[name]
                #expect((now?.value ?? -1) >= last.value && (now?.version ?? -1) >= last.version, "round \(round): \(name) was \(last), is \(String(describing: now))")
            }
            if round == 4 {
                #expect(await server.stop() == 0)
                break
            }
            // Values only grow, so that an older one is a lost write.
            let calls = (0..<400).map { index -> ParallelClients.Call in
                let name = "ledger-\(index % 40)"
                let value = writes + index
                return found[name] == nil && index < 40
                    ? .init(method: "POST", path: Self.path, body: Self.map(name, value))
                    : .init(method: "PUT", path: "\(Self.path)/\(name)", body: Self.map(name, value))
            }
            writes += calls.count
            let address = server.address
            async let answers = Task.detached { try ParallelClients.send(calls, to: address, connections: 16, folder: folder.path) }.value
            try await Task.sleep(for: .milliseconds(60 + 70 * round))
            await server.kill()
            for answer in try await answers where answer.status == 200 || answer.status == 201 {
                let object = answer.json
                // An answer cut off in its middle acknowledges nothing.
                guard let name = object["metadata"]?["name"]?.stringValue, let value = object["data"]?["value"]?.stringValue.flatMap({ Int($0) }),
                    let version = object["metadata"]?["resourceVersion"]?.stringValue.flatMap({ Int($0) })
                else { continue }
                newest = max(newest, version)
                if version > acknowledged[name]?.version ?? 0 { acknowledged[name] = (value, version) }
            }
        }
        #expect(acknowledged.count == 40, "something was written")
    }

    private static let pods = "/api/v1/namespaces/default/pods"

    private static func pod(_ name: String) -> String { #"{"metadata":{"name":"\#(name)"},"spec":{"containers":[{"name":"a","image":"i"}]}}"# }

    private static func binding(_ name: String, _ node: String) -> String {
        #"{"apiVersion":"v1","kind":"Binding","metadata":{"name":"\#(name)"},"target":{"kind":"Node","name":"\#(node)"}}"#
    }

    /// Every pod is asked to go to two nodes, by clients that know nothing of each other.
    @Test("kill -9 while pods are made and bound: none is bound twice or elsewhere than acknowledged, and the quota is never exceeded")
    func bindings() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let limit = 25
        /// The node that was acknowledged, by the pod's uid.
        var bound: [String: String] = [:]
        var acknowledgements = 0
        for round in 0..<5 {
            let server = try await RunningServer(["server"], folder: folder.path, port: 23153)
            if round == 0 {
                let quota = #"{"metadata":{"name":"q"},"spec":{"hard":{"pods":"\#(limit)"}}}"#
                let answer = try Curl.send(
                    "POST", server.address + "/api/v1/namespaces/default/resourcequotas", type: "application/json", body: Array(quota.utf8))
                #expect(answer.status == 201)
            }
            let items = try Curl.get(server.address + Self.pods).json["items"]?.arrayValue ?? []
            #expect(items.count <= limit, "round \(round)")
            let used = try Curl.get(server.address + "/api/v1/namespaces/default/resourcequotas/q").json["status"]?["used"]?["pods"]?.stringValue
            #expect((used.flatMap { Int($0) } ?? .max) <= limit, "round \(round): \(String(describing: used))")
            for item in items {
                guard let uid = item["metadata"]?["uid"]?.stringValue, let node = bound[uid] else { continue }
                #expect(item["spec"]?["nodeName"]?.stringValue == node, "round \(round): \(item["metadata"]?["name"]?.stringValue ?? "")")
            }
            if round == 4 {
                #expect(await server.stop() == 0)
                break
            }
            var calls: [ParallelClients.Call] = []
            for index in 0..<40 {
                let name = "p\(index)"
                calls.append(.init(method: "POST", path: Self.pods, body: Self.pod(name)))
                for node in ["one", "two"] {
                    calls.append(.init(method: "POST", path: "\(Self.pods)/\(name)/binding", body: Self.binding(name, node)))
                }
            }
            let address = server.address
            let asked = calls
            async let answers = Task.detached { try ParallelClients.send(asked, to: address, connections: 16, folder: folder.path) }.value
            try await Task.sleep(for: .milliseconds(40 + 60 * round))
            let seen = (try? Curl.get(address + Self.pods).json["items"]?.arrayValue) ?? []
            await server.kill()
            let uids = Dictionary(
                seen.map { ($0["metadata"]?["name"]?.stringValue ?? "", $0["metadata"]?["uid"]?.stringValue ?? "") }, uniquingKeysWith: { $1 })
            for answer in try await answers where answer.status == 201 {
                let call = calls[answer.call]
                guard call.path.hasSuffix("/binding"), answer.json["status"] == "Success",
                    let uid = uids[String(call.path.split(separator: "/").dropLast().last ?? "")]
                else { continue }
                acknowledgements += 1
                let node = call.body.contains(#""one""#) ? "one" : "two"
                #expect(bound[uid] == nil, "\(call.path) was bound twice")
                bound[uid] = node
            }
        }
        #expect(acknowledgements > 0, "something was bound")
    }

    @Test("no number of clients brings more into a namespace than its quota allows")
    func quota() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23152)
        let quota = #"{"metadata":{"name":"q"},"spec":{"hard":{"pods":"25","cpu":"2","count/configmaps":"10"}}}"#
        let address = server.address + "/api/v1/namespaces/default"
        #expect(try Curl.send("POST", address + "/resourcequotas", type: "application/json", body: Array(quota.utf8)).status == 201)
        var calls: [ParallelClients.Call] = []
        for index in 0..<120 {
            calls.append(
                .init(
                    method: "POST", path: "/api/v1/namespaces/default/pods",
                    body: #"{"metadata":{"name":"p\#(index)"},"spec":{"containers":[{"name":"a","image":"i","resources":{"requests":{"cpu":"100m"}}}]}}"#))
            calls.append(.init(method: "POST", path: Self.path, body: Self.map("m\(index)", index)))
        }
        let answers = try ParallelClients.send(calls, to: server.address, connections: 32, folder: folder.path)
        #expect(answers.count == calls.count)
        let byStatus = Dictionary(grouping: answers, by: { "\(calls[$0.call].path.split(separator: "/").last ?? "") \($0.status)" }).mapValues(\.count)
        // Twenty pods have used up the processors before the twenty-five.
        #expect(byStatus == ["pods 201": 20, "pods 403": 100, "configmaps 201": 10, "configmaps 403": 110], "\(byStatus)")
        #expect(try Curl.get(address + "/pods").json["items"]?.arrayValue?.count == 20)
        let used = try Curl.get(address + "/resourcequotas/q").json["status"]?["used"]
        #expect(used?["pods"] == "20" && used?["cpu"] == "2" && used?["count/configmaps"] == "10", "\(String(describing: used))")
        #expect(await server.stop() == 0)
    }
}
