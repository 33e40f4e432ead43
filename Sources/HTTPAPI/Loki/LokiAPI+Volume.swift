import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    /// Steps of one volume range answer at most; each is a look into the index.
    private static let volumeSteps = 1000

    func addVolumeRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/loki/api/v1/index/stats") { request, _ in await indexStatistics(request) }
        router.on(.get, .post, path: "/loki/api/v1/index/shards") { request, _ in await shards(request) }
        router.on(.get, .post, path: "/loki/api/v1/index/volume") { request, _ in await volume(request, isRange: false) }
        router.on(.get, .post, path: "/loki/api/v1/index/volume_range") { request, _ in await volume(request, isRange: true) }
    }

    private func indexStatistics(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer { .json(try await statistics(parameters).bytes) }
    }

    private func statistics(_ parameters: QueryParameters) async throws -> JSONValue {
        let (start, end) = try LokiParameters.window(parameters, now: clock.now())
        let matchers = try selections(parameters, names: ["query"]).first ?? []
        let volumes = try await gate.run { [reader] budget in
            try reader.volumes(matchers, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
        }
        return .object(
            JSONObject([
                ("streams", .number(volumes.count)), ("chunks", .number(volumes.reduce(0) { $0 + $1.chunks })),
                ("bytes", .number(volumes.reduce(0) { $0 + $1.bytes })), ("entries", .number(volumes.reduce(0) { $0 + $1.entries })),
            ]))
    }

    /// How a query may be split: by streams it need not be, since one search runs on all processors.
    private func shards(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let bounds: JSONValue = ["min": 0, "max": .number(JSONNumber(UInt64.max))]
            let shard: JSONValue = ["bounds": bounds, "stats": try await statistics(parameters)]
            let answer: JSONValue = ["shards": .array([shard])]
            return .json(answer.bytes)
        }
    }

    /// Bytes by the labels that were asked for, the largest first; with a step, one figure per step.
    private func volume(_ request: HTTPRequest, isRange: Bool) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let limit = try LokiParameters.count(parameters, "limit", orElse: 100)
            let grouping = try VolumeGrouping(parameters, matchers: try selections(parameters, names: ["query"]).first ?? [])
            guard isRange else {
                let totals = try await volumes(grouping, [(start, end)])[0]
                let elements = grouping.largest(totals, limit).map { VectorElement(labels: $0.labels, time: end.milliseconds, value: Double($0.bytes)) }
                return .json(LokiResult.encode(Evaluation(value: .vector(elements))))
            }
            let step = try LokiParameters.step(parameters, start: start, end: end)
            guard (end - start) / step <= Double(Self.volumeSteps) else {
                throw LokiParameters.Invalid(message: "more than \(Self.volumeSteps) steps: ask for a longer step or a shorter time")
            }
            var windows: [(Timestamp, Timestamp)] = []
            var from = start
            while from < end {
                windows.append((from, min(from + step, end)))
                from = from + step
            }
            // The largest of the whole time come first, so that of each step no more than them is kept.
            let all = try await volumes(grouping, [(start, end)])[0]
            let largest = grouping.largest(all, limit)
            let totals = try await volumes(grouping.narrowed(to: largest.map(\.labels)), windows, only: Set(largest.map(\.labels)))
            let series = largest.map { element in
                var series = MatrixSeries(labels: element.labels)
                for (window, figures) in zip(windows, totals) {
                    guard let bytes = figures[element.labels] else { continue }
                    series.times.append(window.1.milliseconds)
                    series.values.append(Double(bytes))
                }
                return series
            }
            return .json(LokiResult.encode(Evaluation(value: .matrix(series))))
        }
    }

    private func volumes(_ grouping: VolumeGrouping, _ windows: [(Timestamp, Timestamp)], only wanted: Set<Labels>? = nil) async throws -> [[Labels: Int]] {
        try await gate.run { [reader] budget in
            try windows.map { start, end in
                var totals = grouping.totals(try reader.volumes(grouping.matchers, start: start.nanoseconds, end: end.nanoseconds, budget: budget))
                if let wanted { totals = totals.filter { wanted.contains($0.key) } }
                // What one step has is held until all are counted.
                try budget.useBytes(totals.count * 128)
                return totals
            }
        }
    }
}

/// Which labels a volume is broken down by.
///
/// - Source: Loki: the target labels; else the labels that the selector names; with neither, whole streams, or every label of theirs.
struct VolumeGrouping: Sendable {
    var matchers: [LabelMatcher]
    private var names: [String]
    /// Whether bytes are counted for each label name instead of each combination of values.
    private var countsNames: Bool

    init(_ parameters: QueryParameters, matchers: [LabelMatcher]) throws(LokiParameters.Invalid) {
        let targets = (parameters["targetLabels"] ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        switch parameters["aggregateBy"] {
        case nil, "", "series": countsNames = false
        case "labels": countsNames = true
        case let other?: throw LokiParameters.Invalid(message: "invalid aggregation option '\(other)'")
        }
        names = targets.isEmpty ? matchers.map(\.name) : targets
        self.matchers = matchers
        for target in targets where !matchers.contains(where: { $0.name == target }) {
            if let present = try? LabelMatcher(target, .matchesExpression, ".+") { self.matchers.append(present) }
        }
    }

    /// The same over no more streams than these groups need, as far as matchers can say it: a step then costs what the groups cost.
    func narrowed(to groups: [Labels]) -> VolumeGrouping {
        var narrowed = self
        if countsNames { return narrowed }
        for name in names {
            let values = Set(groups.map { $0[name] ?? "" })
            let pattern = values.sorted().map(Self.escaped).joined(separator: "|")
            if let matcher = try? LabelMatcher(name, .matchesExpression, pattern) { narrowed.matchers.append(matcher) }
        }
        return narrowed
    }

    /// A text as an expression that matches it alone.
    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0.isASCII && !$0.isLetter && !$0.isNumber ? ["\\", $0] : [$0] })
    }

    func totals(_ volumes: [StreamVolume]) -> [Labels: Int] {
        var totals: [Labels: Int] = [:]
        for volume in volumes where volume.bytes > 0 {
            guard countsNames else {
                totals[names.isEmpty ? volume.labels : volume.labels.keeping(LabelNames(names)), default: 0] += volume.bytes
                continue
            }
            for (name, _) in volume.labels.pairs where names.isEmpty || names.contains(name) {
                totals[Self.naming(name), default: 0] += volume.bytes
            }
        }
        return totals
    }

    func largest(_ totals: [Labels: Int], _ limit: Int) -> [(labels: Labels, bytes: Int)] {
        totals.map { (labels: $0.key, bytes: $0.value) }.sorted { $0.bytes == $1.bytes ? $0.labels < $1.labels : $0.bytes > $1.bytes }
            .prefix(limit).map { $0 }
    }

    /// A label of that name with an empty value, which is how Loki writes a bare name.
    private static func naming(_ name: String) -> Labels {
        Labels(canonical: LabelEncoding.bytes(name: name, value: ""))
    }
}

/// The canonical form of one pair, for values that may be empty.
private enum LabelEncoding {
    static func bytes(name: String, value: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [name, value] {
            Varint.append(UInt64(text.utf8.count), to: &bytes)
            bytes += text.utf8
        }
        return bytes
    }
}
