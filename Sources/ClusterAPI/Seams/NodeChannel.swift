/// The seam between the API server and the agents: what only the node of a pod can answer.
///
/// Byte streams are bounded; a reader that stops reading stops the node's side. Ending a stream early ends the work behind it.
package protocol NodeChannel: Sendable {
    /// The text of a container's log, line by line as `options` ask; with `follow` it ends when the container does.
    func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream
    /// Runs a program in a container, or attaches to its main program when `command` is empty.
    func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession
    /// The kubelet's summary of a node and its pods, as JSON.
    func stats(node: String) async throws(StatusError) -> [UInt8]
}

/// A container of a bound pod.
package struct ContainerTarget: Hashable, Sendable {
    package var node: String
    package var namespace: String
    package var pod: String
    package var podUID: String
    package var container: String

    package init(node: String, namespace: String, pod: String, podUID: String, container: String) {
        self.node = node
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.container = container
    }
}

/// - Source: Kubernetes `PodLogOptions`.
package struct LogOptions: Hashable, Sendable {
    package var follow = false
    package var previous = false
    package var timestamps = false
    package var tailLines: Int?
    package var limitBytes: Int?
    package var sinceSeconds: Int?
    /// Nanoseconds since the epoch.
    package var sinceTimeNanoseconds: Int64?

    package init() {}
}

/// - Source: Kubernetes `PodExecOptions`.
package struct ExecOptions: Hashable, Sendable {
    package var command: [String] = []
    package var stdin = false
    package var stdout = true
    package var stderr = true
    package var tty = false

    package init() {}
}

/// A running program: frames in both directions.
package struct ExecSession: Sendable {
    package enum Output: Sendable, Equatable {
        case stdout([UInt8])
        case stderr([UInt8])
        /// The last one: the exit code, or why there is none.
        case exited(code: Int)
        case failed(StatusError)
    }

    package enum Input: Sendable, Equatable {
        case stdin([UInt8])
        case closeStdin
        case resize(width: Int, height: Int)
    }

    /// The next output, nil after the last; one caller at a time.
    package let read: @Sendable () async -> Output?
    /// Waits until the program's side has taken the input.
    package let write: @Sendable (Input) async -> Void
    /// Ends the session and kills the program if it still runs.
    package let close: @Sendable () -> Void

    package init(
        read: @escaping @Sendable () async -> Output?, write: @escaping @Sendable (Input) async -> Void,
        close: @escaping @Sendable () -> Void
    ) {
        self.read = read
        self.write = write
        self.close = close
    }
}

/// Bytes that come bit by bit.
package struct ByteStream: Sendable {
    /// The next piece, nil at the end; one caller at a time.
    package let read: @Sendable () async throws(StatusError) -> [UInt8]?
    package let close: @Sendable () -> Void

    package init(read: @escaping @Sendable () async throws(StatusError) -> [UInt8]?, close: @escaping @Sendable () -> Void) {
        self.read = read
        self.close = close
    }
}
