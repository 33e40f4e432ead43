package import Bytes

/// One metric or signal as it was read for an evaluation.
package struct Reading: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        /// Whole percent of what the pods request.
        case utilization(Int)
        /// Milli-units per pod.
        case averageValue(Int64)
        /// Milli-units altogether.
        case value(Int64)
    }

    package enum Values: Sendable, Equatable {
        case pods([String: PodMetric])
        /// Milli-units; several series are summed.
        case total([Int64])
        /// A fixed proposal in place of missing data.
        case fixed(Int)
        /// Nothing usable: why, as a condition reason and a sentence.
        case failed(reason: String, message: String)
    }

    /// How far the data can be trusted.
    package enum State: String, Sendable { case fresh = "Fresh", stale = "Stale", missing = "Missing", partial = "Partial", failed = "Failed", held = "LastValue" }

    /// `cpu resource`, or the signal's name: as messages name it.
    package var name: String
    /// The resource that is measured, empty for other metrics; only `cpu` looks at the readiness of pods.
    package var resource: String
    /// A container's name when only that one is looked at.
    package var container: String?
    package var target: Target
    package var values: Values
    package var state: State
    /// Time of the newest sample in it.
    package var sampleTime: Timestamp?
    /// The condition reason and the beginning of the message when no number comes out of it.
    package var failure = FailureWords()

    package struct FailureWords: Sendable, Equatable {
        package var reason = ""
        package var prefix = ""

        package init(reason: String = "", prefix: String = "") {
            self.reason = reason
            self.prefix = prefix
        }
    }

    package init(
        name: String, resource: String = "", container: String? = nil, target: Target, values: Values, state: State = .fresh,
        sampleTime: Timestamp? = nil
    ) {
        self.name = name
        self.resource = resource
        self.container = container
        self.target = target
        self.values = values
        self.state = state
        self.sampleTime = sampleTime
    }
}

/// Everything one evaluation looks at.
package struct DecisionInput: Sendable {
    package var minimum: Int
    package var maximum: Int
    /// `spec.replicas` and `status.replicas` of the target.
    package var specReplicas: Int
    package var statusReplicas: Int
    package var pods: [PodObservation]
    package var readings: [Reading]
    /// nil: the rules without `behavior`, of autoscaling/v1.
    package var behavior: ScalingBehavior?
    package var tolerance: Double
    package var timing: PodGroups.Timing
    /// Whether this autoscaler itself scaled the target to zero; else zero means that a human switched it off.
    package var hasScaledToZero: Bool
    /// Combines the proposals instead of taking the largest.
    package var formula: Formula?
    /// Stands against the calculation from the start: the target's selector is missing or not ours alone.
    package var obstacle: Obstacle?
    /// Directions in which nothing is written.
    package var isUpPaused: Bool
    package var isDownPaused: Bool
    /// Signals as they are expected to be: proposals that only ever raise.
    package var forecasts: [Reading] = []
    /// What moved minimum and maximum away from the object's own: schedules that are in force.
    package var boundNotes: [String] = []

    package struct Obstacle: Sendable, Equatable {
        package var reason: String
        package var message: String

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    package init(minimum: Int, maximum: Int, specReplicas: Int, statusReplicas: Int, pods: [PodObservation], readings: [Reading]) {
        self.minimum = minimum
        self.maximum = maximum
        self.specReplicas = specReplicas
        self.statusReplicas = statusReplicas
        self.pods = pods
        self.readings = readings
        behavior = nil
        tolerance = 0.1
        timing = PodGroups.Timing()
        hasScaledToZero = false
        obstacle = nil
        formula = nil
        isUpPaused = false
        isDownPaused = false
    }
}
