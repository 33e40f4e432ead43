import Bytes
import ClusterAPI
import Testing

@testable import ServiceNetwork

/// Objects as the API server would send them.
enum Objects {
    static func service(_ json: String) throws -> [WatchEvent] {
        let service = try Service(json: Array(json.utf8))
        return [.added(ObjectSnapshot(key: service.key, uid: "s", revision: 1, bytes: service.jsonBytes))]
    }

    static func endpoints(_ json: String) throws -> [WatchEvent] {
        let endpoints = try Endpoints(json: Array(json.utf8))
        return [.added(ObjectSnapshot(key: endpoints.key, uid: "e", revision: 1, bytes: endpoints.jsonBytes))]
    }

    static let web =
        #"{"metadata":{"name":"web","namespace":"default"},"spec":{"clusterIP":"127.96.0.10","ports":[{"name":"http","port":80,"targetPort":8080,"nodePort":30080},{"name":"dns","port":53,"protocol":"UDP"}]}}"#
    static let webEndpoints =
        #"{"metadata":{"name":"web","namespace":"default"},"subsets":[{"addresses":[{"ip":"127.16.0.2"},{"ip":"127.16.0.1"}],"notReadyAddresses":[{"ip":"127.16.0.3"}],"ports":[{"name":"http","port":8080}]}]}"#
    static let headless =
        #"{"metadata":{"name":"db","namespace":"prod"},"spec":{"clusterIP":"None","ports":[{"name":"sql","port":5432}]}}"#
    static let headlessEndpoints =
        #"{"metadata":{"name":"db","namespace":"prod"},"subsets":[{"addresses":[{"ip":"127.16.1.1","hostname":"db-0"},{"ip":"127.16.1.2"}],"ports":[{"name":"sql","port":5432}]}]}"#

    static func table() throws -> ServiceTable {
        var table = ServiceTable()
        _ = table.apply(Service.resource, try service(web) + service(headless))
        _ = table.apply(Endpoints.resource, try endpoints(webEndpoints) + endpoints(headlessEndpoints))
        _ = table.apply(
            Service.resource,
            try service(
                #"{"metadata":{"name":"out","namespace":"default"},"spec":{"type":"ExternalName","externalName":"example.org"}}"#))
        return table
    }
}

@Suite("Service table")
struct ServiceTableTests {
    @Test("a service is proxied at its ClusterIP and node port to its ready endpoints, in order")
    func rules() throws {
        let rules = try Objects.table().rules
        #expect(rules.fronts.map(\.description) == ["127.0.0.1:30080", "127.96.0.10:80"])
        #expect(rules.rules[SocketAddress("127.96.0.10", port: 80)!]?.backends.map(\.description) == ["127.16.0.1:8080", "127.16.0.2:8080"])
    }

    @Test("without ready endpoints nobody listens")
    func none() throws {
        var table = try Objects.table()
        let none = #"{"metadata":{"name":"web","namespace":"default"},"subsets":[{"notReadyAddresses":[{"ip":"127.16.0.3"}],"ports":[{"name":"http","port":8080}]}]}"#
        let hasChanged = table.apply(Endpoints.resource, try Objects.endpoints(none))
        #expect(hasChanged)
        #expect(table.rules.rules.isEmpty)
    }

    @Test("a service that goes takes its rules and names with it")
    func removal() throws {
        var table = try Objects.table()
        let key = ObjectKey(Service.self, namespace: "default", name: "web")
        let hasChanged = table.apply(Service.resource, [.deleted(ObjectSnapshot(key: key, uid: "s", revision: 2, bytes: []))])
        #expect(hasChanged)
        #expect(table.rules.rules.isEmpty)
        #expect(table.zone[key.namespacedName] == nil)
        #expect(table.zone.pointer(SocketAddress.address("127.96.0.10")!) == nil)
    }

    @Test("a change that changes nothing is none")
    func idle() throws {
        var table = try Objects.table()
        let hasChanged = table.apply(Endpoints.resource, try Objects.endpoints(Objects.webEndpoints))
        #expect(!hasChanged)
    }
}

@Suite("Choice of a back end")
struct BackendChooserTests {
    static let backends = (1...3).map { SocketAddress(0x7f10_0000 + UInt32($0), 8080) }

    func rule(affinity: Int? = nil) -> ProxyRules.Rule {
        .init(service: NamespacedName(namespace: "d", name: "s"), port: "", backends: Self.backends, affinitySeconds: affinity)
    }

    func expect(_ chosen: SocketAddress?, is wanted: SocketAddress?) { #expect(chosen == wanted) }
    func expect(_ chosen: SocketAddress?, isNot unwanted: SocketAddress?) { #expect(chosen != unwanted) }

    @Test("equals take turns")
    func turns() {
        var chooser = BackendChooser(rule())
        let chosen = (0..<6).compactMap { _ in chooser.choose(client: 1, now: 0) }
        #expect(chosen == Self.backends + Self.backends)
    }

    @Test("the one with the fewest connections is preferred")
    func fewest() {
        var chooser = BackendChooser(rule())
        for _ in 0..<6 { _ = chooser.choose(client: 1, now: 0) }
        chooser.release(Self.backends[1])
        expect(chooser.choose(client: 1, now: 0), is: Self.backends[1])
    }

    @Test("who refused is not tried again; when all have there is none")
    func refused() {
        var chooser = BackendChooser(rule())
        expect(chooser.choose(client: 1, tried: [Self.backends[0], Self.backends[2]], now: 0), is: Self.backends[1])
        expect(chooser.choose(client: 1, tried: Self.backends, now: 0), is: nil)
    }

    @Test("a client with affinity stays until its time is over or its back end is gone")
    func affinity() {
        var chooser = BackendChooser(rule(affinity: 10))
        let first = chooser.choose(client: 7, now: 0)
        expect(chooser.choose(client: 7, now: 9_000_000_000), is: first)
        expect(chooser.choose(client: 8, now: 9_000_000_000), isNot: first)
        var fewer = rule(affinity: 10)
        fewer.backends.removeAll { $0 == first }
        chooser.update(fewer)
        expect(chooser.choose(client: 7, now: 9_500_000_000), isNot: first)
    }
}
