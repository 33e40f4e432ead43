import Bytes
import Telemetry

/// Putting lines, or only their lengths, together from a block's templates and columns.
extension BlockSearch {
    /// Rows that are put together at once between two looks at the budget.
    static let batchRows = 2048

    func join(_ templates: [UInt16], _ rows: [UInt32], _ ends: inout [Int]) throws(PartFailure) -> [UInt8] {
        do { return try joiner.join(templates: templates, rows: rows, capacity: block.entry.lineBytes, ends: &ends) } catch {
            throw PartFailure(block.part.path, error)
        }
    }

    /// The lines of some rows of the block, rising, with their ends.
    mutating func lines(_ rows: RowSet) throws -> (arena: [UInt8], ends: [Int]) {
        if head.templateCount == 0 {
            let whole = try wholeLines()
            if rows.count == rows.capacity { return whole }
            var lines: (arena: [UInt8], ends: [Int]) = ([], [])
            rows.forEach { row in
                lines.arena.append(span: whole.arena.span.extracting((row == 0 ? 0 : whole.ends[row - 1])..<whole.ends[row]))
                lines.ends.append(lines.arena.count)
            }
            return lines
        }
        let (templates, numbers) = try locate(rows)
        var isPlaced = [Bool](repeating: false, count: head.templateCount + 1)
        for template in templates where !isPlaced[Int(template)] {
            isPlaced[Int(template)] = true
            if template > 0 { try place(template: Int(template)) }
        }
        try budget.check()
        var lines: (arena: [UInt8], ends: [Int]) = ([], [])
        if !isPlaced[0] {
            lines.arena = try join(templates, numbers, &lines.ends)
            return lines
        }
        // Between runs of lines with templates stand whole ones.
        let whole = try wholeLines()
        lines.arena.reserveCapacity(block.entry.lineBytes)
        var start = 0
        while start < templates.count {
            if templates[start] == 0 {
                let row = Int(numbers[start])
                lines.arena.append(span: whole.arena.span.extracting((row == 0 ? 0 : whole.ends[row - 1])..<whole.ends[row]))
                lines.ends.append(lines.arena.count)
                start += 1
                continue
            }
            var end = start
            while end < templates.count, templates[end] != 0, end - start < Self.batchRows { end += 1 }
            var ends: [Int] = []
            let joined = try join(Array(templates[start..<end]), Array(numbers[start..<end]), &ends)
            let base = lines.arena.count
            lines.arena.append(contentsOf: joined)
            for end in ends { lines.ends.append(base + end) }
            start = end
            try budget.check()
        }
        return lines
    }

    /// Lengths of the lines of some rows, without building them: only columns of varied lengths are decoded.
    mutating func lengths(_ rows: RowSet) throws -> [Int] {
        let (templates, numbers) = try locate(rows)
        var fixed = [Int](repeating: -1, count: head.templateCount + 1)
        var varied = [[Int]](repeating: [], count: head.templateCount + 1)
        var lengths: [Int] = []
        lengths.reserveCapacity(templates.count)
        for index in templates.indices {
            let template = Int(templates[index])
            let row = Int(numbers[index])
            if template == 0 {
                let whole = try wholeLines()
                lengths.append(whole.ends[row] - (row == 0 ? 0 : whole.ends[row - 1]))
                continue
            }
            if fixed[template] < 0 {
                fixed[template] = head.texts[template - 1].bytes.count
                for column in head.columns(template - 1) {
                    if head.columnMinimum[column] == head.columnMaximum[column] {
                        fixed[template] += Int(head.columnMinimum[column])
                    } else {
                        try place(column: column, rows: rowCount(template))
                        varied[template].append(column)
                    }
                }
                try budget.check()
            }
            var length = fixed[template]
            for column in varied[template] { length &+= joiner.value(column, row: row).count }
            lengths.append(length)
        }
        return lengths
    }

    /// Template of each of some rows, and its number among the rows of that template.
    private func locate(_ rows: RowSet) throws(PartFailure) -> (templates: [UInt16], numbers: [UInt32]) {
        let blockRows = try block.rows(head)
        var counts = [UInt32](repeating: 0, count: head.templateCount + 1)
        var templates: [UInt16] = []
        var numbers: [UInt32] = []
        let count = rows.count
        templates.reserveCapacity(count)
        numbers.reserveCapacity(count)
        var row = 0
        while row < block.entry.entries {
            let template = blockRows.isEmpty ? 0 : blockRows[row]
            if rows.contains(row) {
                templates.append(template)
                numbers.append(counts[Int(template)])
            }
            counts[Int(template)] &+= 1
            row &+= 1
        }
        return (templates, numbers)
    }
}
