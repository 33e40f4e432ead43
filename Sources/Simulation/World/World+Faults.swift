import Bytes
import Reconciliation

/// What goes wrong by itself.
extension World {
    mutating func scheduleFaults() {
        for fault in [Fault.actorRestart, .nodeDeath, .partition, .clockJump, .storeRestart, .silence] { scheduleNext(fault) }
    }

    private mutating func scheduleNext(_ fault: Fault) {
        let interval: Duration? =
            switch fault {
            case .actorRestart: faults.actorRestarts
            case .nodeDeath: faults.nodeDeaths
            case .partition: faults.partitions
            case .clockJump: faults.clockJumps
            case .storeRestart: faults.storeRestarts
            case .silence: faults.silences
            }
        guard let interval else { return }
        agenda.add(.fault(fault), at: now + draw(upTo: interval * 2))
    }

    mutating func suffer(_ fault: Fault) {
        // What was planned when faults were still on does not happen any more.
        if faults == .none { return }
        switch fault {
        case .actorRestart:
            if let index = choose({ !$0.isNode && $0.isRunning }) { restart(index, after: .milliseconds(100) + draw(upTo: .seconds(5))) }
        case .nodeDeath:
            if let index = choose({ $0.isNode && $0.isRunning }) { restart(index, after: .seconds(5) + draw(upTo: .seconds(120))) }
        case .partition:
            if let index = choose({ $0.isRunning }) { partition(index, for: .seconds(1) + draw(upTo: .seconds(60))) }
        case .clockJump:
            if let index = choose({ $0.isRunning }) {
                // The stores share the autoscaler's clock, and what it wrote ahead of the time has to pass before it is believed again.
                let longest: Duration = actors[index].name == SimulatedAutoscaler.name ? .seconds(180) : .seconds(3600)
                let size = draw(upTo: happens(0.5) ? .seconds(10) : longest)
                jumpClock(index, by: happens(0.5) ? size : .zero - size)
            }
        case .storeRestart: restartStores()
        case .silence: silenceMeters(for: .seconds(1) + draw(upTo: .seconds(90)))
        }
        scheduleNext(fault)
    }

    private mutating func choose(_ isCandidate: (SimulatedActor) -> Bool) -> Int? {
        let candidates = actors.indices.filter { isCandidate(actors[$0]) }
        return candidates.isEmpty ? nil : candidates[random.next(below: candidates.count)]
    }

    mutating func restart(_ index: Int, after delay: Duration) {
        stop(index)
        agenda.add(.start(actor: index), at: now + delay)
    }

    mutating func partition(_ index: Int, for duration: Duration) {
        trace.add(now, "\(actors[index].name) is cut off for \(Trace.seconds(duration)) s")
        actors[index].partitionedUntil = now + duration
    }

    mutating func jumpClock(_ index: Int, by difference: Duration) {
        trace.add(now, "\(actors[index].name)'s clock jumps by \(difference.wholeMilliseconds) ms")
        actors[index].clockOffset += difference
        if actors[index].name == SimulatedAutoscaler.name { metering?.checker.clockJumped(by: difference, at: now) }
        if actors[index].isRunning { deliver(nil, to: index) }
    }

    /// Ends all faults: the network is whole and quick, and whoever is down comes back. Clocks stay as wrong as they are.
    package mutating func heal() {
        trace.add(now, "the faults end")
        faults = .none
        metering?.silentUntil = nil
        metering?.telemetry.setTroubles(.init())
        for index in actors.indices {
            actors[index].partitionedUntil = nil
            if !actors[index].isRunning { agenda.add(.start(actor: index), at: now) }
        }
    }
}
