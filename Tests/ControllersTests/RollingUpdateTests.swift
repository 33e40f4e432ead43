import ClusterAPI
import Testing

@testable import Controllers

@Suite("Rolling update")
struct RollingUpdateTests {
    private func source(_ replicas: Int) -> ReplicationController {
        var source = controller("web", replicas: replicas)
        source.status.replicas = replicas
        source.status.availableReplicas = replicas
        return source
    }

    private func target(
        _ name: String = "web-v2", of replicas: Int, surge: IntOrString = .int(1), unavailable: IntOrString = .int(0)
    ) -> ReplicationController {
        var target = controller(name, replicas: 0)
        target.metadata.annotations =
            RollingUpdate(source: "web", sourceUID: "rc-web", replicas: replicas, maxSurge: surge, maxUnavailable: unavailable).annotations
        return target
    }

    private var autoscaler: HorizontalPodAutoscaler {
        HorizontalPodAutoscaler {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("web", "shop", "hpa")
            ($0.spec.scaleTargetRef.kind, $0.spec.scaleTargetRef.name) = ("ReplicationController", "web")
            ($0.spec.minReplicas, $0.spec.maxReplicas) = (1, 20)
        }
    }

    private func expectDone(_ world: UpdateWorld, replicas: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(world.controller("web") == nil, sourceLocation: sourceLocation)
        #expect(world.controller("web-v2")?.spec.replicas == replicas, sourceLocation: sourceLocation)
        #expect(world.update("web-v2")?.phase == .complete, sourceLocation: sourceLocation)
    }

    struct Limits: CustomTestStringConvertible {
        var replicas: Int
        var surge: IntOrString
        var unavailable: IntOrString
        var most: Int
        var fewest: Int

        init(_ replicas: Int, _ surge: IntOrString, _ unavailable: IntOrString, most: Int, fewest: Int) {
            (self.replicas, self.surge, self.unavailable, self.most, self.fewest) = (replicas, surge, unavailable, most, fewest)
        }

        var testDescription: String { "\(replicas) pods, surge \(surge), unavailable \(unavailable)" }
    }

    static let limits = [
        Limits(5, .int(1), .int(0), most: 6, fewest: 5), Limits(5, .int(0), .int(1), most: 5, fewest: 4),
        Limits(4, .int(2), .int(1), most: 6, fewest: 3), Limits(10, .string("25%"), .string("25%"), most: 13, fewest: 8),
        // Nothing may be missing and nothing be too many: then one may be too many, or nothing could move.
        Limits(3, .int(0), .int(0), most: 4, fewest: 3), Limits(3, .string("100%"), .int(0), most: 6, fewest: 3),
    ]

    @Test("moves all pods within its limits, and the autoscaler follows before the source goes", arguments: limits)
    func completes(_ limits: Limits) {
        var world = UpdateWorld(
            [source(limits.replicas), target(of: limits.replicas, surge: limits.surge, unavailable: limits.unavailable)], [autoscaler])
        world.run()
        expectDone(world, replicas: limits.replicas)
        #expect(world.mostPods <= limits.most)
        #expect(world.fewestAvailable >= limits.fewest)
        #expect(world.autoscaled("web") == "web-v2")
    }

    @Test("cut off before or after any of its requests it goes on where it was, within the limits")
    func interrupted() {
        var whole = UpdateWorld([source(3), target(of: 3)], [autoscaler])
        whole.run()
        #expect(whole.requestCount > 8)
        for place in 1...whole.requestCount {
            for cut in [UpdateWorld.Cut.before(place), .after(place)] {
                var world = UpdateWorld([source(3), target(of: 3)], [autoscaler], cut: cut)
                world.run()
                expectDone(world, replicas: 3)
                #expect(world.mostPods <= 4 && world.fewestAvailable >= 3 && world.autoscaled("web") == "web-v2", "\(cut)")
            }
        }
    }

    @Test("new pods that never become ready stop it after the surge; rolled back, everything is as before", arguments: [true, false])
    func rollback(_ isBroken: Bool) {
        var world = UpdateWorld([source(4), target(of: 4)], [autoscaler])
        world.broken = isBroken ? ["web-v2"] : []
        world.run(rounds: isBroken ? 60 : 200) { !isBroken && $0.controller("web")?.spec.replicas == 2 }
        if isBroken { #expect(world.controller("web")?.spec.replicas == 4 && world.controller("web-v2")?.spec.replicas == 1) }
        world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.rollingBack.rawValue)
        world.run()
        #expect(world.controller("web-v2") == nil)
        #expect(world.controller("web")?.spec.replicas == 4)
        #expect(world.controller("web")?.metadata.annotations[RollingUpdate.targetAnnotation] == nil)
        #expect(world.autoscaled("web") == "web" && world.mostPods <= 5 && world.fewestAvailable >= 4)
    }

    @Test("a rollback cut off before or after any of its requests ends all the same")
    func interruptedRollback() {
        for place in 1...14 {
            for cut in [UpdateWorld.Cut.before(place), .after(place)] {
                var world = UpdateWorld([source(3), target(of: 3)], [autoscaler], cut: cut)
                world.run { $0.controller("web")?.spec.replicas == 1 }
                world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.rollingBack.rawValue)
                world.run()
                #expect(world.controller("web-v2") == nil && world.controller("web")?.spec.replicas == 3, "\(cut)")
                #expect(world.mostPods <= 4 && world.fewestAvailable >= 3, "\(cut)")
            }
        }
    }

    @Test("a pause holds the mix, a resume goes on")
    func pause() {
        var world = UpdateWorld([source(4), target(of: 4)])
        world.run { $0.controller("web")?.spec.replicas == 2 }
        world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.paused.rawValue)
        world.run(rounds: 5)
        let held = world.controller("web-v2")?.spec.replicas
        world.run(rounds: 50)
        #expect(world.controller("web")?.spec.replicas == 2 && world.controller("web-v2")?.spec.replicas == held)
        world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.progressing.rawValue)
        world.run()
        expectDone(world, replicas: 4)
    }

    @Test("an autoscaler that wants more or fewer meanwhile gets them", arguments: [2, 9], [false, true])
    func rescaled(_ wanted: Int, _ isPaused: Bool) {
        var world = UpdateWorld([source(4), target(of: 4)])
        world.run { $0.controller("web")?.spec.replicas == 2 }
        if isPaused { world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.paused.rawValue) }
        world.annotate("web-v2", RollingUpdate.replicasAnnotation, "\(wanted)")
        world.run(rounds: 60)
        if isPaused {
            let total = (world.controller("web")?.spec.replicas ?? 0) + (world.controller("web-v2")?.spec.replicas ?? 0)
            #expect((wanted...wanted + 1).contains(total))
            world.annotate("web-v2", RollingUpdate.phaseAnnotation, RollingUpdate.Phase.progressing.rawValue)
        }
        world.run()
        expectDone(world, replicas: wanted)
    }

    @Test("load that rises while the new pods do not come up is served by the old ones")
    func rescaledWhileBroken() {
        var world = UpdateWorld([source(4), target(of: 4)])
        world.broken = ["web-v2"]
        world.run(rounds: 20)
        world.annotate("web-v2", RollingUpdate.replicasAnnotation, "8")
        world.run(rounds: 60)
        #expect(world.controller("web")?.status.availableReplicas == 8)
        #expect(world.mostPods <= 9)
    }

    @Test("of two updates of one source the second waits, says so, and does not double the pods when the source is gone")
    func twoTargets() {
        var world = UpdateWorld([source(3), target(of: 3), target("web-v3", of: 3)])
        world.run()
        expectDone(world, replicas: 3)
        #expect(world.controller("web-v3")?.spec.replicas == 0)
        #expect(world.events.contains("RollingUpdateBlocked: Replication controller web is being replaced by web-v2 already"))
        #expect(world.events.contains("RollingUpdateImpossible: Cannot begin: replication controller web is gone"))
        #expect(world.mostPods <= 4)
    }

    @Test("a source that somebody deletes on the way leaves the target to take over alone")
    func sourceDeleted() {
        var world = UpdateWorld([source(4), target(of: 4)])
        world.run { $0.controller("web")?.spec.replicas == 2 }
        world.deleteController("web")
        world.run()
        expectDone(world, replicas: 4)
    }

    @Test("a source of the same name that is another object is not touched")
    func otherSource() {
        var other = source(4)
        other.metadata.uid = "another"
        var world = UpdateWorld([other, target(of: 4)])
        world.run(rounds: 20)
        #expect(world.controller("web")?.spec.replicas == 4 && world.controller("web-v2")?.spec.replicas == 0)
    }

    @Test("annotations that cannot be read are named, and nothing moves")
    func malformed() {
        var world = UpdateWorld([source(4), target(of: 4)])
        world.annotate("web-v2", RollingUpdate.maxSurgeAnnotation, "a few")
        world.run(rounds: 20)
        #expect(world.events.last == "InvalidRollingUpdate: cannot read annotation rolling-update.skysail.dev/max-surge: \"a few\"")
        #expect(world.controller("web")?.spec.replicas == 4)
    }
}
