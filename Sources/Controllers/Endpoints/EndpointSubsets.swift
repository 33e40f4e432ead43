import ClusterAPI

/// The addresses behind a Service, computed from its pods.
///
/// - Source: Kubernetes' endpoints controller and `RepackSubsets`: addresses with equal ports stand together, in a canonical order.
struct EndpointSubsets {
    /// One pod as a back end: where it is and on which ports, the named target ports resolved.
    struct Backend: Equatable {
        var pod: Pod
        var ports: [EndpointPort]
        var isReady: Bool
    }

    /// The pods of a Service that have an address, in the order of their names.
    ///
    /// - Parameter includesGoing: whether pods that are told to end are among them; slices show these, Endpoints do not.
    static func backends(of service: Service, _ pods: [Pod], includesGoing: Bool) -> [Backend] {
        let publishesAll = service.spec.publishNotReadyAddresses ?? false
        return pods.compactMap { pod in
            guard !pod.isOver, let address = pod.status.podIP, !address.isEmpty else { return nil }
            if pod.isGoing, !includesGoing, !publishesAll { return nil }
            return Backend(
                pod: pod, ports: service.spec.ports.compactMap { resolve($0, in: pod) },
                isReady: publishesAll || (pod.isReady && !pod.isGoing))
        }
    }

    /// nil when the pod has no port of that name; the pod then does not serve this port of the Service.
    static func resolve(_ port: ServicePort, in pod: Pod) -> EndpointPort? {
        let transport = port.protocol ?? "TCP"
        let number: Int?
        switch port.targetPort {
        case .int(let value): number = value > 0 ? value : port.port
        case nil: number = port.port
        case .string(let name):
            // Sidecars among the init containers serve as well.
            let containers = pod.spec.containers + pod.spec.initContainers.filter { $0.restartPolicy == "Always" }
            number = containers.lazy.flatMap(\.ports).first { $0.name == name && ($0.protocol ?? "TCP") == transport }?.containerPort
        }
        guard let number else { return nil }
        return EndpointPort {
            $0.name = port.name.flatMap { $0.isEmpty ? nil : $0 }
            $0.port = number
            $0.protocol = transport
            $0.appProtocol = port.appProtocol
        }
    }

    static func subsets(of service: Service, _ pods: [Pod]) -> [EndpointSubset] {
        var groups: [(ports: [EndpointPort], subset: EndpointSubset)] = []
        for backend in backends(of: service, pods, includesGoing: false) {
            // A Service with ports needs one of them; a headless one without ports is served by its addresses alone.
            if backend.ports.isEmpty, !service.spec.ports.isEmpty { continue }
            let ports = backend.ports.sorted { ($0.name ?? "", $0.protocol ?? "", $0.port) < ($1.name ?? "", $1.protocol ?? "", $1.port) }
            var index = groups.firstIndex { $0.ports == ports }
            if index == nil {
                groups.append((ports, EndpointSubset { $0.ports = ports }))
                index = groups.count - 1
            }
            if backend.isReady {
                groups[index!].subset.addresses.append(address(of: backend.pod))
            } else {
                groups[index!].subset.notReadyAddresses.append(address(of: backend.pod))
            }
        }
        return groups.map { group in
            var subset = group.subset
            subset.addresses.sort { ($0.ip, $0.targetRef?.uid ?? "") < ($1.ip, $1.targetRef?.uid ?? "") }
            subset.notReadyAddresses.sort { ($0.ip, $0.targetRef?.uid ?? "") < ($1.ip, $1.targetRef?.uid ?? "") }
            return subset
        }
        .sorted { portText($0) < portText($1) }
    }

    /// Addresses of one Endpoints object at most; slices have no such limit.
    /// - Source: Kubernetes' `maxCapacity` of the endpoints controller.
    static let capacity = 1000

    /// Leaves out what is beyond the capacity, those not ready first; tells whether anything was.
    static func limited(_ subsets: [EndpointSubset], to capacity: Int = capacity) -> ([EndpointSubset], isTruncated: Bool) {
        guard subsets.reduce(0, { $0 + $1.addresses.count + $1.notReadyAddresses.count }) > capacity else { return (subsets, false) }
        var left = capacity
        var limited = subsets
        for index in limited.indices {
            limited[index].addresses = Array(subsets[index].addresses.prefix(left))
            left -= limited[index].addresses.count
        }
        for index in limited.indices {
            limited[index].notReadyAddresses = Array(subsets[index].notReadyAddresses.prefix(left))
            left -= limited[index].notReadyAddresses.count
        }
        return (limited.filter { !$0.addresses.isEmpty || !$0.notReadyAddresses.isEmpty }, true)
    }

    static func portText(_ subset: EndpointSubset) -> String {
        subset.ports.map { "\($0.name ?? ""):\($0.protocol ?? ""):\($0.port)" }.joined(separator: ",")
    }

    private static func address(of pod: Pod) -> EndpointAddress {
        EndpointAddress {
            $0.ip = pod.status.podIP ?? ""
            $0.nodeName = pod.spec.nodeName
            if let hostname = pod.spec.hostname, !hostname.isEmpty, pod.spec.subdomain != nil { $0.hostname = hostname }
            $0.targetRef = target(pod)
        }
    }

    static func target(_ pod: Pod) -> ObjectReference {
        ObjectReference {
            $0.kind = "Pod"
            $0.namespace = pod.metadata.namespace
            $0.name = pod.metadata.name
            $0.uid = pod.metadata.uid
        }
    }
}
