package import Bytes

/// What the autoscaler knows of one pod of its target.
package struct PodObservation: Sendable, Equatable {
    package enum Phase: String, Sendable { case pending = "Pending", running = "Running", succeeded = "Succeeded", failed = "Failed", unknown = "Unknown" }

    package struct Container: Sendable, Equatable {
        package var name: String
        /// Milli-units (of cores, or of bytes) by resource; what is not requested is not there.
        package var requests: [String: Int64]

        package init(name: String, requests: [String: Int64]) {
            self.name = name
            self.requests = requests
        }
    }

    package var name: String
    package var phase: Phase
    package var isDeleting: Bool
    /// Status of the Ready condition; nil when the pod has none.
    package var isReady: Bool?
    package var startTime: Timestamp?
    /// When the Ready condition last changed.
    package var readyTransition: Timestamp?
    package var containers: [Container]
    /// What the pod requests as a whole, by resource, where that is given; it stands before the containers' sum.
    package var podRequests: [String: Int64] = [:]

    package init(
        name: String, phase: Phase, isDeleting: Bool = false, isReady: Bool?, startTime: Timestamp?, readyTransition: Timestamp?,
        containers: [Container] = []
    ) {
        self.name = name
        self.phase = phase
        self.isDeleting = isDeleting
        self.isReady = isReady
        self.startTime = startTime
        self.readyTransition = readyTransition
        self.containers = containers
    }
}

/// A pod's measured value.
package struct PodMetric: Sendable, Equatable {
    /// Milli-units.
    package var value: Int64
    /// Time of the newest sample in it.
    package var time: Timestamp
    /// Length of time over which it was measured.
    package var window: Duration

    package init(value: Int64, time: Timestamp, window: Duration) {
        self.value = value
        self.time = time
        self.window = window
    }
}

/// Pods sorted by whether their metric can be trusted.
///
/// - Source: rule 3 of the HorizontalPodAutoscaler: a starting pod's CPU says nothing about load.
package struct PodGroups: Sendable, Equatable {
    package var readyCount = 0
    package var unready: Set<String> = []
    package var missing: Set<String> = []
    package var ignored: Set<String> = []

    package struct Timing: Sendable, Equatable {
        /// How long after its start a pod's CPU is not believed unless the pod was ready for the whole sample.
        package var cpuInitialization = Duration.seconds(300)
        /// How long after its start nothing that a pod uses is believed; zero leaves that to the rules above.
        package var warmUp = Duration.zero
        /// A pod that turned unready so soon after its start has never been ready.
        package var initialReadinessDelay = Duration.seconds(30)

        package init() {}
    }

    /// - Parameter isCPU: only CPU looks at readiness; memory and custom metrics do not.
    package init(_ pods: [PodObservation], metrics: [String: PodMetric], isCPU: Bool, timing: Timing, now: Timestamp) {
        for pod in pods {
            if pod.isDeleting || pod.phase == .failed {
                ignored.insert(pod.name)
            } else if pod.phase == .pending {
                unready.insert(pod.name)
            } else if timing.warmUp > .zero, let start = pod.startTime, start + timing.warmUp > now {
                unready.insert(pod.name)
            } else if let metric = metrics[pod.name] {
                if isCPU && Self.isStarting(pod, metric, timing, now) { unready.insert(pod.name) } else { readyCount += 1 }
            } else {
                missing.insert(pod.name)
            }
        }
    }

    private static func isStarting(_ pod: PodObservation, _ metric: PodMetric, _ timing: Timing, _ now: Timestamp) -> Bool {
        guard let isReady = pod.isReady, let start = pod.startTime else { return true }
        let transition = pod.readyTransition ?? start
        // A time in the future was written under a clock that is ahead: nothing follows from it but what the pod says of itself.
        if start > now || transition > now { return !isReady }
        if start + timing.cpuInitialization > now {
            return !isReady || metric.time < transition + metric.window
        }
        return !isReady && start + timing.initialReadinessDelay > transition
    }
}
