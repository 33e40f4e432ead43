import ClusterAPI

/// The variables by which a pod finds the services of its namespace, in Kubernetes' form and in that of Docker links.
///
/// - Source: Kubernetes `pkg/kubelet/envvars/envvars.go`.
enum ServiceVariables {
    /// The services in the order of their names; the caller has chosen those that the pod may see.
    static func variables(for services: [Service]) -> [ContainerSpec.Variable] {
        var variables: [ContainerSpec.Variable] = []
        func add(_ name: String, _ value: String) { variables.append(.init(name: name, value: value)) }
        for service in services {
            // Headless services have no address, external names no port.
            guard let address = service.spec.clusterIP, !address.isEmpty, address != "None", let first = service.spec.ports.first else { continue }
            let name = variableName(service.metadata.name)
            add("\(name)_SERVICE_HOST", address)
            add("\(name)_SERVICE_PORT", String(first.port))
            for port in service.spec.ports {
                if let portName = port.name, !portName.isEmpty { add("\(name)_SERVICE_PORT_\(variableName(portName))", String(port.port)) }
            }
            for (index, port) in service.spec.ports.enumerated() {
                let transport = (port.protocol ?? "TCP").lowercased()
                let url = "\(transport)://\(address):\(port.port)"
                if index == 0 { add("\(name)_PORT", url) }
                let prefix = "\(name)_PORT_\(port.port)_\(transport.uppercased())"
                add(prefix, url)
                add("\(prefix)_PROTO", transport)
                add("\(prefix)_PORT", String(port.port))
                add("\(prefix)_ADDR", address)
            }
        }
        return variables
    }

    private static func variableName(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
    }
}
