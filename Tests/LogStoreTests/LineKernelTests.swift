import Bytes
import Telemetry
import Testing

@testable import LogStore

@Suite("Line kernels")
struct LineKernelTests {
    @Test("lines split into templates and columns are put together byte for byte", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var entries = EntryColumns()
        for row in 0..<Int.random(in: 1..<400, using: &source.generator) {
            let line = source.line()
            entries.append(time: Int64(row), arena: line, line: 0..<line.count, metadata: 0..<0, of: [])
        }
        for effort in [BlockEncoder.Effort.hot, .resting] {
            let decoded = try BlockFixture.decode(entries, effort)
            #expect(decoded.lineArena == entries.lineArena)
            #expect(decoded.lineEnds == entries.lineEnds)
            #expect(decoded.times == entries.times)
        }
    }

    @Test("variables are the words with a digit; rare templates stay whole")
    func templates() {
        let lines = ["took 15 ms", "took 7 ms", "took 112 ms", "once only", "a1 b2", "a1 b3", "a1 b2"]
        let arena = lines.flatMap { Array($0.utf8) }
        var end = 0
        let split = LineSplitter(lines: arena, ends: lines.map { line in
            end += line.utf8.count
            return end
        })
        #expect(split.rows == [1, 1, 1, 0, 2, 2, 2])
        #expect(split.columns.map(\.isConstant) == [false, true, false])
        #expect(split.columns.map(\.maximumLength) == [3, 2, 2])
        #expect(String(decoding: split.wholeArena, as: UTF8.self) == "once only")
    }

    @Test("a block finds what a plain search of its lines finds", arguments: 0..<25 as Range<UInt64>)
    func search(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        var entries = EntryColumns()
        for row in 0..<200 {
            let line = source.line()
            entries.append(time: Int64(row), arena: line, line: 0..<line.count, metadata: 0..<0, of: [])
        }
        let store = try BlockFixture(entries)
        for _ in 0..<30 {
            let filter = try source.filter()
            let wanted = (0..<entries.count).filter { row in
                PlainLog.passes(Array(entries.lineArena[entries.lineRange(row)]), filter.test) != filter.isNegated
            }
            #expect(try store.rows(filter) == wanted, "\(filter)")
        }
    }

    @Test("what a search made of a template in one block holds in the others", arguments: 0..<12 as Range<UInt64>)
    func sharedTemplates(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        let table = TemplateTable()
        let blocks = try (0..<4).map { _ in
            var entries = EntryColumns()
            for row in 0..<150 {
                let line = source.line()
                entries.append(time: Int64(row), arena: line, line: 0..<line.count, metadata: 0..<0, of: [])
            }
            let block = try BlockFixture(entries).part.open(0)
            return (entries: entries, block: block, head: try block.head(table: table))
        }
        for _ in 0..<20 {
            let filters = try (0..<Int.random(in: 1...2, using: &source.generator)).map { _ in try source.filter() }
            var plans = TemplatePlans(filters.map { (LineTest($0.test), $0.isNegated) })
            for (entries, block, head) in blocks {
                let wanted = (0..<entries.count).filter { row in
                    filters.allSatisfy { PlainLog.passes(Array(entries.lineArena[entries.lineRange(row)]), $0.test) != $0.isNegated }
                }
                var rows: [Int] = []
                var search = BlockSearch(block, head, budget: .unlimited)
                try search.rows(&plans)?.forEach { rows.append($0) }
                #expect(rows == wanted, "\(filters)")
                search = BlockSearch(block, head, budget: .unlimited)
                #expect(try search.count(&plans) == wanted.count, "\(filters)")
            }
        }
    }

    @Test("blocks share the texts of their templates; a full table begins anew, and what was decided of the old texts is not taken for the new")
    func templateTable() throws {
        let table = TemplateTable(maximumTexts: 16)
        func head(_ number: Int) throws -> BlockHead {
            var entries = EntryColumns()
            for row in 0..<3 {
                let line = Array("took 15\(row) ms for \(String(repeating: "x", count: number)) of".utf8)
                entries.append(time: Int64(row), arena: line, line: 0..<line.count, metadata: 0..<0, of: [])
            }
            return try BlockFixture(entries).part.open(0).head(table: table)
        }
        var plans = TemplatePlans([(LineTest(.contains(Array(" xxx ".utf8))), false)])
        func isDecided(_ head: BlockHead) -> Bool { if case .all = plans.plans(head, template: 0)[0] { true } else { false } }
        let old = try (1...4).map { try head($0) }
        #expect(old.map { isDecided($0) } == [false, false, true, false])
        #expect(old.map { plans.outcome($0, template: 0) } == [.none, .none, .all, .none])
        #expect(try head(3).texts[0] === old[2].texts[0] && old[2].textNumbers == [2])
        // As many more as make it full.
        for number in old.count..<16 {
            let pieces = Array("number \(String(number, radix: 2))".utf8)
            _ = table.texts(pieces, [7, pieces.count], firstPieces: [0, 2])
        }
        let new = try [5, 6, 7, 3].map { try head($0) }
        #expect(new.map(\.textNumbers) == [[0], [1], [2], [3]] && new[3].texts[0] !== old[2].texts[0])
        #expect(new.map { plans.outcome($0, template: 0) } == [.unknown, .unknown, .unknown, .unknown])
        #expect(new.map { isDecided($0) } == [false, false, false, true])
        // The block in which the table began anew is asked for its plans.
        #expect(new.map { plans.outcome($0, template: 0) } == [.unknown, .none, .none, .all])
        // The old ones are still asked right, and do not spoil the new.
        #expect(old.map { isDecided($0) } == [false, false, true, false])
        #expect((old + new).map { plans.outcome($0, template: 0) } == [.unknown, .unknown, .unknown, .unknown, .unknown, .none, .none, .all])
        // The same bytes, cut elsewhere.
        let cuts = [5, 4].map { table.texts(Array("took ms".utf8), [$0, 7], firstPieces: [0, 2]).texts[0] }
        #expect(cuts[0] !== cuts[1])
    }

    @Test("the word filter never denies a part of a line", arguments: 0..<10 as Range<UInt64>)
    func words(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        let lines = (0..<100).map { _ in source.line() }
        var end = 0
        let split = LineSplitter(lines: lines.flatMap(\.self), ends: lines.map { line in
            end += line.count
            return end
        })
        let filter = try #require(try WordFilter(section: WordFilter.encode(LineWords(split))))
        for line in lines where !line.isEmpty {
            for _ in 0..<10 {
                let start = Int.random(in: 0..<line.count, using: &source.generator)
                let part = Array(line[start..<min(line.count, start + Int.random(in: 1...40, using: &source.generator))])
                #expect(Literal(part).mayOccur(in: filter), "\(String(decoding: part, as: UTF8.self))")
            }
        }
        #expect(!Literal(Array("0123456789abcdef0123456789abcdef".utf8)).mayOccur(in: filter))
    }

    @Test("any part of a long identifier that is at least as long as the samples' reach is found by a sample", arguments: [10, 16, 32])
    func minimizers(reach: Int) {
        var generator = SplitMix64(seed: UInt64(reach))
        for length in reach...reach + 40 {
            let run = (0..<length).map { _ in Array("0123456789abcdef".utf8).randomElement(using: &generator)! }
            let window = LineWords.window(gramLength: reach)
            var listed: Set<UInt64> = []
            LineWords.forEachMinimizer(run, 0..<length, window: window) { listed.insert($0) }
            #expect(listed.count <= length - 7)
            for start in 0...length - reach {
                for end in start + reach...length {
                    var asked: [UInt64] = []
                    LineWords.forEachMinimizer(run, start..<end, window: window) { asked.append($0) }
                    #expect(!asked.isEmpty && listed.isSuperset(of: asked), "\(start)..<\(end) of \(length)")
                }
            }
        }
    }

    @Test("numbers in planes are read back", arguments: [[], [0], [0, 0], [255], [256, 1], [.max, 0, 70_000]] as [[UInt32]])
    func planes(numbers: [UInt32]) throws {
        var bytes: [UInt8] = []
        NumberPlanes.append(numbers, to: &bytes)
        var offset = 0
        #expect(try NumberPlanes.read(bytes, &offset, count: numbers.count) == numbers)
        #expect(offset == bytes.count)
    }

    @Test("patterns of plain alternatives are literals, others are not", arguments: [
        ("error|fail", true), ("(?i)exception", true), ("a\\.b", true), ("a.b", false), ("^x", false), ("a|", false), ("(a|b)", false), ("(?i)é", false),
    ])
    func literals(pattern: String, isLiteral: Bool) {
        #expect((LiteralPattern.parse(pattern, options: []) != nil) == isLiteral)
    }
}
