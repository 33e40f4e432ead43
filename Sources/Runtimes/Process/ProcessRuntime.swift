import Bytes
package import ClusterAPI
package import Environment
package import NodeAgent
import Posix
import Synchronization

/// Containers as processes of this host, each in its own cgroups under a shim of its own.
///
/// - Invariant: it keeps no state that is not also in the shims' folders; a new runtime over the same folders is the same runtime.
package final class ProcessRuntime: ContainerRuntime {
    package struct Configuration: Sendable {
        /// The folder that holds the pods' folders, as `NodeLayout` has it.
        package var podsDirectory: String
        /// The program that is a shim when the folder is added to its arguments.
        package var shimCommand: [String]

        /// `/proc/self/exe` is this very program even after its file was replaced by an update.
        package init(podsDirectory: String, shimCommand: [String] = ["/proc/self/exe", "shim"]) {
            self.podsDirectory = podsDirectory
            self.shimCommand = shimCommand
        }
    }

    /// A shim that runs: by what it is signalled, and where its folder is.
    struct LiveShim {
        var descriptor: Int32
        var folder: String
    }

    struct State {
        var live: [ContainerIdentity: LiveShim] = [:]
        /// Where each known container's folder is.
        var folders: [ContainerIdentity: String] = [:]
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

    package func stop(_ id: ContainerIdentity, force: Bool) async throws(RuntimeError) {
        try signalShim(id, force ? .kill : .stop)
    }

    package func remove(_ id: ContainerIdentity) async throws(RuntimeError) {
        try await onThread { () throws(RuntimeError) in try self.removeBlocking(id) }
    }

    package func execute(_ id: ContainerIdentity, _ execution: ContainerExecution) async throws(RuntimeError) -> ProgramOutcome {
        try await onThread { () throws(RuntimeError) in try self.executeBlocking(id, execution) }
    }

    package func open(_ id: ContainerIdentity, _ options: ExecOptions) async throws(RuntimeError) -> ExecSession {
        try await onThread { () throws(RuntimeError) in try self.openBlocking(id, options) }
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

    func record(_ spec: ContainerSpec, _ state: ContainerRecord.State) -> ContainerRecord {
        ContainerRecord(id: spec.id, runtimeID: Self.runtimeID(spec.id), address: spec.address, state: state)
    }

    /// A name as other runtimes give: 64 hexadecimal digits, the same for the same run for ever.
    static func runtimeID(_ id: ContainerIdentity) -> String {
        var digits = ""
        for salt in 0..<4 {
            let hash = Hash64.hash("\(salt)/\(id.pod.uid)/\(id.name)/\(id.restart)")
            let text = String(hash, radix: 16)
            digits += String(repeating: "0", count: 16 - text.count) + text
        }
        return "process://" + digits
    }

    private func listBlocking() throws(RuntimeError) -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        do throws(FileError) {
            for path in try shimFolders() {
                let folder = ShimFolder(path)
                guard let spec = folder.readSpec() else { continue }
                state.withLock { $0.folders[spec.id] = folder.path }
                records.append(adopt(spec, folder))
            }
        } catch {
            throw RuntimeError(.environment, error.description)
        }
        return records
    }

    /// The folders `<pod>/<container>/shim-<restart>`.
    private func shimFolders() throws(FileError) -> [String] {
        func folders(_ path: String) throws(FileError) -> [String] {
            try files.list(path).map { path + "/" + $0 }.filter { (try? files.attributes($0))??.kind == .directory }
        }
        var found: [String] = []
        try files.createDirectory(configuration.podsDirectory)
        for pod in try folders(configuration.podsDirectory) {
            for container in try folders(pod) {
                found += try folders(container).filter { $0[$0.index(after: $0.lastIndex(of: "/")!)...].hasPrefix("shim-") }
            }
        }
        return found
    }

    /// What a folder says of its container; watches the shim when there is one.
    private func adopt(_ spec: ContainerSpec, _ folder: ShimFolder) -> ContainerRecord {
        if let exit = folder.readExit() { return record(spec, .exited(exit)) }
        guard let start = folder.readStart() else { return record(spec, .created) }
        if watch(spec.id, start.shim, folder), let container = folder.readStart()?.container {
            return record(spec, .running(ContainerRun(pid: container.pid, startedAt: start.startedAt)))
        }
        if let exit = folder.readExit() { return record(spec, .exited(exit)) }
        // Begun, and without a shim: a new one ends what is left and writes the exit.
        return record(spec, .exited(finishOrphan(spec, folder)))
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
                throw RuntimeError(.environment, "cannot start container \(spec.id.name): \(answer.isEmpty ? "its shim did not start" : answer)")
            }
        }
        return adopt(spec, folder)
    }

    /// Watches the shim of a container once, reporting its exit; false when it has ended.
    private func watch(_ id: ContainerIdentity, _ shim: ShimFolder.ProcessIdentity, _ folder: ShimFolder) -> Bool {
        if state.withLock({ $0.live[id] != nil }) { return true }
        let descriptor = exits.watch(shim) { [weak self] in self?.shimEnded(id, folder) }
        guard let descriptor else { return false }
        state.withLock { $0.live[id] = LiveShim(descriptor: descriptor, folder: folder.path) }
        return true
    }

    private func shimEnded(_ id: ContainerIdentity, _ folder: ShimFolder) {
        state.withLock { _ = $0.live.removeValue(forKey: id) }
        guard let spec = folder.readSpec() else { return }
        continuation.yield(record(spec, .exited(folder.readExit() ?? finishOrphan(spec, folder))))
    }

    // MARK: Removing

    private func removeBlocking(_ id: ContainerIdentity) throws(RuntimeError) {
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
