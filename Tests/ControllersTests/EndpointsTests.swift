import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Controllers

@Suite("Endpoints controller")
struct EndpointsTests {
    private func service(_ ports: [ServicePort] = [ServicePort { ($0.port, $0.targetPort) = (80, .int(8080)) }]) -> Service {
        Service {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("web", "shop", "svc")
            $0.spec.selector = ["app": "web"]
            $0.spec.ports = ports
        }
    }

    private func backend(_ name: String, _ ip: String, ready: Bool = true, _ fill: (inout Pod) -> Void = { _ in }) -> Pod {
        pod(name, node: "n1") {
            $0.setReady(ready, ip: ip)
            fill(&$0)
        }
    }

    private func text(_ subsets: [EndpointSubset]) -> [String] {
        subsets.map { subset in
            let ready = subset.addresses.map(\.ip).joined(separator: ",")
            let notReady = subset.notReadyAddresses.map { "!" + $0.ip }.joined(separator: ",")
            let ports = subset.ports.map { "\($0.name.map { $0 + "=" } ?? "")\($0.port)" }.joined(separator: ",")
            return "\(ready)\(notReady.isEmpty ? "" : ";" + notReady):\(ports)"
        }
    }

    @Test("ready pods are addresses, others stand apart, ended and addressless ones are left out, all sorted")
    func subsets() {
        let pods = [
            backend("b", "127.0.0.3"), backend("a", "127.0.0.9"), backend("c", "127.0.0.2", ready: false),
            backend("over", "127.0.0.4") { $0.status.phase = "Failed" }, pod("new"),
            backend("going", "127.0.0.5") { $0.metadata.deletionTimestamp = .epoch },
        ]
        #expect(text(EndpointSubsets.subsets(of: service(), pods)) == ["127.0.0.3,127.0.0.9;!127.0.0.2:8080"])
    }

    @Test("a named target port is each pod's own, so pods that differ stand in subsets of their own")
    func namedPorts() {
        func serving(_ name: String, _ ip: String, _ port: Int) -> Pod {
            backend(name, ip) { pod in
                pod.spec.containers[0].ports = [
                    ContainerPort {
                        $0.name = "http"
                        $0.containerPort = port
                    }
                ]
            }
        }
        let ports = [ServicePort { ($0.name, $0.port, $0.targetPort) = ("main", 80, .string("http")) }]
        let subsets = EndpointSubsets.subsets(
            of: service(ports), [serving("a", "127.0.0.2", 9000), serving("b", "127.0.0.3", 8000), backend("c", "127.0.0.4")])
        #expect(text(subsets) == ["127.0.0.3:main=8000", "127.0.0.2:main=9000"])
    }

    @Test("publishNotReadyAddresses makes every address a ready one")
    func publishesAll() {
        var service = service()
        service.spec.publishNotReadyAddresses = true
        #expect(text(EndpointSubsets.subsets(of: service, [backend("a", "127.0.0.2", ready: false)])) == ["127.0.0.2:8080"])
    }

    @Test("a Service gets Endpoints and a slice; a change of readiness rewrites both, a heartbeat neither")
    func follows() {
        var bench = Bench(EndpointsReconciler())
        bench.put(backend("a", "127.0.0.2"))
        #expect(bench.put(service()) == ["create endpoints", "create endpointslices.discovery.k8s.io"])
        let made = bench.outstanding.map(\.request)
        bench.succeed()
        let slice = try! EndpointSlice(json: made[1].body)
        bench.put(try! Endpoints(json: made[0].body), slice)
        bench.settle()
        #expect(bench.put(backend("a", "127.0.0.2") { $0.status.message = "still here" }) == [])
        #expect(
            bench.put(backend("a", "127.0.0.2", ready: false)) == [
                "update endpoints web", "update endpointslices.discovery.k8s.io \(slice.metadata.name)",
            ])
        bench.settle()
        #expect(bench.remove(service()) == ["delete endpoints web"])
    }

    @Test("beyond a thousand addresses those not ready are left out first, and that is marked")
    func overCapacity() {
        func subset(_ ready: Int, _ others: Int) -> EndpointSubset {
            EndpointSubset {
                $0.addresses = (0..<ready).map { number in EndpointAddress { $0.ip = "10.0.0.\(number)" } }
                $0.notReadyAddresses = (0..<others).map { number in EndpointAddress { $0.ip = "10.0.1.\(number)" } }
            }
        }
        let (few, isCut) = EndpointSubsets.limited([subset(2, 1)], to: 3)
        #expect(few == [subset(2, 1)] && !isCut)
        let (cut, isTruncated) = EndpointSubsets.limited([subset(2, 3), subset(1, 2)], to: 4)
        #expect(cut == [subset(2, 1), subset(1, 0)] && isTruncated)
    }

    @Test("Endpoints whose Service went while the controller was away are removed, those of others stay")
    func leftOver() {
        var core = ReconcilerCore(EndpointsReconciler())
        func endpoints(_ name: String, _ labels: [String: String]) -> WatchEvent {
            let object = Endpoints {
                ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid, $0.metadata.labels) = (name, "shop", name, labels)
            }
            return .added(ObjectSnapshot(key: object.key, uid: name, revision: 1, bytes: object.jsonBytes))
        }
        _ = core.handle(
            .objects(Endpoints.resource, [endpoints("left", ["endpoints.kubernetes.io/managed-by": "endpoint-controller"]), endpoints("own", [:])]),
            now: .epoch)
        let effects = core.watches.flatMap { core.handle(.synced($0.resource), now: .epoch) }
        let names = effects.compactMap { effect -> String? in
            if case .perform(_, let request) = effect { return "\(request.verb.name) \(request.name ?? "")" }
            return nil
        }
        #expect(names == ["delete left"])
    }

    @Test("a Service without a selector is left alone")
    func noSelector() {
        var bench = Bench(EndpointsReconciler())
        var own = service()
        own.spec.selector = [:]
        #expect(bench.put(own) == [])
    }

    @Test("a slice holds at most a hundred endpoints, and its name does not depend on what is there already")
    func slices() {
        let pods = (0..<250).map { backend("p\($0 + 1000)", "127.0.1.\($0)") }
        let requests = EndpointSlicePlan(service(), pods).requests(from: [])
        let slices = requests.map { try! EndpointSlice(json: $0.body) }
        #expect(slices.map(\.endpoints.count) == [100, 100, 50])
        #expect(Set(slices.map(\.metadata.name)).count == 3)
        #expect(EndpointSlicePlan(service(), pods).requests(from: slices).isEmpty)
        #expect(EndpointSlicePlan(service(), Array(pods.prefix(50))).requests(from: slices).map(\.verb) == [.update, .delete, .delete])
    }
}
