/// One pod over all time: a name may be used again, the uid never.
package struct PodIdentity: Hashable, Comparable, Sendable {
    package var namespace: String
    package var name: String
    package var uid: String

    package init(namespace: String, name: String, uid: String) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    package init(_ pod: Pod) {
        self.init(namespace: pod.metadata.namespace ?? "default", name: pod.metadata.name, uid: pod.metadata.uid)
    }

    /// `<namespace>_<name>_<uid>`; none of the three can contain an underscore.
    package var folderName: String { "\(namespace)_\(name)_\(uid)" }

    package init?(folderName: String) {
        let parts = folderName.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(namespace: parts[0], name: parts[1], uid: parts[2])
    }

    package static func < (left: PodIdentity, right: PodIdentity) -> Bool {
        (left.namespace, left.name, left.uid) < (right.namespace, right.name, right.uid)
    }
}

/// One run of one container.
package struct ContainerIdentity: Hashable, Comparable, Sendable {
    package var pod: PodIdentity
    package var name: String
    /// How often the container was started before in this pod.
    package var restart: Int

    package init(pod: PodIdentity, name: String, restart: Int) {
        self.pod = pod
        self.name = name
        self.restart = restart
    }

    package static func < (left: ContainerIdentity, right: ContainerIdentity) -> Bool {
        (left.pod, left.name, left.restart) < (right.pod, right.name, right.restart)
    }
}
