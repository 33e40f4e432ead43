package import ClusterAPI

/// What an agent is told about its node; constant for its life.
package struct AgentConfiguration: Sendable {
    package var nodeName: String
    package var layout: NodeLayout
    /// The node's own address, as pods and the API server know it.
    package var hostAddress: String
    /// Where pod addresses come from.
    package var podRange: String
    /// The PATH that containers get unless they set one.
    package var searchPath: String
    /// The name server of the cluster; nil leaves pods with the host's.
    package var nameServer: String?
    package var clusterDomain: String
    /// Whether the runtime can show files at other paths: it needs root.
    package var canMount: Bool
    package var capacity: [String: Quantity]
    package var allocatable: [String: Quantity]
    package var labels: [String: String]
    package var system: NodeSystemInfo
    package var processLimitPerPod: UInt64?

    package init(
        nodeName: String, layout: NodeLayout, hostAddress: String = "127.0.0.1", podRange: String = "127.16.0.0/12",
        searchPath: String = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", nameServer: String? = nil,
        clusterDomain: String = "cluster.local", canMount: Bool = true, capacity: [String: Quantity] = [:],
        allocatable: [String: Quantity] = [:], labels: [String: String] = [:], system: NodeSystemInfo = NodeSystemInfo(),
        processLimitPerPod: UInt64? = nil
    ) {
        self.nodeName = nodeName
        self.layout = layout
        self.hostAddress = hostAddress
        self.podRange = podRange
        self.searchPath = searchPath
        self.nameServer = nameServer
        self.clusterDomain = clusterDomain
        self.canMount = canMount
        self.capacity = capacity
        self.allocatable = allocatable
        self.labels = labels
        self.system = system
        self.processLimitPerPod = processLimitPerPod
    }
}
