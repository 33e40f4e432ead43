/// How the scheduler decides.
package struct SchedulerConfiguration: Sendable {
    /// One per name that pods may ask for in `spec.schedulerName`.
    package var profiles: [SchedulingProfile]
    /// Breaks ties between equally good nodes.
    package var seed: UInt64
    /// Bindings that may be on their way at once; more pods are not decided about until some are answered.
    package var bindingsInFlight: Int
    /// Pods decided about in one turn, so that news and answers come in between.
    package var podsPerTurn: Int

    package init(
        profiles: [SchedulingProfile] = [.standard()], seed: UInt64 = 0, bindingsInFlight: Int = 256, podsPerTurn: Int = 64
    ) {
        precondition(!profiles.isEmpty, "a scheduler serves at least one name")
        precondition(Set(profiles.map(\.schedulerName)).count == profiles.count, "each profile has a name of its own")
        precondition(bindingsInFlight > 0 && podsPerTurn > 0, "a scheduler binds something")
        self.profiles = profiles
        self.seed = seed
        self.bindingsInFlight = bindingsInFlight
        self.podsPerTurn = podsPerTurn
    }
}
