import Bytes
import ClusterAPI
import Reconciliation

/// From a pod's container to what the runtime is told.
extension AgentCore {
    func spec(_ state: PodState, _ container: Container, restart: Int) throws(ContainerVariables.Failure) -> ContainerSpec {
        let pod = state.pod
        let hostname = pod.spec.hostname.flatMap { $0.isEmpty ? nil : $0 } ?? pod.metadata.name
        let variables = try ContainerVariables(
            pod: pod, container: container, address: state.address, hostAddress: configuration.hostAddress,
            allocatable: configuration.allocatable,
            defaults: [
                .init(name: "PATH", value: configuration.searchPath), .init(name: "HOSTNAME", value: hostname),
                .init(name: "POD_IP", value: state.address), .init(name: "POD_NAME", value: pod.metadata.name),
                .init(name: "POD_NAMESPACE", value: state.identity.namespace),
            ],
            services: visibleServices(pod)
        ).resolve(references)
        func expand(_ text: String) -> String {
            VariableExpansion.expand(text) { name in variables.first { $0.name == name }?.value }
        }
        let command = (container.command + container.args).map(expand)
        guard !command.isEmpty else {
            throw ContainerVariables.Failure(message: "no command specified: the image \"\(container.image ?? "")\" has none of its own")
        }
        var mounts: [ContainerSpec.Mount]
        do throws(PodVolumes.Failure) {
            mounts = try PodVolumes.mounts(container, plans: state.plans, variables: variables)
        } catch {
            throw ContainerVariables.Failure(message: error.message)
        }
        if configuration.canMount, resolverText(pod) != nil, !mounts.contains(where: { $0.target == "/etc/resolv.conf" }) {
            mounts.append(
                .init(source: configuration.layout.resolvConfPath(state.identity), target: "/etc/resolv.conf", isReadOnly: true))
        }
        let id = ContainerIdentity(pod: state.identity, name: container.name, restart: restart)
        return ContainerSpec(
            id: id, image: container.image ?? "", command: command, environment: variables,
            workingDirectory: container.workingDir.flatMap { $0.isEmpty ? nil : $0 }, identity: identity(container, pod),
            resources: resources(container, pod), mounts: mounts, hostname: hostname, address: state.address,
            folder: configuration.layout.shimDirectory(id), logPath: configuration.layout.logPath(id),
            cgroup: "/" + configuration.layout.relativeCgroup(podUID: state.identity.uid, container: container.name))
    }

    /// The services a pod hears of: those of its namespace unless it asks not to, and the API server's own.
    private func visibleServices(_ pod: Pod) -> [Service] {
        let namespace = pod.metadata.namespace ?? ""
        let links = pod.spec.enableServiceLinks ?? true
        return services.sortedObjects.filter { service in
            if service.metadata.namespace == "default" && service.metadata.name == "kubernetes" { return true }
            return links && service.metadata.namespace == namespace
        }
    }

    private func identity(_ container: Container, _ pod: Pod) -> ContainerSpec.Identity? {
        let own = container.securityContext
        let shared = pod.spec.securityContext
        guard let user = own?.runAsUser ?? shared?.runAsUser else { return nil }
        let groups = (shared?.supplementalGroups ?? []) + (shared?.fsGroup.map { [$0] } ?? [])
        return .init(
            user: UInt32(clamping: user), group: UInt32(clamping: own?.runAsGroup ?? shared?.runAsGroup ?? 0),
            supplementalGroups: groups.map { UInt32(clamping: $0) })
    }

    private func resources(_ container: Container, _ pod: Pod) -> ContainerResources {
        let limits = container.resources?.limits ?? [:]
        let requests = container.resources?.requests ?? [:]
        let quality = QualityOfService(pod)
        let memoryRequest = (requests["memory"] ?? limits["memory"])?.value ?? 0
        return ContainerResources(
            cpuRequestMillicores: requests["cpu"]?.milliValue, cpuLimitMillicores: limits["cpu"]?.milliValue,
            memoryLimitBytes: limits["memory"].map { UInt64(max(0, $0.value)) }, processLimit: configuration.processLimitPerPod,
            outOfMemoryScore: quality.outOfMemoryScore(
                memoryRequest: memoryRequest, memoryCapacity: configuration.capacity["memory"]?.value ?? 0))
    }

    // MARK: The resolver's configuration

    func resolverPlan(_ state: PodState) -> VolumePlan? {
        guard configuration.canMount, let text = resolverText(state.pod) else { return nil }
        return VolumePlan(
            name: ".resolv.conf", path: configuration.layout.resolvConfPath(state.identity),
            content: .file(.init(path: "", bytes: Array(text.utf8), mode: 0o644)))
    }

    /// The pod's own `resolv.conf`; nil when it uses the host's.
    ///
    /// - Source: the kubelet's `network/dns/dns.go`.
    private func resolverText(_ pod: Pod) -> String? {
        let policy = pod.spec.dnsPolicy ?? "ClusterFirst"
        var servers: [String] = []
        var searches: [String] = []
        var options: [String] = []
        switch policy {
        case "None": break
        case "ClusterFirst" where !(pod.spec.hostNetwork ?? false), "ClusterFirstWithHostNet":
            guard let server = configuration.nameServer else { return nil }
            servers = [server]
            let domain = configuration.clusterDomain
            searches = ["\(pod.metadata.namespace ?? "default").svc.\(domain)", "svc.\(domain)", domain]
            options = ["ndots:5"]
        default:
            if pod.spec.dnsConfig == nil { return nil }
        }
        if let own = pod.spec.dnsConfig {
            servers += own.nameservers
            searches += own.searches
            for option in own.options {
                guard let name = option.name else { continue }
                options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
                options.append(option.value.map { "\(name):\($0)" } ?? name)
            }
        }
        var text = servers.map { "nameserver \($0)\n" }.joined()
        if !searches.isEmpty { text += "search \(searches.joined(separator: " "))\n" }
        if !options.isEmpty { text += "options \(options.joined(separator: " "))\n" }
        return text
    }
}
