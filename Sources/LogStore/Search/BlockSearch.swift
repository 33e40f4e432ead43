import Bytes
import Telemetry

/// A block under search: its dictionary, and of its columns those that a question needed.
///
/// What a template's text says of the filters decides for all its rows at once (`TemplatePlans`); where a literal may lie across or inside
/// variables it is looked for in the columns whose stamps allow it. Lines are put together only for regular expressions, and for answers.
struct BlockSearch {
    let block: BlockReader
    let head: BlockHead
    let budget: QueryBudget
    var joiner: LineJoiner
    private var frameStarts: [Int]
    /// Where the constants lie in the joiner's arena; they are put there when a line with one is put together.
    private var constantStart = -1
    private var whole: (arena: [UInt8], ends: [Int])?
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
        joiner = LineJoiner(templateColumns: head.templateColumns)
        frameStarts = [Int](repeating: -1, count: block.frames.frames.count)
    }

    // MARK: - Filters

    /// The rows of the block that pass all filters; nil when none does.
    mutating func rows(_ plans: inout TemplatePlans) throws -> RowSet? {
        var passing = [TemplateRows](repeating: .none, count: head.templateCount + 1)
        var isEmpty = true
        for template in passing.indices {
            passing[template] = try rows(template: template, &plans)
            if case .none = passing[template] { continue }
            isEmpty = false
        }
        return isEmpty ? nil : try spread(passing)
    }

    /// The same for filters that no other block is asked.
    mutating func rows(passing filters: [(test: LineTest, isNegated: Bool)]) throws -> RowSet? {
        var plans = TemplatePlans(filters)
        return try rows(&plans)
    }

    /// How many rows pass all filters, without their order.
    mutating func count(_ plans: inout TemplatePlans) throws -> Int {
        var count = 0
        for template in 0...head.templateCount {
            switch try rows(template: template, &plans) {
            case .none: break
            case .all: count += rowCount(template)
            case .some(let rows): count += rows.count
            }
        }
        return count
    }

    func rowCount(_ template: Int) -> Int { template == 0 ? head.wholeRows : head.templateRows[template - 1] }

    /// The rows of a template that pass all filters.
    private mutating func rows(template: Int, _ plans: inout TemplatePlans) throws -> TemplateRows {
        if template & 63 == 0 { try budget.check() }
        if template == 0 {
            if head.wholeRows == 0 { return .none }
            let lines = try wholeLines()
            return simplified(try LineSearch.rows(plans.filters, lines.arena, lines.ends, budget: budget))
        }
        switch plans.outcome(head, template: template - 1) {
        case .none: return .none
        case .all: return .all
        case .unknown, .part, .open: break
        }
        var passing = TemplateRows.all
        let own = plans.plans(head, template: template - 1)
        for filter in own.indices {
            let rows = try rows(own[filter], template: template, among: passing)
            passing = intersection(passing, plans.filters[filter].isNegated ? complement(rows) : rows)
            if case .none = passing { break }
        }
        return passing
    }

    /// Rows of a template that pass a plan; of rows outside `candidates` it says nothing.
    private mutating func rows(_ plan: TemplatePlan, template: Int, among candidates: TemplateRows) throws -> TemplateRows {
        switch plan {
        case .none: return .none
        case .all: return .all
        case .part(let literal): return try rows(havingPart: literal, template: template)
        case .ways(let literal, let ways):
            var passing = TemplateRows.none
            for conditions in ways where mayHold(conditions, literal, template: template) {
                var rows = TemplateRows.all
                for condition in conditions {
                    rows = intersection(rows, try self.rows(condition, literal, template: template))
                    if case .none = rows { break }
                }
                passing = union(passing, rows)
                if case .all = passing { break }
            }
            return passing
        case .anyOf(let plans):
            var passing = TemplateRows.none
            for plan in plans {
                passing = union(passing, try rows(plan, template: template, among: candidates))
                if case .all = passing { break }
            }
            return passing
        case .expression(let expression, let required):
            // What only the stamps say of all required literals spares most columns.
            if !required.allSatisfy({ mayPass($0, template: template) }) { return .none }
            var wanted = candidates
            for plan in required {
                wanted = intersection(wanted, try rows(plan, template: template, among: wanted))
                if case .none = wanted { return .none }
            }
            return try rows(matching: expression, template: template, among: wanted)
        }
    }

    /// Rows of a template with variables that match an expression.
    private mutating func rows(matching expression: RegularExpression, template: Int, among candidates: TemplateRows) throws -> TemplateRows {
        let count = rowCount(template)
        let wanted: RowSet
        switch candidates {
        case .none: return .none
        case .all: wanted = RowSet(all: count)
        case .some(let rows): wanted = rows
        }
        var passing = RowSet(none: count)
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
        return simplified(passing)
    }

    // MARK: - Stamps

    /// False when the stamps of a template's columns rule out that a line of it passes.
    private func mayPass(_ plan: TemplatePlan, template: Int) -> Bool {
        switch plan {
        case .none: false
        case .all, .expression: true
        case .part(let literal): head.columns(template - 1).contains { mayHold(literal.words[0], column: $0) }
        case .ways(let literal, let ways): ways.contains { mayHold($0, literal, template: template) }
        case .anyOf(let plans): plans.contains { mayPass($0, template: template) }
        }
    }

    private func mayHold(_ conditions: [TemplateAlignment.Condition], _ literal: Literal, template: Int) -> Bool {
        let first = head.templateColumns[template - 1]
        return conditions.allSatisfy { condition in
            let word = literal.words[condition.word]
            let column = first + condition.column
            return mayHold(word, column: column) && (condition.kind != .equals || word.range.count >= Int(head.columnMinimum[column]))
        }
    }

    private func mayHold(_ word: Literal.Word, column: Int) -> Bool {
        word.isSpelled[Int(head.columnClasses[column])] && word.range.count <= Int(head.columnMaximum[column])
    }

    // MARK: - Columns

    /// Rows of which a value has a literal that is a word, or a part of one.
    private mutating func rows(havingPart literal: Literal, template: Int) throws -> TemplateRows {
        var passing = TemplateRows.none
        // Looked at column by column in every block: the stamps alone, as plain loads.
        let isSpelled = literal.words[0].isSpelled
        let count = UInt32(clamping: literal.bytes.count)
        for column in head.columns(template - 1) where isSpelled[Int(head.columnClasses[column])] && count <= head.columnMaximum[column] {
            if head.isConstant(column) {
                let value = head.constantArena.span.extracting(head.bytes(column))
                if literal.firstRange(in: value, from: 0) != nil { return .all }
            } else {
                passing = union(passing, try rows(havingPart: literal.needle, column: column, rows: rowCount(template)))
                if case .all = passing { return .all }
            }
        }
        return passing
    }

    private mutating func rows(havingPart needle: Needle, column: Int, rows count: Int) throws -> TemplateRows {
        // Most columns have it nowhere; only of the others the values' ends are wanted.
        let bytes = try columnBytes(column)
        guard var hit = needle.firstRange(in: joiner.arena.span.extracting(bytes), from: 0) else { return .none }
        try place(column: column, rows: count)
        var passing = RowSet(none: count)
        let isFixed = head.columnMinimum[column] == head.columnMaximum[column]
        var row = 0
        while true {
            let place = bytes.lowerBound + hit
            row = isFixed ? hit / Int(head.columnMinimum[column]) : joiner.row(ofVaried: column, holding: place, from: row, rows: count)
            let value = joiner.value(column, row: row)
            var from = hit + 1
            if place + needle.bytes.count <= value.upperBound {
                passing.insert(row)
                from = value.upperBound - bytes.lowerBound
            }
            guard let next = needle.firstRange(in: joiner.arena.span.extracting(bytes), from: from) else { break }
            hit = next
        }
        return simplified(passing)
    }

    private mutating func rows(_ condition: TemplateAlignment.Condition, _ literal: Literal, template: Int) throws -> TemplateRows {
        let column = head.templateColumns[template - 1] + condition.column
        let count = rowCount(template)
        if head.isConstant(column) { return condition.holds(head.bytes(column), in: head.constantArena, literal) ? .all : .none }
        try place(column: column, rows: count)
        return rows(condition, literal, column: column, rows: count)
    }

    /// Rows whose value begins or ends with a word, or is one. Values of varied lengths lie between line feeds, which no word has: a line feed
    /// on the word's own edges makes every hit a row.
    private func rows(_ condition: TemplateAlignment.Condition, _ literal: Literal, column: Int, rows count: Int) -> TemplateRows {
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
        let text = head.texts[template - 1]
        joiner.placePieces(template: template - 1, text.bytes, ends: text.ends)
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
        let bytes = try columnBytes(column)
        do {
            if head.columnMinimum[column] == head.columnMaximum[column] {
                try joiner.placeFixed(column, at: bytes.lowerBound, length: Int(head.columnMinimum[column]), rows: rows)
            } else {
                try joiner.placeVaried(column, bytes, rows: rows)
            }
        } catch { throw PartFailure(block.part.path, error) }
    }

    /// Where the bytes of a column that is not constant lie in the joiner's arena; decodes its frame when it was not yet.
    private mutating func columnBytes(_ column: Int) throws(PartFailure) -> Range<Int> {
        let frame = Int(head.columnFrame[column]) + BlockFrames.firstColumns
        if frameStarts[frame] < 0 {
            let block = block
            frameStarts[frame] = try joiner.addBytes { (arena: inout [UInt8]) throws(PartFailure) in try block.frame(frame, into: &arena) }
            bytesDecoded += block.frames.frames[frame].rawBytes
        }
        let start = frameStarts[frame] + Int(head.columnStart[column])
        return start..<start + Int(head.columnSize[column])
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
