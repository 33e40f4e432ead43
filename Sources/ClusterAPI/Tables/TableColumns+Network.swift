import Bytes

extension TableColumns {
    static let services: [TableColumn] = [
        name,
        TableColumn("Type", "How the service is reached.") { $0.text("spec", "type") },
        TableColumn("Cluster-IP", "Its address inside the cluster.") { $0.text("spec", "clusterIP", or: "<none>") },
        TableColumn("External-IP", "Its addresses outside.") { .string(externalAddress($0)) },
        TableColumn("Port(s)", "Its ports, with the node ports.") { row in
            let ports = row.array("spec", "ports").map { port -> String in
                let node = port["nodePort"]?.intValue ?? 0
                return "\(port["port"]?.intValue ?? 0)" + (node > 0 ? ":\(node)" : "") + "/\(port["protocol"]?.stringValue ?? "TCP")"
            }
            return .string(ports.isEmpty ? "<none>" : ports.joined(separator: ","))
        },
        age,
        TableColumn("Selector", wide: true, "Labels of the pods it stands for.") { $0.pairs("spec", "selector") },
    ]

    private static func externalAddress(_ row: TableRow) -> String {
        let given = row.array("spec", "externalIPs").compactMap(\.stringValue)
        switch row["spec", "type"]?.stringValue {
        case "ExternalName": return row["spec", "externalName"]?.stringValue ?? ""
        case "LoadBalancer":
            let ingress = row.array("status", "loadBalancer", "ingress").compactMap { $0["ip"]?.stringValue ?? $0["hostname"]?.stringValue }
            let all = ingress + given
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        default: return given.isEmpty ? "<none>" : given.joined(separator: ",")
        }
    }

    static let endpoints: [TableColumn] = [
        name,
        TableColumn("Endpoints", "Addresses and ports behind the service.") { row in
            var all: [String] = []
            for subset in row.array("subsets") {
                let ports = subset["ports"]?.arrayValue ?? []
                for address in subset["addresses"]?.arrayValue ?? [] {
                    let ip = address["ip"]?.stringValue ?? ""
                    if ports.isEmpty { all.append(ip) }
                    for port in ports { all.append("\(ip):\(port["port"]?.intValue ?? 0)") }
                }
            }
            return .string(shortened(all))
        },
        age,
    ]

    static let endpointSlices: [TableColumn] = [
        name,
        TableColumn("AddressType") { $0.text("addressType") },
        TableColumn("Ports") { row in
            .string(shortened(row.array("ports").map { $0["port"]?.intValue.map(String.init) ?? "*" }, missing: "<unset>"))
        },
        TableColumn("Endpoints") { row in
            .string(shortened(row.array("endpoints").flatMap { $0["addresses"]?.arrayValue ?? [] }.compactMap(\.stringValue), missing: "<unset>"))
        },
        age,
    ]

    /// The first three, and how many more.
    private static func shortened(_ all: [String], missing: String = "<none>") -> String {
        if all.isEmpty { return missing }
        let text = all.prefix(3).joined(separator: ",")
        return all.count > 3 ? "\(text) + \(all.count - 3) more..." : text
    }
}
