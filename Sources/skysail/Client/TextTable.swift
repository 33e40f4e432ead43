/// A table of text in columns, as kubectl prints them.
struct TextTable {
    private var rows: [[String]]
    private var rightAligned: Set<Int>

    init(_ headings: [String], rightAligned: Set<Int> = []) {
        rows = [headings]
        self.rightAligned = rightAligned
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var isEmpty: Bool { rows.count == 1 }

    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isLast = column == row.count - 1
                line += rightAligned.contains(column) ? padding + cell : cell + (isLast ? "" : padding)
                if !isLast { line += "   " }
            }
            return line
        }
    }
}
