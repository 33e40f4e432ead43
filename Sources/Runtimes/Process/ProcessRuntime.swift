package import Environment
package import NodeAgent
import Posix
import Synchronization

/// Containers as processes of this host, each in its own cgroups under a shim of its own.
///
/// - Invariant: it keeps no state that is not also in the shims' folders; a new runtime over the same folders is the same runtime.
package final class ProcessRuntime: ContainerRuntime {
    package struct Configuration: Sendable {
        /// The folder that holds the shims' folders.
        package var shims: String
        /// The program that is a shim when the folder is added to its arguments.
        package var shimCommand: [String]

        /// `/proc/self/exe` is this very program even after its file was replaced by an update.
        package init(shims: String, shimCommand: [String] = ["/proc/self/exe", "shim"]) {
            self.shims = shims
            self.shimCommand = shimCommand
        }
    }

    /// A shim that runs: by what it is signalled, and where its folder is.
    struct LiveShim {
        var descriptor: Int32
        var folder: String
    }

    struct State {
        var live: [ContainerID: LiveShim] = [:]
        /// Where each known container's folder is.
        var folders: [ContainerID: String] = [:]
    }

    let configuration: Configuration
    let state = Mutex(State())
    let exits = ExitWatcher()
    package let changes: AsyncStream<ContainerRecord>
    let continuation: AsyncStream<ContainerRecord>.Continuation
    let files = PosixFileSystem()

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        // A level per container would do, but exits are few; the agent lists again when it starts.
        (changes, continuation) = AsyncStream.makeStream(of: ContainerRecord.self, bufferingPolicy: .unbounded)
    }

    deinit {
        exits.close()
        continuation.finish()
    }

    package var version: String { "process://1.0" }

    /// The only image there is: the host's own root file system.
    package static let hostImage = "host"

    package func refusal(ofImage image: String) -> RuntimeRefusal? {
        if image == Self.hostImage || image == Self.hostImage + ":latest" { return nil }
        return RuntimeRefusal(
            reason: "ImageNotSupported",
            message: "cannot run image \"\(image)\" on this node: its runtime \"process\" runs programs of the host itself, as image \"host\"; "
                + "images need a node with containerd")
    }

    // MARK: The verbs

    package func list() async throws(RuntimeError) -> [ContainerRecord] {
        try await onThread { () throws(RuntimeError) in try self.listBlocking() }
    }

    package func start(_ spec: ContainerSpec) async throws(RuntimeError) -> ContainerRecord {
        try await onThread { () throws(RuntimeError) in try self.startBlocking(spec) }
    }

    package func stop(_ id: ContainerID, force: Bool) async throws(RuntimeError) {
        try signalShim(id, force ? .kill : .stop)
    }

    package func remove(_ id: ContainerID) async throws(RuntimeError) {
        try await onThread { () throws(RuntimeError) in try self.removeBlocking(id) }
    }

    package func execute(_ id: ContainerID, _ execution: ContainerExecution) async throws(RuntimeError) -> ProgramOutcome {
        try await onThread { () throws(RuntimeError) in try self.executeBlocking(id, execution) }
    }

    /// Runs what blocks on a thread of its own: starting, stopping and probing are rare, and must not wait for each other.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws(RuntimeError) -> Value) async throws(RuntimeError) -> Value {
        let result: Result<Value, RuntimeError> = await withCheckedContinuation { continuation in
            PosixThread.start(name: "runtime") {
                let result: Result<Value, RuntimeError>
                do throws(RuntimeError) { result = .success(try body()) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    // MARK: Folders

    func record(_ id: ContainerID, _ state: ContainerRecord.State) -> ContainerRecord {
        ContainerRecord(id: id, runtimeID: Self.runtimeID(id), state: state)
    }

    /// A name as other runtimes give: 64 hexadecimal digits, the same for the same run for ever.
    static func runtimeID(_ id: ContainerID) -> String {
        var digits = ""
        for salt in 0..<4 {
            let hash = stableHash("\(salt)/\(id)")
            let text = String(hash, radix: 16)
            digits += String(repeating: "0", count: 16 - text.count) + text
        }
        return "process://" + digits
    }

    private func listBlocking() throws(RuntimeError) -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        do throws(FileError) {
            try files.createDirectory(configuration.shims)
            for name in try files.list(configuration.shims) {
                let folder = ShimFolder(configuration.shims + "/" + name)
                guard let spec = folder.readSpec() else { continue }
                state.withLock { $0.folders[spec.id] = folder.path }
                records.append(adopt(spec, folder))
            }
        } catch {
            throw RuntimeError(.environment, error.description)
        }
        return records
    }

    /// What a folder says of its container; watches the shim when there is one.
    private func adopt(_ spec: ContainerSpec, _ folder: ShimFolder) -> ContainerRecord {
        if let exit = folder.readExit() { return record(spec.id, .exited(exit)) }
        guard let start = folder.readStart() else { return record(spec.id, .created) }
        if watch(spec.id, start.shim, folder), let container = folder.readStart()?.container {
            return record(spec.id, .running(ContainerRun(pid: container.pid, startedAt: start.startedAt)))
        }
        if let exit = folder.readExit() { return record(spec.id, .exited(exit)) }
        // Begun, and without a shim: a new one ends what is left and writes the exit.
        return record(spec.id, .exited(finishOrphan(spec, folder)))
    }

    private func finishOrphan(_ spec: ContainerSpec, _ folder: ShimFolder) -> ContainerExit {
        _ = try? runShim(folder)
        return folder.readExit()
            ?? ContainerExit(
                code: 137, signal: 9, reason: "ContainerStatusUnknown", message: "the container's shim cannot be run", startedAt: nil,
                finishedAt: SystemClock().now())
    }

    // MARK: Starting

    private func startBlocking(_ spec: ContainerSpec) throws(RuntimeError) -> ContainerRecord {
        let folder = ShimFolder(spec.folder)
        do throws(FileError) {
            try files.createDirectory(spec.folder)
            if folder.readSpec() == nil { try folder.writeSpec(spec) }
        } catch {
            throw RuntimeError(.environment, error.description)
        }
        state.withLock { $0.folders[spec.id] = folder.path }
        if folder.readStart() == nil && folder.readExit() == nil {
            let answer = try runShim(folder)
            guard answer == "ok" else {
                throw RuntimeError(.environment, "cannot start container \(spec.id.container): \(answer.isEmpty ? "its shim did not start" : answer)")
            }
        }
        return adopt(spec, folder)
    }

    /// Watches the shim of a container once, reporting its exit; false when it has ended.
    private func watch(_ id: ContainerID, _ shim: ShimFolder.ProcessIdentity, _ folder: ShimFolder) -> Bool {
        if state.withLock({ $0.live[id] != nil }) { return true }
        let descriptor = exits.watch(shim) { [weak self] in self?.shimEnded(id, folder) }
        guard let descriptor else { return false }
        state.withLock { $0.live[id] = LiveShim(descriptor: descriptor, folder: folder.path) }
        return true
    }

    private func shimEnded(_ id: ContainerID, _ folder: ShimFolder) {
        state.withLock { _ = $0.live.removeValue(forKey: id) }
        if let exit = folder.readExit() {
            continuation.yield(record(id, .exited(exit)))
        } else if let spec = folder.readSpec() {
            continuation.yield(record(id, .exited(finishOrphan(spec, folder))))
        }
    }

    // MARK: Removing

    private func removeBlocking(_ id: ContainerID) throws(RuntimeError) {
        guard let path = state.withLock({ $0.folders[id] }) else { return }
        let folder = ShimFolder(path)
        if folder.isLocked {
            try? signalShim(id, .kill)
            // The shim writes the exit when the kernel has let go of the processes.
            for _ in 0..<1000 where folder.isLocked { Self.pause(milliseconds: 5) }
        }
        do throws(FileError) {
            try folder.remove()
        } catch {
            throw RuntimeError(.environment, error.description)
        }
        state.withLock { _ = $0.folders.removeValue(forKey: id) }
    }
}
