import Bytes
import QueryLanguage
import Telemetry
import Wire

extension PrometheusResult.Statistics {
    init(_ statistics: EvaluationStatistics) {
        self.init(
            samplesRead: statistics.samplesRead, peakSamples: statistics.samplesRead, samplesPerStep: statistics.samplesPerStep)
    }
}

extension LokiResult {
    /// The whole answer to a query.
    static func encode(_ evaluation: Evaluation, took: Duration = .zero, encodesMetadata: Bool = false) -> [UInt8] {
        var statistics = Statistics()
        statistics.bytesProcessed = evaluation.statistics.bytesScanned
        statistics.linesProcessed = evaluation.statistics.entriesScanned
        statistics.seconds = max(0, took / .seconds(1))
        var encodesMetadata = encodesMetadata
        if case .streams(let streams) = evaluation.value {
            statistics.entriesReturned = streams.reduce(0) { $0 + $1.entries.count }
        } else {
            encodesMetadata = false
        }
        return bytes(evaluation.value, statistics: statistics, warnings: evaluation.warnings, encodesMetadata: encodesMetadata)
    }
}
