/// The arithmetic of a rolling update: what to do next, from the counts of both controllers alone.
///
/// Written for a move from `source` to `target`; a rollback is the same move with the sides exchanged.
/// - Invariant: a step never brings the pods of both above `replicas + surge`, nor takes a pod away that would bring the available ones
///   below `replicas - unavailable`.
struct RollingUpdatePlan {
    /// One controller of the two.
    struct Side: Equatable {
        /// What it is told to have.
        var wanted: Int
        /// What counts against the limit: what it has or will have.
        var present: Int
        /// Ready for long enough, and not about to be removed.
        var available: Int

        static let gone = Side(wanted: 0, present: 0, available: 0)

        init(wanted: Int, present: Int? = nil, available: Int) {
            self.wanted = wanted
            self.present = max(wanted, present ?? wanted)
            self.available = min(wanted, available)
        }
    }

    enum Step: Equatable {
        case scaleSource(Int)
        case scaleTarget(Int)
        case finish
    }

    var replicas: Int
    var surge: Int
    var unavailable: Int

    /// The next steps of an update under way; none while it has to wait.
    func next(from source: Side, to target: Side, sourceExists: Bool = true) -> [Step] {
        var steps: [Step] = []
        let room = replicas + surge - source.present - target.present
        // The source keeps what the target does not provide yet. When more are wanted than before, and the target's pods do not
        // come up, it grows again: load that rises during a bad update must be served all the same.
        let kept = max(0, replicas - unavailable - target.available)
        var growth = 0
        if kept < source.wanted {
            steps.append(.scaleSource(kept))
        } else if kept > source.wanted, sourceExists, room > 0 {
            growth = min(kept - source.wanted, room)
            steps.append(.scaleSource(source.wanted + growth))
        }
        if target.wanted > replicas {
            steps.append(.scaleTarget(replicas))
        } else if target.wanted < replicas, room > growth {
            steps.append(.scaleTarget(min(replicas, target.wanted + room - growth)))
        }
        let isDone = source.present == 0 && target.wanted == replicas && target.available == replicas
        return steps.isEmpty && isDone ? [.finish] : steps
    }

    /// Steps of an update that is paused: the mix stays; only when another number is wanted both sides change in proportion.
    func paused(_ source: Side, _ target: Side, sourceExists: Bool = true) -> [Step] {
        let total = source.wanted + target.wanted
        guard total < replicas - unavailable || total > replicas + surge else { return [] }
        let share = sourceExists ? (total == 0 ? 0 : (replicas * target.wanted + total / 2) / total) : replicas
        var steps: [Step] = []
        if share != target.wanted { steps.append(.scaleTarget(share)) }
        if sourceExists, replicas - share != source.wanted { steps.append(.scaleSource(replicas - share)) }
        return steps
    }
}
