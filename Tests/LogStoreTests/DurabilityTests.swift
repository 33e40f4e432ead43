import Bytes
import Environment
import Telemetry
import Testing

@testable import LogStore

@Suite("Log store durability")
struct DurabilityTests {
    private let web = Labels(["app": "web"])
    private let noon = StoreWorld.noon.nanoseconds

    private func entry(_ number: Int) -> PlainLog.Entry { PlainLog.Entry(web, noon + Int64(number), "line number \(number)") }

    private func wal(_ world: StoreWorld) -> [(path: String, size: Int)] { world.files.listing().filter { $0.path.hasSuffix(".wal") } }

    @Test("a log that ends at any byte gives back all whole records, and takes new ones")
    func tornTail() throws {
        var cut = 0
        while true {
            var world = try StoreWorld()
            try world.append([entry(0)])
            let first = wal(world)[0].size
            try world.append([entry(1)])
            let (path, size) = wal(world)[0]
            if cut >= size { break }
            try world.files.open(path, .readWrite).truncate(to: Int64(cut))
            try world.restart()
            let found = try world.read().entries.sorted()
            #expect(found == (cut >= first ? [entry(0)] : []), "cut at byte \(cut)")
            #expect(world.store.status.damage == [])
            try world.append([entry(100)])
            try world.restart()
            #expect(try world.read().entries.sorted() == found + [entry(100)])
            cut += 1
        }
    }

    @Test("a damaged record in the middle is named, and the others are read")
    func damagedMiddle() throws {
        var world = try StoreWorld()
        var ends = [0]
        for number in 0..<4 {
            try world.append([entry(number)])
            ends.append(wal(world)[0].size)
            if number == 2 { try world.store.syncLog() }
        }
        let path = wal(world)[0].path
        world.files.flipBit(path, byte: (ends[1] + ends[2]) / 2, bit: 3)
        try world.restart()
        let answer = try world.read()
        #expect(answer.entries.sorted() == [entry(0), entry(2), entry(3)])
        #expect(answer.summary.warnings.count == 1)
        try world.store.flush()
        #expect(world.files.listing().contains { $0.path.contains("/quarantine/") })
    }

    @Test("any flipped bit of a part is found before it is served", arguments: 0..<3 as Range<UInt64>)
    func flippedBits(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var world = try StoreWorld()
        try world.append((0..<60).map { PlainLog.Entry(source.stream(), noon + Int64($0), source.line()) })
        try world.store.flush()
        let whole = world.model.read()
        let (path, size) = world.files.listing().first { $0.path.hasSuffix(".part") }!
        for _ in 0..<40 {
            let byte = Int.random(in: 0..<size, using: &source.generator)
            let bit = Int.random(in: 0..<8, using: &source.generator)
            world.files.flipBit(path, byte: byte, bit: bit)
            var other = world
            try other.restart()
            let answer = try other.read()
            let verification = try other.store.verify()
            #expect(answer.entries.sorted() == whole || !answer.summary.warnings.isEmpty, "byte \(byte), bit \(bit)")
            #expect(Set(answer.entries).isSubset(of: Set(whole)), "byte \(byte), bit \(bit)")
            #expect(!verification.problems.isEmpty, "byte \(byte), bit \(bit)")
            // Mend it, also where the store has set it aside.
            let aside = path.replacing("/parts/", with: "/quarantine/")
            if world.files.exists(aside) { try world.files.rename(aside, to: path) }
            world.files.flipBit(path, byte: byte, bit: bit)
        }
    }

    @Test("after a power loss at any moment everything that was durable is there, and nothing that was never written", arguments: 0..<30 as Range<UInt64>)
    func powerLoss(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var world = try StoreWorld { $0.headBytes = 6000 }
        var durable: Set<PlainLog.Entry> = []
        for round in 0..<4 {
            for _ in 0..<Int.random(in: 1..<12, using: &source.generator) {
                try world.append((0..<8).map { _ in
                    PlainLog.Entry(source.stream(), noon + Int64.random(in: 0..<1000, using: &source.generator), source.line())
                })
                switch Int.random(in: 0..<6, using: &source.generator) {
                case 0:
                    try world.store.syncLog()
                    durable = world.model.entries
                case 1: try world.store.flush()
                case 2: _ = world.store.maintain(now: world.clock.now())
                default: break
                }
            }
            try world.crash(seed: seed &* 31 &+ UInt64(round))
            let found = try Set(world.read().entries)
            #expect(durable.isSubset(of: found))
            #expect(found.isSubset(of: world.model.entries))
            #expect(world.store.status.damage.isEmpty)
            world.model.entries = found
            durable = found
        }
    }

    @Test("whichever operation fails, nothing acknowledged is lost and the store goes on", arguments: 0..<40)
    func failingOperation(nth: Int) throws {
        var world = try StoreWorld { $0.headBytes = 3000 }
        let base = world.files.operationCount
        world.files.setPlan { _, _, number in number == base + nth ? .io : nil }
        for number in 0..<30 {
            do {
                try world.append([entry(number), PlainLog.Entry(web, noon + Int64(number), Array(repeating: 65, count: 300))])
            } catch is StoreError {}
            _ = world.store.maintain(now: world.clock.now())
        }
        world.files.setPlan(nil)
        try? world.store.flush()
        #expect(try Set(world.read().entries).isSuperset(of: world.model.entries))
        try world.restart()
        #expect(try Set(world.read().entries).isSuperset(of: world.model.entries))
    }

    @Test("a full disk makes the store read-only with a clear message, and it recovers by itself")
    func fullDisk() throws {
        var world = try StoreWorld { $0.headBytes = 4000 }
        try world.append((0..<20).map(entry))
        let used = world.files.listing().reduce(0) { $0 + $1.size }
        world.files.setCapacity(used + 500)
        var refusal: StoreError?
        for number in 20..<200 {
            do { try world.append([entry(number)]) } catch let error as StoreError {
                refusal = error
                break
            }
            _ = world.store.maintain(now: world.clock.now())
        }
        #expect(refusal?.code == .readOnly)
        #expect(refusal?.description.contains("read-only") == true)
        #expect(try world.read().entries.sorted() == world.model.read())
        world.files.setCapacity(1 << 30)
        world.clock.advance(by: .seconds(20))
        _ = world.store.maintain(now: world.clock.now())
        try world.append([entry(1000)])
        try world.restart()
        #expect(try world.read().entries.sorted() == world.model.read())
    }

    @Test("durability is reported after a sync, at once when every append syncs")
    func durability() async throws {
        var world = try StoreWorld()
        let ticket = try world.append([entry(1)])
        let store = world.store
        async let waited: Void = store.waitUntilDurable(ticket.position)
        _ = store.maintain(now: world.clock.now())
        try await waited
        world.configuration.syncInterval = .zero
        try world.restart()
        let other = try world.append([entry(2)])
        try await world.store.waitUntilDurable(other.position)
        try world.crash(seed: 1)
        #expect(try world.read().entries.count == 2)
    }

    @Test("a second store in the same directory is refused in one line")
    func lock() throws {
        let world = try StoreWorld()
        #expect(throws: StoreError.self) {
            _ = try LogStore.open(world.configuration, fileSystem: world.files, workPool: SerialWorkPool(), clock: world.clock)
        }
    }
}
