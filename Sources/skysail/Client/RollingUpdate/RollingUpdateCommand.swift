import ArgumentParser
import Bytes
import ClusterAPI
import Posix

/// Begins, follows, holds and takes back a rolling update; the server's controller carries it out, with or without this command.
struct RollingUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rolling-update",
        abstract: "Replace a ReplicationController by another, pod by pod.",
        discussion: """
            skysail rolling-update web -f web-v2.yaml
            skysail rolling-update web --image registry/web:2 --max-surge 25% --max-unavailable 0
            skysail rolling-update web --pause | --resume | --rollback
            The server goes on by itself when this command is interrupted; the same command follows it again.
            Linked as kubectl-rolling_update in the PATH it is `kubectl rolling-update`.
            """)

    @Argument(help: "The controller to be replaced.") var old: String
    @Argument(help: "With --image, the name of the new controller.") var new: String?
    @Option(name: [.customShort("f"), .long], help: "A file with the new ReplicationController.") var filename: String?
    @Option(help: "Image of the new pods; the rest is as in the old controller.") var image: String?
    @Option(help: "With --image, the container it is for, if there are several.") var container: String?
    @Option(help: "Pods in the end. Without it: as many as there are if an autoscaler has a say, else what the file says.") var replicas: Int?
    @Option(help: "Pods more than wanted that there may be meanwhile, a count or a percentage.") var maxSurge = "1"
    @Option(help: "Pods less than wanted that may be available meanwhile, a count or a percentage.") var maxUnavailable = "0"
    @Option(help: "How long to follow; the update goes on afterwards.") var timeout = DurationArgument(.seconds(300))
    @Flag(help: "Do not follow what happens.") var noWait = false
    @Flag(help: "Hold the update where it is.") var pause = false
    @Flag(help: "Go on with an update that was held.") var resume = false
    @Flag(help: "Return to the old controller.") var rollback = false
    @OptionGroup var place: KubectlOptions

    func validate() throws {
        let changes = [pause, resume, rollback].count { $0 }
        let sources = [filename != nil, image != nil].count { $0 }
        if changes + sources != 1 { throw ValidationError("say one of: -f FILE, --image IMAGE, --pause, --resume, --rollback") }
        if new != nil, image == nil { throw ValidationError("a second name goes with --image; in a file the name is the file's") }
        if let replicas, replicas < 0 { throw ValidationError("--replicas \(replicas) is less than nothing") }
        for (option, value) in [("--max-surge", maxSurge), ("--max-unavailable", maxUnavailable)] where RollingUpdate.amount(value) == nil {
            throw ValidationError("cannot read \(option) \(value): write a count, as 1, or a percentage, as 25%")
        }
    }

    func run() async throws {
        let (address, namespace) = try place.resolved()
        let connection = ServerConnection(address: address)
        do {
            try await run(ControllerRequests(connection: connection, namespace: namespace))
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func run(_ controllers: ControllerRequests) async throws {
        let target: String
        var isRollback = rollback
        if pause || resume || rollback {
            target = try await controllers.target(of: old)
            let phase: RollingUpdate.Phase = pause ? .paused : resume ? .progressing : .rollingBack
            try await controllers.setPhase(phase, of: target)
            print("\(target): \(phase.rawValue)")
            if pause { return }
        } else {
            target = try await begin(controllers)
            isRollback = try await controllers.update(target)?.phase == .rollingBack
        }
        if noWait { return }
        try await RollingUpdateProgress(controllers: controllers, target: target, isRollback: isRollback, limit: timeout.duration, print: print).follow()
    }

    /// Creates the new controller, or finds the update of an earlier call; returns the new controller's name.
    private func begin(_ controllers: ControllerRequests) async throws -> String {
        guard let source = try await controllers.get(old) else {
            // An earlier call may have come to its end.
            if let name = try newName(), let done = try await controllers.update(name), done.source == old, done.phase == .complete { return name }
            throw Failure("there is no replication controller \(old) in namespace \(controllers.namespace)")
        }
        let draft = try RollingUpdateDraft(
            source: source,
            manifest: filename.map { file in try Self.manifest(file) } ?? RollingUpdateDraft.changingImage(of: source, to: image ?? "", container: container, name: new))
        if let holder = source.metadata.annotations[RollingUpdate.targetAnnotation], holder != draft.name,
            let other = try await controllers.update(holder), other.isActive, other.sourceUID == source.metadata.uid
        {
            throw Failure("\(old) is being replaced by \(holder) already: follow, resume or roll back that update first")
        }
        if let standing = try await controllers.get(draft.name) {
            guard let update = try? RollingUpdate(of: standing), update.sourceUID == source.metadata.uid else {
                throw Failure("\(draft.name) is there already and is no update of \(old): choose another name")
            }
            print("\(draft.name) is replacing \(old) already (\(update.phase.rawValue))")
            if update.phase == .paused { throw Failure("the update is paused: go on with --resume") }
            return draft.name
        }
        let isAutoscaled = try await controllers.isAutoscaled(old)
        let present = source.spec.replicas ?? 1
        let update = RollingUpdate(
            source: old, sourceUID: source.metadata.uid, replicas: replicas ?? (isAutoscaled ? present : draft.replicas ?? present),
            maxSurge: RollingUpdate.amount(maxSurge) ?? .int(1), maxUnavailable: RollingUpdate.amount(maxUnavailable) ?? .int(0))
        try await controllers.create(draft.manifest(for: update))
        print("Created \(draft.name)")
        print(
            "Replacing \(old) by \(draft.name): \(update.replicas) pods, at least \(update.replicas - update.unavailable) available, at most "
                + "\(update.replicas + update.surge)")
        return draft.name
    }

    private func newName() throws -> String? {
        guard let filename else { return new }
        return try Self.manifest(filename)["metadata"]?["name"]?.stringValue
    }

    private static func manifest(_ file: String) throws -> JSONValue {
        let objects = try Manifests.files(file).flatMap(Manifests.objects)
        guard objects.count == 1, let object = objects.first, object["kind"]?.stringValue == "ReplicationController" else {
            throw Failure("\(file) must hold one ReplicationController and nothing else")
        }
        return object
    }

    private func print(_ line: String) { Terminal.print(line) }
}
