/// A rolling update from one ReplicationController, the source, to another, the target, as the target's annotations tell it.
///
/// The annotations are the update's only memory: whoever reads them goes on where the last one stopped.
/// - Invariant: while an update is active, `replicas` is the number that both controllers together should come to; autoscalers change it
///   instead of either controller's own number.
package struct RollingUpdate: Equatable, Sendable {
    package enum Phase: String, Sendable {
        case progressing = "Progressing"
        case paused = "Paused"
        case rollingBack = "RollingBack"
        case complete = "Complete"
    }

    /// An annotation that cannot be read.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var annotation: String
        package var value: String

        package var description: String { "cannot read annotation \(annotation): \"\(value)\"" }
    }

    private static let prefix = "rolling-update.skysail.dev/"
    package static let sourceAnnotation = prefix + "source"
    package static let sourceUIDAnnotation = prefix + "source-uid"
    package static let replicasAnnotation = prefix + "replicas"
    package static let maxSurgeAnnotation = prefix + "max-surge"
    package static let maxUnavailableAnnotation = prefix + "max-unavailable"
    package static let phaseAnnotation = prefix + "phase"
    /// On the source: the name of the target, so that a source is replaced by one at a time.
    package static let targetAnnotation = prefix + "target"

    package var source: String
    /// Tells the source from another controller that takes its name later.
    package var sourceUID: String
    package var replicas: Int
    package var maxSurge: IntOrString
    package var maxUnavailable: IntOrString
    package var phase: Phase

    package init(
        source: String, sourceUID: String, replicas: Int, maxSurge: IntOrString = .int(1), maxUnavailable: IntOrString = .int(0),
        phase: Phase = .progressing
    ) {
        self.source = source
        self.sourceUID = sourceUID
        self.replicas = replicas
        self.maxSurge = maxSurge
        self.maxUnavailable = maxUnavailable
        self.phase = phase
    }

    /// Reads a target's annotations; nil when the controller is no target.
    package init?(of controller: ReplicationController) throws(Malformed) {
        let annotations = controller.metadata.annotations
        guard let source = annotations[Self.sourceAnnotation] else { return nil }
        self.source = source
        sourceUID = annotations[Self.sourceUIDAnnotation] ?? ""
        replicas = try Self.read(Self.replicasAnnotation, annotations) { Int($0).flatMap { $0 >= 0 ? $0 : nil } }
        maxSurge = try Self.read(Self.maxSurgeAnnotation, annotations, Self.amount)
        maxUnavailable = try Self.read(Self.maxUnavailableAnnotation, annotations, Self.amount)
        phase = try Self.read(Self.phaseAnnotation, annotations) { Phase(rawValue: $0) }
    }

    private static func read<Value>(
        _ name: String, _ annotations: [String: String], _ parse: (String) -> Value?
    ) throws(Malformed) -> Value {
        let text = annotations[name] ?? ""
        guard let value = parse(text) else { throw Malformed(annotation: name, value: text) }
        return value
    }

    /// A count, or a percentage, neither of them negative; nil for another text.
    package static func amount(_ text: String) -> IntOrString? {
        if let count = Int(text) { return count >= 0 ? .int(count) : nil }
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 else { return nil }
        return .string(text)
    }

    package var annotations: [String: String] {
        [
            Self.sourceAnnotation: source, Self.sourceUIDAnnotation: sourceUID, Self.replicasAnnotation: String(replicas),
            Self.maxSurgeAnnotation: maxSurge.description, Self.maxUnavailableAnnotation: maxUnavailable.description,
            Self.phaseAnnotation: phase.rawValue,
        ]
    }

    package var isActive: Bool { phase != .complete }

    /// Pods beyond `replicas` that there may be; at least one when none may be missing, or nothing could move.
    package var surge: Int {
        let count = maxSurge.scaled(of: replicas, roundingUp: true) ?? 1
        return count == 0 && unavailable == 0 ? 1 : count
    }

    /// Pods of `replicas` that may be missing.
    package var unavailable: Int { min(replicas, maxUnavailable.scaled(of: replicas, roundingUp: false) ?? 0) }
}

/// The two controllers of an update that is under way.
package struct RollingUpdatePair: Sendable {
    package var update: RollingUpdate
    /// nil when it is gone.
    package var source: ReplicationController?
    package var target: ReplicationController

    /// The pair that a controller is one of; nil when it takes part in no update.
    ///
    /// - Parameter find: the controller of a name in the same namespace.
    package init?(of controller: ReplicationController, find: (String) -> ReplicationController?) {
        if let update = try? RollingUpdate(of: controller), update.isActive {
            self.update = update
            target = controller
            source = find(update.source).flatMap { $0.metadata.uid == update.sourceUID ? $0 : nil }
            return
        }
        guard let name = controller.metadata.annotations[RollingUpdate.targetAnnotation], let target = find(name),
            let update = try? RollingUpdate(of: target), update.isActive, update.sourceUID == controller.metadata.uid
        else { return nil }
        self.update = update
        self.target = target
        source = controller
    }
}
