import Bytes
import Telemetry
import Synchronization
import Testing

@Suite("Label sets")
struct LabelsTests {
    @Test("equal sets have equal bytes and hashes, whatever the order they were given in")
    func canonical() {
        let one = Labels([(name: "pod", value: "web-1"), (name: "app", value: "web")])
        let other = Labels([(name: "app", value: "web"), (name: "pod", value: "web-1")])
        #expect(one == other)
        #expect(one.hash == other.hash)
        #expect(one.description == #"{app="web",pod="web-1"}"#)
    }

    @Test("a label with an empty value is the same as no label")
    func emptyValue() {
        #expect(Labels([(name: "a", value: ""), (name: "b", value: "1")]) == Labels([(name: "b", value: "1")]))
    }

    @Test("the last of several pairs of one name wins")
    func duplicates() {
        #expect(Labels([(name: "a", value: "1"), (name: "a", value: "2")])["a"] == "2")
    }

    @Test(
        "sets are ordered by their first differing pair, and a prefix comes first",
        arguments: [
            (#"a=1"#, #"a=2"#), (#"a=1"#, #"b=1"#), (#"a=1"#, #"a=1,b=1"#), (#""#, #"a=1"#), (#"a=1,b=2"#, #"a=1,c=1"#),
        ])
    func order(smaller: String, larger: String) {
        #expect(labels(smaller) < labels(larger))
        #expect(!(labels(larger) < labels(smaller)))
    }

    @Test("bytes from outside are checked: order, uniqueness, emptiness, lengths")
    func validation() throws {
        let good = labels("a=1,b=2")
        #expect(try Labels(validating: good.encoded) == good)
        for bad: [UInt8] in [[1, 98, 1, 49, 1, 97, 1, 49], [1, 97, 1, 49, 1, 97, 1, 50], [0, 1, 49], [1, 97, 0], [5, 97]] {
            #expect(throws: CorruptBytes.self) { try Labels(validating: bad) }
        }
    }

    @Test("strings that differ only in Unicode composition are different symbols")
    func composition() {
        var table = SymbolTable()
        #expect(table.insert("\u{e9}") != table.insert("e\u{301}"))
        #expect(table.insert("\u{e9}") == 0)
    }

    @Test("a column of symbols gives back the label sets it was fed")
    func column() {
        var column = LabelColumn()
        let sets = ["a=1,b=2", "", "a=1,c=3"].map(labels)
        for set in sets { column.append(set) }
        #expect(sets.indices.map(column.labels) == sets)
        #expect(column.symbols.count == 6)
    }

    @Test("a list of label sets has the order of the sets themselves, each once, and says when a limit cut it")
    func list() throws {
        var generator = SplitMix64(seed: 7)
        let words = ["", "a", "a\u{0}", "aa", "b", "pod-10", "pod-9", "\u{e9}", "e\u{301}", "\u{1F680}"]
        var sets: Set<Labels> = [.empty]
        for _ in 0..<400 {
            sets.insert(Labels(["x", "xy", "y", "z"].map { (name: $0, value: words[Int(generator.next() % UInt64(words.count))]) }))
        }
        var column = LabelColumn()
        for labels in sets { column.append(labels) }
        #expect(try LabelSetList(column, budget: .unlimited).labels == sets.sorted())
        let cut = try LabelSetList(column, limit: 5, budget: .unlimited)
        #expect(cut.labels == Array(sets.sorted().prefix(5)) && cut.isCut)
        #expect(try !LabelSetList(column, limit: sets.count, budget: .unlimited).isCut)
    }

    private func labels(_ text: String) -> Labels {
        Labels(
            text.split(separator: ",").map { pair in
                let parts = pair.split(separator: "=")
                return (name: String(parts[0]), value: String(parts[1]))
            })
    }
}

@Suite("Query budget")
struct QueryBudgetTests {
    @Test("a query whose time is up is cancelled by its next check, with the reason")
    func deadline() throws {
        let now = Mutex<UInt64>(0)
        let budget = QueryBudget(deadline: .init(at: 100, reason: "too late") { now.withLock { $0 } })
        try budget.check()
        #expect(!budget.isLate)
        now.withLock { $0 = 100 }
        #expect(budget.isLate)
        #expect(throws: StoreError(.cancelled, "too late")) { try budget.check() }
    }

    @Test("a cancelled query learns the first reason")
    func cancel() {
        let budget = QueryBudget()
        budget.cancel("query timed out")
        budget.cancel("query was canceled")
        #expect(throws: StoreError(.cancelled, "query timed out")) { try budget.check() }
    }

    @Test("the limit of samples is a limit over all workers")
    func samples() throws {
        var limits = QueryBudget.Limits()
        limits.samples = 10
        let budget = QueryBudget(limits: limits)
        try budget.useSamples(10)
        #expect(throws: StoreError.self) { try budget.useSamples(1) }
    }
}

@Suite("Freshness")
struct FreshnessTests {
    @Test("a waiter is woken by data newer than what it has seen, and several raises are one wake-up")
    func coalesces() async {
        let signal = FreshnessSignal()
        signal.raise(newest: 5)
        #expect(await signal.wait(after: 4) == 5)
        async let later = signal.wait(after: 5)
        signal.raise(newest: 5)
        signal.raise(newest: 9)
        #expect(await later == 9)
        signal.close()
        #expect(await signal.wait(after: 9) == nil)
    }
}
