/// One run of one container of one pod: the attempt rises with every restart, so a run has the same name for ever.
package struct ContainerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var podUID: String
    package var container: String
    /// 0 for the first run; what `restartCount` says while it runs.
    package var attempt: Int

    package init(podUID: String, container: String, attempt: Int) {
        self.podUID = podUID
        self.container = container
        self.attempt = attempt
    }

    package static func < (left: ContainerID, right: ContainerID) -> Bool {
        (left.podUID, left.container, left.attempt) < (right.podUID, right.container, right.attempt)
    }

    package var description: String { "\(podUID)/\(container)/\(attempt)" }
}
