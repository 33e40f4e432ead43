import Bytes
import Telemetry

/// A block under search: its dictionary, and of its columns those that a question needed.
///
/// A literal is looked for in the templates' constant pieces first, which decides for all rows of a template at once; then, where it may lie
/// across or inside variables, in the columns whose stamps allow it. Lines are put together only for regular expressions, and for answers.
struct BlockSearch {
    let block: BlockReader
    let head: BlockHead
    let budget: QueryBudget
    var joiner: LineJoiner
    private var frameStarts: [Int]
    /// Where the constants lie in the joiner's arena; they are put there when a line with one is put together.
    private var constantStart = -1
    private var whole: (arena: [UInt8], ends: [Int])?
    /// What the pieces said of the literals that were asked so far.
    private var held: [(bytes: [UInt8], ignoresCase: Bool, isHeld: [Bool])] = []
    private(set) var bytesDecoded = 0

    /// Rows of one template.
    private enum TemplateRows {
        case none, all
        case some(RowSet)
    }

    init(_ block: BlockReader, budget: QueryBudget) throws(PartFailure) { self.init(block, try block.head(), budget: budget) }

    init(_ block: BlockReader, _ head: BlockHead, budget: QueryBudget) {
        self.block = block
        self.budget = budget
        self.head = head
        joiner = LineJoiner(
            pieceArena: head.pieceArena, pieceEnds: head.pieceEnds, templatePieces: head.templatePieces,
            templateColumns: head.templateColumns)
        frameStarts = [Int](repeating: -1, count: block.frames.frames.count)
    }

    // MARK: - Filters

    /// The rows of the block that pass all filters; nil when none does.
    mutating func rows(_ filters: [(test: LineTest, isNegated: Bool)]) throws -> RowSet? {
        guard let passing = try passing(filters) else { return nil }
        return try spread(passing)
    }

    /// How many rows pass all filters, without their order.
    mutating func count(_ filters: [(test: LineTest, isNegated: Bool)]) throws -> Int {
        guard let passing = try passing(filters) else { return 0 }
        var count = 0
        for template in passing.indices {
            switch passing[template] {
            case .none: break
            case .all: count += rowCount(template)
            case .some(let rows): count += rows.count
            }
        }
        return count
    }

    private mutating func passing(_ filters: [(test: LineTest, isNegated: Bool)]) throws -> [TemplateRows]? {
        var passing = [TemplateRows](repeating: .all, count: head.templateCount + 1)
        if head.wholeRows == 0 { passing[0] = .none }
        for filter in filters {
            let rows = try self.rows(filter.test, among: passing)
            var isEmpty = true
            for template in passing.indices {
                passing[template] = intersection(passing[template], filter.isNegated ? complement(rows[template]) : rows[template])
                if case .none = passing[template] { continue }
                isEmpty = false
            }
            try budget.check()
            if isEmpty { return nil }
        }
        return passing
    }

    func rowCount(_ template: Int) -> Int { template == 0 ? head.wholeRows : head.templateRows[template - 1] }

    /// Rows that pass a test, by template; of rows outside `candidates` it says nothing.
    private mutating func rows(_ test: LineTest, among candidates: [TemplateRows]) throws -> [TemplateRows] {
        switch test {
        case .literal(let literal): return try rows(literal, among: candidates)
        case .anyOf(let tests):
            var passing = [TemplateRows](repeating: .none, count: candidates.count)
            for test in tests {
                let rows = try rows(test, among: candidates)
                for template in passing.indices { passing[template] = union(passing[template], rows[template]) }
            }
            return passing
        case .expression(let expression, let required):
            // What only the dictionary says of all required literals leaves few templates whose columns have to be looked into.
            var wanted = candidates
            for set in required where !dropImpossible(set, from: &wanted) { return wanted }
            for set in required {
                let any = set.count == 1
                    ? try rows(set[0], among: wanted) : try rows(.anyOf(set.map(LineTest.literal)), among: wanted)
                for template in wanted.indices { wanted[template] = intersection(wanted[template], any[template]) }
            }
            for template in wanted.indices {
                if case .none = wanted[template] { continue }
                wanted[template] = try rows(expression, template: template, among: wanted[template])
            }
            return wanted
        }
    }

    private mutating func rows(_ expression: RegularExpression, template: Int, among candidates: TemplateRows) throws -> TemplateRows {
        let count = rowCount(template)
        if template > 0, head.columns(template - 1).isEmpty {
            // All its lines are the same.
            return expression.matches(head.pieceArena, range: head.piece(head.templatePieces[template - 1])) ? .all : .none
        }
        let wanted: RowSet
        switch candidates {
        case .none: return .none
        case .all: wanted = RowSet(all: count)
        case .some(let rows): wanted = rows
        }
        var passing = RowSet(none: count)
        if template == 0 {
            let lines = try wholeLines()
            try wanted.forEach { row in
                if expression.matches(lines.arena, range: (row == 0 ? 0 : lines.ends[row - 1])..<lines.ends[row]) { passing.insert(row) }
                if row & 1023 == 0 { try budget.check() }
            }
        } else {
            try place(template: template)
            var batch: [UInt32] = []
            func match() throws {
                var ends: [Int] = []
                let lines = try join([UInt16](repeating: UInt16(template), count: batch.count), batch, &ends)
                for (index, row) in batch.enumerated() {
                    if expression.matches(lines, range: (index == 0 ? 0 : ends[index - 1])..<ends[index]) { passing.insert(Int(row)) }
                }
                batch.removeAll(keepingCapacity: true)
                try budget.check()
            }
            try wanted.forEach { row in
                batch.append(UInt32(row))
                if batch.count == Self.batchRows { try match() }
            }
            try match()
        }
        return simplified(passing)
    }

    // MARK: - Literals in templates

    /// Takes away the templates that can hold none of some literals; returns false when none is left.
    private mutating func dropImpossible(_ literals: [Literal], from wanted: inout [TemplateRows]) -> Bool {
        if literals.contains(where: \.bytes.isEmpty) { return true }
        var isPossible = [Bool](repeating: false, count: wanted.count)
        isPossible[0] = head.wholeRows > 0
        for literal in literals {
            let holding = templatesHolding(literal)
            let alignment = TemplateAlignment(literal, head)
            for template in 1..<max(1, wanted.count) where !isPossible[template] {
                if case .none = wanted[template] { continue }
                if holding[template] { isPossible[template] = true } else {
                    isPossible[template] = alignment.canLie(template: template - 1)
                }
            }
        }
        var isEmpty = true
        for template in wanted.indices {
            if !isPossible[template] { wanted[template] = .none }
            if case .none = wanted[template] { continue }
            isEmpty = false
        }
        return !isEmpty
    }

    private mutating func rows(_ literal: Literal, among candidates: [TemplateRows]) throws -> [TemplateRows] {
        if literal.bytes.isEmpty { return [TemplateRows](repeating: .all, count: candidates.count) }
        let holding = templatesHolding(literal)
        var passing = [TemplateRows](repeating: .none, count: holding.count)
        if case .none = candidates[0] {} else {
            let lines = try wholeLines()
            passing[0] = simplified(LineSearch.rows(literal, lines.arena, lines.ends))
        }
        let alignment = TemplateAlignment(literal, head)
        for template in 1..<max(1, passing.count) {
            if case .none = candidates[template] { continue }
            if holding[template] {
                passing[template] = .all
                continue
            }
            for conditions in alignment.alternatives(template: template - 1) {
                var rows = TemplateRows.all
                for condition in conditions {
                    rows = intersection(rows, try self.rows(condition, of: literal, template: template))
                    if case .none = rows { break }
                }
                passing[template] = union(passing[template], rows)
                if case .all = passing[template] { break }
            }
        }
        return passing
    }

    /// The templates of which a constant piece holds the literal, by number: one pass over all pieces.
    private mutating func templatesHolding(_ literal: Literal) -> [Bool] {
        for known in held where known.ignoresCase == literal.ignoresCase && known.bytes == literal.bytes { return known.isHeld }
        let holding = findTemplatesHolding(literal)
        held.append((literal.bytes, literal.ignoresCase, holding))
        return holding
    }

    private func findTemplatesHolding(_ literal: Literal) -> [Bool] {
        var holding = [Bool](repeating: false, count: head.templateCount + 1)
        let text = head.pieceArena.span
        var piece = 0
        var template = 0
        var from = 0
        while from < text.count, let hit = literal.firstRange(in: text, from: from) {
            while head.pieceEnds[piece] <= hit { piece &+= 1 }
            if hit + literal.bytes.count > head.pieceEnds[piece] {
                from = hit + 1
                continue
            }
            while head.templatePieces[template + 1] <= piece { template &+= 1 }
            holding[template + 1] = true
            // On with the next template.
            let last = head.templatePieces[template + 1] - 1
            from = head.pieceEnds[last]
            piece = last
        }
        return holding
    }

    private mutating func rows(_ condition: TemplateAlignment.Condition, of literal: Literal, template: Int) throws -> TemplateRows {
        let column = condition.column
        let count = rowCount(template)
        if head.isConstant(column) {
            return condition.holds(head.bytes(column), in: head.constantArena, literal) ? .all : .none
        }
        try place(column: column, rows: count)
        if condition.kind != .contains { return anchoredRows(condition, of: literal, rows: count) }
        var passing = RowSet(none: count)
        let needle = literal.words[condition.word].needle
        let isFixed = head.columnMinimum[column] == head.columnMaximum[column]
        let start = joiner.value(column, row: 0).lowerBound
        let end = joiner.value(column, row: count - 1).upperBound
        let text = joiner.arena.span.extracting(start..<end)
        var from = 0
        var row = 0
        while from < text.count, let hit = needle.firstRange(in: text, from: from) {
            row = isFixed ? hit / Int(head.columnMinimum[column]) : joiner.row(ofVaried: column, holding: start + hit, from: row, rows: count)
            let value = joiner.value(column, row: row)
            if condition.holds(hit: start + hit, count: needle.bytes.count, value) {
                passing.insert(row)
                from = value.upperBound - start
            } else {
                from = hit + 1
            }
        }
        return simplified(passing)
    }

    /// Rows whose value begins or ends with a word, or is one. Values of varied lengths lie between line feeds, which no word has: a line feed
    /// on the word's own edges makes every hit a row.
    private func anchoredRows(_ condition: TemplateAlignment.Condition, of literal: Literal, rows count: Int) -> TemplateRows {
        let column = condition.column
        var passing = RowSet(none: count)
        if head.columnMinimum[column] == head.columnMaximum[column] {
            for row in 0..<count where condition.holds(joiner.value(column, row: row), in: joiner.arena, literal) { passing.insert(row) }
            return simplified(passing)
        }
        let word = literal.words[condition.word].needle
        let beginsValue = condition.kind != .suffix
        let needle = Needle(
            bytes: (beginsValue ? [0x0a] : []) + word.bytes + (condition.kind != .prefix ? [0x0a] : []), ignoresCase: word.ignoresCase)
        if beginsValue, condition.holds(joiner.value(column, row: 0), in: joiner.arena, literal) { passing.insert(0) }
        let start = joiner.value(column, row: 0).lowerBound
        // The line feed behind the last value is part of the column.
        let text = joiner.arena.span.extracting(start..<joiner.value(column, row: count - 1).upperBound + 1)
        var from = 0
        var row = 0
        while from < text.count, let hit = needle.firstRange(in: text, from: from) {
            row = joiner.row(ofVaried: column, holding: start + hit, from: row, rows: count)
            // Where the needle begins with the line feed of one value it is the next one that was found.
            let found = beginsValue ? row + 1 : row
            if found < count { passing.insert(found) }
            from = hit + needle.bytes.count - 1
        }
        return simplified(passing)
    }

    // MARK: - Decoding

    mutating func wholeLines() throws -> (arena: [UInt8], ends: [Int]) {
        if let whole { return whole }
        let lines = try block.wholeLines(head)
        bytesDecoded += lines.arena.count
        whole = lines
        return lines
    }

    mutating func place(template: Int) throws {
        for column in head.columns(template - 1) { try place(column: column, rows: head.templateRows[template - 1]) }
    }

    mutating func place(column: Int, rows: Int) throws {
        if joiner.isPlaced(column) { return }
        if head.isConstant(column) {
            if constantStart < 0 {
                let constants = head.constantArena
                constantStart = joiner.addBytes { $0.append(contentsOf: constants) }
            }
            let value = head.bytes(column)
            joiner.placeConstant(column, constantStart + value.lowerBound..<constantStart + value.upperBound)
            return
        }
        let frame = Int(head.columnFrame[column]) + BlockFrames.firstColumns
        do {
            if frameStarts[frame] < 0 {
                let block = block
                frameStarts[frame] = try joiner.addBytes { (arena: inout [UInt8]) throws(PartFailure) in try block.frame(frame, into: &arena) }
                bytesDecoded += block.frames.frames[frame].rawBytes
            }
            let start = frameStarts[frame] + Int(head.columnStart[column])
            if head.columnMinimum[column] == head.columnMaximum[column] {
                try joiner.placeFixed(column, at: start, length: Int(head.columnMinimum[column]), rows: rows)
            } else {
                try joiner.placeVaried(column, start..<start + Int(head.columnSize[column]), rows: rows)
            }
        } catch { throw error.asPartFailure(block.part.path) }
    }

    // MARK: - Sets

    /// Brings the rows of the templates into the order of the block.
    private func spread(_ passing: [TemplateRows]) throws(PartFailure) -> RowSet {
        if passing.allSatisfy({ if case .all = $0 { true } else { false } }) { return RowSet(all: block.entry.entries) }
        let blockRows = try block.rows(head)
        var rows = RowSet(none: block.entry.entries)
        var counts = [Int](repeating: 0, count: passing.count)
        var row = 0
        while row < block.entry.entries {
            let template = blockRows.isEmpty ? 0 : Int(blockRows[row])
            switch passing[template] {
            case .none: break
            case .all: rows.insert(row)
            case .some(let some):
                if some.contains(counts[template]) { rows.insert(row) }
                counts[template] &+= 1
            }
            row &+= 1
        }
        return rows
    }

    private func simplified(_ rows: RowSet) -> TemplateRows {
        let count = rows.count
        return count == 0 ? .none : count == rows.capacity ? .all : .some(rows)
    }

    private func union(_ left: TemplateRows, _ right: TemplateRows) -> TemplateRows {
        switch (left, right) {
        case (.all, _), (_, .all): return .all
        case (.none, let other), (let other, .none): return other
        case (.some(var rows), .some(let more)):
            rows.formUnion(more)
            return simplified(rows)
        }
    }

    private func intersection(_ left: TemplateRows, _ right: TemplateRows) -> TemplateRows {
        switch (left, right) {
        case (.none, _), (_, .none): return .none
        case (.all, let other), (let other, .all): return other
        case (.some(var rows), .some(let other)):
            rows.formIntersection(other)
            return simplified(rows)
        }
    }

    private func complement(_ rows: TemplateRows) -> TemplateRows {
        switch rows {
        case .none: return .all
        case .all: return .none
        case .some(var rows):
            rows.formComplement()
            return simplified(rows)
        }
    }
}
