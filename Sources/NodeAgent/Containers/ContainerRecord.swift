package import Bytes
package import ClusterAPI

/// What a runtime knows of one container.
package struct ContainerRecord: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Recorded, and certainly never started.
        case created
        case running(ContainerRun)
        case exited(ContainerExit)
    }

    package var id: ContainerIdentity
    /// The runtime's own name for it, with the runtime's name in front: `process://…`.
    package var runtimeID: String
    /// The address its pod was given when it was started.
    package var address: String
    package var state: State

    package init(id: ContainerIdentity, runtimeID: String, address: String = "", state: State) {
        self.id = id
        self.runtimeID = runtimeID
        self.address = address
        self.state = state
    }
}

package struct ContainerRun: Hashable, Sendable {
    package var pid: Int32
    package var startedAt: Timestamp

    package init(pid: Int32, startedAt: Timestamp) {
        self.pid = pid
        self.startedAt = startedAt
    }
}

/// How a container ended.
package struct ContainerExit: Hashable, Sendable {
    /// The exit code, or 128 plus the signal.
    package var code: Int32
    /// 0 when no signal ended it.
    package var signal: Int32
    /// As Kubernetes spells them: Completed, Error, OOMKilled, StartError, ContainerStatusUnknown.
    package var reason: String
    package var message: String
    /// nil when it never ran.
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp

    package init(
        code: Int32, signal: Int32 = 0, reason: String, message: String = "", startedAt: Timestamp?, finishedAt: Timestamp
    ) {
        self.code = code
        self.signal = signal
        self.reason = reason
        self.message = message
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
