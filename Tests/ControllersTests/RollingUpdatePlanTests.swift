import Testing

@testable import Controllers

@Suite("Rolling update, the arithmetic")
struct RollingUpdatePlanTests {
    typealias Side = RollingUpdatePlan.Side

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var plan: RollingUpdatePlan
        var source: Side
        var target: Side
        var steps: [RollingUpdatePlan.Step]

        init(
            _ name: String, of replicas: Int, surge: Int, unavailable: Int, source: (Int, Int), target: (Int, Int), _ steps: RollingUpdatePlan.Step...
        ) {
            testDescription = name
            plan = RollingUpdatePlan(replicas: replicas, surge: surge, unavailable: unavailable)
            self.source = Side(wanted: source.0, available: source.1)
            self.target = Side(wanted: target.0, available: target.1)
            self.steps = steps
        }
    }

    /// Each side as (wanted, available).
    static let cases = [
        Case("begins with the surge", of: 5, surge: 1, unavailable: 0, source: (5, 5), target: (0, 0), .scaleTarget(1)),
        Case("waits until the new pod is available", of: 5, surge: 1, unavailable: 0, source: (5, 5), target: (1, 0)),
        Case("then one old pod goes", of: 5, surge: 1, unavailable: 0, source: (5, 5), target: (1, 1), .scaleSource(4)),
        Case("and makes room for the next", of: 5, surge: 1, unavailable: 0, source: (4, 4), target: (1, 1), .scaleTarget(2)),
        Case("takes away at once what may be missing", of: 5, surge: 0, unavailable: 2, source: (5, 5), target: (0, 0), .scaleSource(3)),
        Case("both at once", of: 4, surge: 2, unavailable: 1, source: (4, 4), target: (0, 0), .scaleSource(3), .scaleTarget(2)),
        Case("an old pod that is broken keeps its place until a new one is there", of: 3, surge: 1, unavailable: 0, source: (3, 1), target: (1, 0)),
        Case("broken old pods make way for available new ones", of: 3, surge: 1, unavailable: 0, source: (3, 1), target: (1, 1), .scaleSource(2)),
        Case("more are wanted, and the new ones do not come up: the old grow", of: 8, surge: 1, unavailable: 0, source: (5, 5), target: (1, 0), .scaleSource(8)),
        Case(
            "more are wanted, and the new ones come up: what is missing now comes from the old, the rest is new", of: 8, surge: 2, unavailable: 1,
            source: (3, 3), target: (3, 3), .scaleSource(4), .scaleTarget(6)),
        Case("fewer are wanted than are new already", of: 2, surge: 1, unavailable: 0, source: (2, 2), target: (4, 4), .scaleSource(0), .scaleTarget(2)),
        Case("the last old pods go when all new ones are available", of: 3, surge: 1, unavailable: 0, source: (1, 1), target: (3, 3), .scaleSource(0)),
        Case("it is over when no old pod is left and every new one is available", of: 3, surge: 1, unavailable: 0, source: (0, 0), target: (3, 3), .finish),
        Case("not before the last one is available", of: 3, surge: 1, unavailable: 1, source: (0, 0), target: (3, 2)),
        Case("nothing wanted is an update, too", of: 0, surge: 1, unavailable: 0, source: (0, 0), target: (0, 0), .finish),
    ]

    @Test("the next step", arguments: cases)
    func next(_ item: Case) { #expect(item.plan.next(from: item.source, to: item.target) == item.steps) }

    @Test("pods that are still going count against the surge, those told to go no more as available")
    func presence() {
        let plan = RollingUpdatePlan(replicas: 5, surge: 1, unavailable: 0)
        #expect(plan.next(from: Side(wanted: 4, present: 5, available: 5), to: Side(wanted: 1, present: 1, available: 1)) == [])
    }

    @Test("a source that is gone takes no more pods")
    func sourceGone() {
        let plan = RollingUpdatePlan(replicas: 5, surge: 1, unavailable: 0)
        #expect(plan.next(from: .gone, to: Side(wanted: 2, available: 2), sourceExists: false) == [.scaleTarget(5)])
    }

    static let pauses = [
        Case("the mix stays as it is", of: 5, surge: 1, unavailable: 0, source: (3, 3), target: (3, 3)),
        Case("more are wanted: in proportion", of: 10, surge: 1, unavailable: 0, source: (3, 3), target: (3, 3), .scaleTarget(5), .scaleSource(5)),
        Case("fewer are wanted: in proportion", of: 3, surge: 1, unavailable: 0, source: (4, 4), target: (2, 2), .scaleTarget(1), .scaleSource(2)),
        Case("paused before it began", of: 8, surge: 1, unavailable: 0, source: (5, 5), target: (0, 0), .scaleSource(8)),
    ]

    @Test("a pause", arguments: pauses)
    func paused(_ item: Case) { #expect(item.plan.paused(item.source, item.target) == item.steps) }

    @Test("from every state of both sides the limits hold at each step, and it ends", arguments: [(4, 1, 0), (4, 0, 1), (3, 2, 1), (5, 5, 0), (2, 0, 2), (1, 1, 0)])
    func everyState(_ replicas: Int, _ surge: Int, _ unavailable: Int) {
        let plan = RollingUpdatePlan(replicas: replicas, surge: surge, unavailable: unavailable)
        for old in 0...replicas {
            for new in 0...replicas where old + new <= replicas + surge {
                var (source, target) = (Side(wanted: old, available: old), Side(wanted: new, available: new))
                var rounds = 0
                while plan.next(from: source, to: target) != [.finish] {
                    rounds += 1
                    guard rounds < 50 else {
                        Issue.record("no end from \(old) old and \(new) new pods")
                        return
                    }
                    let before = source.available + target.available
                    for step in plan.next(from: source, to: target) {
                        switch step {
                        // Pods told to go are gone as available at once, and there a while longer.
                        case .scaleSource(let count): source = Side(wanted: count, present: source.present, available: source.available)
                        case .scaleTarget(let count): target = Side(wanted: count, present: target.present, available: target.available)
                        case .finish: break
                        }
                    }
                    #expect(source.present + target.present <= replicas + surge)
                    #expect(source.available + target.available >= min(before, replicas - unavailable))
                    source = Side(wanted: source.wanted, available: source.wanted)
                    target = Side(wanted: target.wanted, available: target.wanted)
                }
            }
        }
    }
}
