package import ClusterAPI
package import Environment

/// Where containers run. Real: host processes under shims, containerd. Simulated: a load model.
///
/// A container is named by its `ContainerIdentity`; every verb is idempotent, so an agent that died between doing and recording repeats itself
/// without harm.
package protocol ContainerRuntime: Sendable {
    /// What `status.nodeInfo.containerRuntimeVersion` says: name, `://`, version.
    var version: String { get }

    /// Why an image cannot be run here, or nil when it can.
    func refusal(ofImage image: String) -> RuntimeRefusal?

    /// Everything that was started or recorded and not removed: what an agent adopts after its restart.
    func list() async throws(RuntimeError) -> [ContainerRecord]

    /// Starts the container unless it was started before; returns what is known of it then.
    ///
    /// - Throws: when nothing was started. A program that cannot be executed is no error but an exit with the reason StartError.
    func start(_ spec: ContainerSpec) async throws(RuntimeError) -> ContainerRecord

    /// Asks the program to stop by its stop signal, or ends every process of the container at once. Returns without waiting for the exit,
    /// which comes as a change.
    func stop(_ id: ContainerIdentity, force: Bool) async throws(RuntimeError)

    /// Forgets a container that has exited or never ran; one that runs is killed first. Its log stays.
    func remove(_ id: ContainerIdentity) async throws(RuntimeError)

    /// Runs a program inside the container.
    func execute(_ id: ContainerIdentity, _ execution: ContainerExecution) async throws(RuntimeError) -> ProgramOutcome

    /// Starts a program inside the container, to be talked to while it runs; with `tty` on a terminal of its own.
    func open(_ id: ContainerIdentity, _ options: ExecOptions) async throws(RuntimeError) -> ExecSession

    /// Changes of state that nobody asked for, above all exits. One reader.
    var changes: AsyncStream<ContainerRecord> { get }
}

/// A program to run inside a container.
package struct ContainerExecution: Sendable {
    package var command: [String]
    package var input: [UInt8]
    package var timeout: Duration

    package init(command: [String], input: [UInt8] = [], timeout: Duration) {
        self.command = command
        self.input = input
        self.timeout = timeout
    }
}

/// Why a node cannot run an image, in the words of a waiting container's status.
package struct RuntimeRefusal: Hashable, Sendable {
    package var reason: String
    package var message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}

package struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case notFound, notRunning, timedOut
        /// The host refused a step; trying again later may help.
        case environment
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
