import Bytes
import ClusterAPI
import Reconciliation

/// The EndpointSlices that a Service should have, and the requests that lead there.
///
/// Pods with equal ports share slices of at most a hundred endpoints. A slice is named by the Service, its ports and its number among these, so
/// a controller with an outdated cache can only write the same slice again, never a second one beside it.
struct EndpointSlicePlan {
    static let serviceLabel = "kubernetes.io/service-name"
    static let managerLabel = "endpointslice.kubernetes.io/managed-by"
    static let manager = "endpointslice-controller.skysail.dev"
    /// - Source: Kubernetes' `--max-endpoints-per-slice`.
    static let endpointsPerSlice = 100

    private var slices: [EndpointSlice] = []

    init(_ service: Service, _ pods: [Pod]) {
        var groups: [(ports: [EndpointSlicePort], endpoints: [Endpoint])] = []
        for backend in EndpointSubsets.backends(of: service, pods, includesGoing: true) {
            if backend.ports.isEmpty, !service.spec.ports.isEmpty { continue }
            let ports = backend.ports.map(Self.slicePort).sorted { ($0.name ?? "", $0.port ?? 0) < ($1.name ?? "", $1.port ?? 0) }
            let endpoint = Self.endpoint(backend)
            if let index = groups.firstIndex(where: { $0.ports == ports }) {
                groups[index].endpoints.append(endpoint)
            } else {
                groups.append((ports, [endpoint]))
            }
        }
        // A Service without pods has one empty slice, so that whoever watches slices knows that it was looked at.
        if groups.isEmpty { groups.append(([], [])) }
        for group in groups {
            var number = 0
            var start = 0
            repeat {
                let end = min(start + Self.endpointsPerSlice, group.endpoints.count)
                slices.append(Self.slice(of: service, group.ports, Array(group.endpoints[start..<end]), number: number))
                (start, number) = (end, number + 1)
            } while start < group.endpoints.count
        }
    }

    /// Makes, rewrites and removes slices until those present are those planned.
    func requests(from present: [EndpointSlice]) -> [APIRequest] {
        var requests: [APIRequest] = []
        var left = Dictionary(uniqueKeysWithValues: present.map { ($0.metadata.name, $0) })
        for slice in slices {
            guard var old = left.removeValue(forKey: slice.metadata.name) else {
                requests.append(.create(slice))
                continue
            }
            if old.endpoints == slice.endpoints, old.ports == slice.ports, old.metadata.labels == slice.metadata.labels { continue }
            old.endpoints = slice.endpoints
            old.ports = slice.ports
            old.metadata.labels = slice.metadata.labels
            requests.append(.update(old))
        }
        return requests + present.filter { left[$0.metadata.name] != nil }.map { .delete($0) }
    }

    private static func slice(
        of service: Service, _ ports: [EndpointSlicePort], _ endpoints: [Endpoint], number: Int
    ) -> EndpointSlice {
        let portText = ports.map { "\($0.name ?? ""):\($0.protocol ?? ""):\($0.port ?? 0)" }.joined(separator: ",")
        let suffix = String(Hash64.hash(Array("\(portText)#\(number)".utf8)), radix: 36).prefix(8)
        return EndpointSlice {
            $0.metadata.namespace = service.metadata.namespace
            $0.metadata.name = "\(service.metadata.name)-\(suffix)"
            $0.metadata.labels = service.metadata.labels
            $0.metadata.labels[serviceLabel] = service.metadata.name
            $0.metadata.labels[managerLabel] = manager
            if service.spec.clusterIP == "None" { $0.metadata.labels["service.kubernetes.io/headless"] = "" }
            $0.metadata.ownerReferences = [
                OwnerReference {
                    ($0.apiVersion, $0.kind) = ("v1", "Service")
                    ($0.name, $0.uid) = (service.metadata.name, service.metadata.uid)
                    ($0.controller, $0.blockOwnerDeletion) = (true, true)
                }
            ]
            $0.addressType = "IPv4"
            $0.ports = ports
            $0.endpoints = endpoints
        }
    }

    private static func slicePort(_ port: EndpointPort) -> EndpointSlicePort {
        EndpointSlicePort {
            // Slices spell the unnamed port as an empty name.
            $0.name = port.name ?? ""
            $0.port = port.port
            $0.protocol = port.protocol
            $0.appProtocol = port.appProtocol
        }
    }

    private static func endpoint(_ backend: EndpointSubsets.Backend) -> Endpoint {
        Endpoint { endpoint in
            endpoint.addresses = [backend.pod.status.podIP ?? ""]
            endpoint.nodeName = backend.pod.spec.nodeName
            endpoint.targetRef = EndpointSubsets.target(backend.pod)
            if let hostname = backend.pod.spec.hostname, !hostname.isEmpty, backend.pod.spec.subdomain != nil { endpoint.hostname = hostname }
            endpoint.conditions = EndpointConditions {
                $0.ready = backend.isReady
                $0.serving = backend.pod.isReady
                $0.terminating = backend.pod.isGoing
            }
        }
    }
}
