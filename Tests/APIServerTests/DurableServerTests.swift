import APIServer
import Bytes
import ClusterAPI
import ObjectStore
import Testing

@Suite("The API over SQLite")
struct DurableServerTests {
    private let scratch: ScratchFolder
    private let now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!

    init() throws { scratch = try ScratchFolder() }

    private func open() async throws -> (SQLiteEngine, APIServer) {
        let engine = try SQLiteEngine(path: scratch.path + "/objects.db")
        let server = APIServer(engine: engine, seed: 7)
        try await server.bootstrap(now: now)
        return (engine, server)
    }

    private func creation(_ plural: String, _ object: JSONValue) -> APIRequest {
        APIRequest(.create, Resource(plural: plural), namespace: "default", body: object.bytes)
    }

    @Test("of many writers with the same resource version exactly one wins")
    func conflictingWriters() async throws {
        let (engine, server) = try await open()
        defer { engine.close() }
        let made = try JSONValue.parse(try await server.perform(creation("configmaps", Manifest.configMap("a")), now: now).body)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for writer in 0..<40 {
                group.addTask {
                    var object = made
                    object.set(.string("\(writer)"), at: ["data", "writer"])
                    let request = APIRequest(
                        .update, Resource(plural: "configmaps"), namespace: "default", name: "a", body: object.bytes)
                    do throws(StatusError) {
                        _ = try await server.perform(request, now: now)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test("patches without a resource version all get through")
    func patches() async throws {
        let (engine, server) = try await open()
        defer { engine.close() }
        _ = try await server.perform(creation("configmaps", Manifest.configMap("a")), now: now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<40 {
                group.addTask {
                    let patch: JSONValue = ["data": .object(JSONObject([("w\(writer)", .string("x"))]))]
                    _ = try await server.perform(
                        APIRequest(
                            .patch(.merge), Resource(plural: "configmaps"), namespace: "default", name: "a", body: patch.bytes), now: now)
                }
            }
            try await group.waitForAll()
        }
        let response = try await server.perform(APIRequest(.get, Resource(plural: "configmaps"), namespace: "default", name: "a"), now: now)
        #expect(try JSONValue.parse(response.body)["data"]?.objectValue?.count == 40)
    }

    @Test("no number of creators exceeds a quota, and none of the allowed is refused")
    func quotaRace() async throws {
        let (engine, server) = try await open()
        defer { engine.close() }
        let quota: JSONValue = ["metadata": ["name": "q"], "spec": ["hard": ["pods": "10", "requests.cpu": "1"]]]
        _ = try await server.perform(creation("resourcequotas", quota), now: now)
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let pod = Manifest.pod("p\(number)", resources: ["requests": ["cpu": "100m"]])
                    do throws(StatusError) {
                        _ = try await server.perform(creation("pods", pod), now: now)
                        return true
                    } catch {
                        #expect(error.code == 403)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 10)
        let stored = try await server.perform(APIRequest(.get, Resource(plural: "resourcequotas"), namespace: "default", name: "q"), now: now)
        #expect(try JSONValue.parse(stored.body)["status"]?["used"] == ["pods": "10", "requests.cpu": "1"])
    }

    @Test("after a restart all that was acknowledged is there, resource versions go on, and watches from before it get 410")
    func restart() async throws {
        var (engine, server) = try await open()
        var names: Set<String> = []
        for number in 0..<30 {
            _ = try await server.perform(creation("services", Manifest.service("s\(number)")), now: now)
            names.insert("s\(number)")
        }
        _ = try await server.perform(APIRequest(.delete, Resource(plural: "services"), namespace: "default", name: "s0"), now: now)
        names.remove("s0")
        let revision = server.revision
        engine.close()
        (engine, server) = try await open()
        defer { engine.close() }
        #expect(server.revision == revision)
        let old = WatchRequest(Resource(plural: "services"), options: RequestOptions { $0.resourceVersion = "3" })
        let error = #expect(throws: StatusError.self) { try server.cursor(old) }
        #expect(error?.code == 410 && error?.reason == .expired)
        let list = try await server.perform(APIRequest(.list, Resource(plural: "services"), namespace: "default"), now: now)
        let found = Set(try JSONValue.parse(list.body)["items"]?.arrayValue?.compactMap { $0["metadata"]?["name"]?.stringValue } ?? [])
        #expect(found == names.union(["kubernetes"] as Set<String>))
        let made = try JSONValue.parse(try await server.perform(creation("services", Manifest.service("s0")), now: now).body)
        #expect(made["metadata"]?["resourceVersion"]?.stringValue == String(revision + 1))
    }

    @Test("watches see every change once while many write")
    func watchUnderLoad() async throws {
        let (engine, server) = try await open()
        defer { engine.close() }
        let stream = try server.watch(WatchRequest(Resource(plural: "configmaps"), namespace: "default"), now: now)
        async let seen = { () async -> [UInt64] in
            var revisions: [UInt64] = []
            for await batch in stream {
                revisions += batch.compactMap { $0.snapshot?.revision }
                if revisions.count >= 100 { break }
            }
            return revisions
        }()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = try? await server.perform(creation("configmaps", Manifest.configMap("c\(number)")), now: now) }
            }
        }
        let revisions = await seen
        #expect(revisions.count == 100)
        #expect(revisions == revisions.sorted() && Set(revisions).count == 100)
    }
}
