import Bytes
import ClusterAPI
import Posix

/// Follows a rolling update and prints each change, until it is over, held, or the time is up.
struct RollingUpdateProgress {
    let controllers: ControllerRequests
    let target: String
    let isRollback: Bool
    let limit: Duration
    let print: (String) -> Void

    private static let period = Duration.milliseconds(250)

    func follow() async throws {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds() &+ UInt64(max(0, limit.saturatedNanoseconds))
        var source = ""
        var last = ""
        while clock.monotonicNanoseconds() < end {
            guard let new = try await controllers.get(target) else {
                guard isRollback else { throw Failure("\(target) was deleted: the update is over, and \(source.isEmpty ? "the old controller" : source) is left as it is") }
                print("Rolled back: \(target) is gone")
                return
            }
            guard let update = try? RollingUpdate(of: new) else { throw Failure("\(target) is no longer part of a rolling update") }
            source = update.source
            switch update.phase {
            case .complete:
                print("Update succeeded: \(target) has replaced \(source)")
                return
            case .paused:
                print("Paused at \(Self.counts(new)) of \(update.replicas); go on with --resume")
                return
            case .rollingBack where !isRollback: throw Failure("somebody rolls \(target) back to \(source)")
            case .progressing where isRollback: throw Failure("somebody goes on with the update from \(source) to \(target)")
            case .progressing, .rollingBack: break
            }
            let line = "\(try await controllers.get(source).map(Self.counts) ?? "\(source) gone"), \(Self.counts(new)) of \(update.replicas)"
            if line != last { print(line) }
            last = line
            try await clock.sleep(for: Self.period)
        }
        throw Failure(
            "the update from \(source) to \(target) is not over after \(limit): it goes on; look with `kubectl describe rc \(target)`, hold it with --pause, return with --rollback")
    }

    private static func counts(_ controller: ReplicationController) -> String {
        "\(controller.metadata.name) \(controller.status.availableReplicas ?? 0)/\(controller.spec.replicas ?? 1) available"
    }
}
