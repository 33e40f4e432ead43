package import Telemetry

extension LogStore {
    package func streams(
        _ selections: [[LabelMatcher]], start: Int64, end: Int64, limit: Int, budget: QueryBudget
    ) throws(StoreError) -> (labels: [Labels], isCut: Bool) {
        let found = try present(selections, start: start, end: end, budget: budget).sorted()
        return limit > 0 && found.count > limit ? (Array(found.prefix(limit)), true) : (found, false)
    }

    package func labelNames(
        _ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget
    ) throws(StoreError) -> [String] {
        var names: Set<ByteExact> = []
        for labels in try present(selections, start: start, end: end, budget: budget) {
            labels.forEachRange { name, _ in
                names.insert(ByteExact(labels.string(name)))
                return true
            }
        }
        return names.sorted().map(\.string)
    }

    package func labelValues(
        _ name: String, _ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget
    ) throws(StoreError) -> [String] {
        var values: Set<ByteExact> = []
        for labels in try present(selections, start: start, end: end, budget: budget) {
            if let value = labels[name] { values.insert(ByteExact(value)) }
        }
        return values.sorted().map(\.string)
    }

    package func volumes(
        _ matchers: [LabelMatcher], start: Int64, end: Int64, budget: QueryBudget
    ) throws(StoreError) -> [StreamVolume] {
        var volumes: [Labels: StreamVolume] = [:]
        for unit in units(matchers, start: start, end: end) {
            try budget.check()
            var volume = volumes[unit.labels] ?? StreamVolume(labels: unit.labels, entries: 0, bytes: 0, chunks: 0)
            for piece in unit.pieces {
                let (entries, bytes) = unit.share(of: piece)
                volume.entries += entries
                volume.bytes += bytes
                volume.chunks += 1
            }
            if volume.entries > 0 { volumes[unit.labels] = volume }
        }
        return volumes.values.sorted { $0.labels < $1.labels }
    }

    /// Label sets of the selected streams with an entry in the window, in no order.
    private func present(_ selections: [[LabelMatcher]], start: Int64, end: Int64, budget: QueryBudget) throws(StoreError) -> Set<Labels> {
        var found: Set<Labels> = []
        for matchers in selections.isEmpty ? [[]] : selections {
            for unit in units(matchers, start: start, end: end) where !found.contains(unit.labels) {
                try budget.check()
                // A piece that reaches into the window but neither begins nor ends in it may have a gap there.
                if unit.pieces.contains(where: { unit.share(of: $0).entries > 0 }) { found.insert(unit.labels) }
            }
        }
        return found
    }
}

extension ScanUnit {
    /// Entries of a piece that lie in the window and the bytes of their lines: from the directory where the piece lies inside the window,
    /// else counted by times, with bytes in proportion. Repeats between pieces and pending deletes are not looked for.
    func share(of piece: Piece) -> (entries: Int, bytes: Int) {
        let isInside = start <= piece.minTime && piece.maxTime < end
        switch piece.source {
        case .chunks(let chunks):
            var (entries, bytes) = (0, 0)
            for chunk in chunks {
                for entry in 0..<chunk.count where isInside || (start <= chunk.times[entry] && chunk.times[entry] < end) {
                    entries += 1
                    bytes += chunk.lineRange(entry).count
                }
            }
            return (entries, bytes)
        case .block(let part, let index):
            let block = part.blocks[index]
            if isInside { return (block.entries, block.lineBytes) }
            guard let times = try? part.open(index).times() else { return (0, 0) }
            let entries = times.reduce(0) { $0 + (start <= $1 && $1 < end ? 1 : 0) }
            return (entries, block.lineBytes * entries / block.entries)
        }
    }
}
