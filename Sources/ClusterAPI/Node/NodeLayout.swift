/// Where everything of a pod lies on its node; agent, shim, collector and log readers all derive the places from here.
///
/// - Invariant: a pure value; it asks no file system. The same pod gives the same places in any process and after any restart.
package struct NodeLayout: Hashable, Sendable {
    /// Folder of the data directory that belongs to the agent, without a slash at its end.
    package var agentDirectory: String
    package var cgroups: CgroupHierarchy
    /// Folder below each cgroup mount that holds all pods of this node.
    package var cgroupParent: String

    package init(agentDirectory: String, cgroups: CgroupHierarchy, cgroupParent: String = "skysail") {
        self.agentDirectory = agentDirectory
        self.cgroups = cgroups
        self.cgroupParent = cgroupParent
    }

    // MARK: Files

    package var podsDirectory: String { "\(agentDirectory)/pods" }

    /// `pods/<namespace>_<name>_<uid>`: the form of `/var/log/pods`.
    package func podDirectory(_ pod: PodIdentity) -> String { "\(podsDirectory)/\(pod.folderName)" }

    package func containerDirectory(_ container: ContainerIdentity) -> String {
        "\(podDirectory(container.pod))/\(container.name)"
    }

    /// The log of one run of a container, in CRI format.
    package func logPath(_ container: ContainerIdentity) -> String {
        "\(containerDirectory(container))/\(container.restart).log"
    }

    /// Where the shim of one run keeps its request, its state and the exit file.
    package func shimDirectory(_ container: ContainerIdentity) -> String {
        "\(containerDirectory(container))/shim-\(container.restart)"
    }

    package func volumesDirectory(_ pod: PodIdentity) -> String { "\(podDirectory(pod))/.volumes" }

    package func volumeDirectory(_ pod: PodIdentity, volume: String) -> String { "\(volumesDirectory(pod))/\(volume)" }

    /// The pod's own resolver configuration, and hosts file.
    package func resolvConfPath(_ pod: PodIdentity) -> String { "\(podDirectory(pod))/.resolv.conf" }
    package func hostsPath(_ pod: PodIdentity) -> String { "\(podDirectory(pod))/.hosts" }

    /// What a container writes as its last words.
    package func terminationMessagePath(_ container: ContainerIdentity) -> String {
        "\(containerDirectory(container))/termination-\(container.restart)"
    }

    /// Reads a log's path back; nil when it is none of this node's.
    package func container(logPath path: String) -> ContainerIdentity? {
        guard path.hasPrefix(podsDirectory + "/") else { return nil }
        let parts = path.dropFirst(podsDirectory.count + 1).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasSuffix(".log"), let restart = Int(parts[2].dropLast(4)), restart >= 0, !parts[1].isEmpty,
            let pod = PodIdentity(folderName: String(parts[0]))
        else { return nil }
        return ContainerIdentity(pod: pod, name: String(parts[1]), restart: restart)
    }

    // MARK: Control groups

    /// Folder of a pod's group below a mount: `skysail/pod<uid>`.
    package func relativeCgroup(podUID: String) -> String { "\(cgroupParent)/pod\(podUID)" }

    /// Folder of a container's group below a mount: `skysail/pod<uid>/<container>`. It is the same for all runs of the container.
    package func relativeCgroup(podUID: String, container: String) -> String {
        "\(relativeCgroup(podUID: podUID))/\(container)"
    }

    /// The container's group of one controller; nil when the controller is not mounted.
    package func cgroupPath(podUID: String, container: String, controller: String) -> String? {
        cgroups.mount(of: controller).map { "\($0)/\(relativeCgroup(podUID: podUID, container: container))" }
    }

    /// The container's groups in all mounted hierarchies, without repetition, in the order of their mounts.
    package func cgroupPaths(podUID: String, container: String) -> [String] {
        cgroups.allMounts.map { "\($0)/\(relativeCgroup(podUID: podUID, container: container))" }
    }

    package func podCgroupPaths(podUID: String) -> [String] {
        cgroups.allMounts.map { "\($0)/\(relativeCgroup(podUID: podUID))" }
    }

    /// Reads a group's path back, absolute or relative to its mount; nil when it is no container's.
    package func container(cgroupPath path: String) -> (podUID: String, container: String)? {
        let parts = path.split(separator: "/")
        let parent = cgroupParent.split(separator: "/")
        guard parts.count >= parent.count + 2 else { return nil }
        let tail = parts.suffix(parent.count + 2)
        guard Array(tail.prefix(parent.count)) == parent else { return nil }
        let pod = tail[tail.endIndex - 2]
        guard pod.hasPrefix("pod"), pod.count > 3 else { return nil }
        return (String(pod.dropFirst(3)), String(tail[tail.endIndex - 1]))
    }
}
