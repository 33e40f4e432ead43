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
    /// The whole answer to a query, entries in the direction that was asked for.
    static func encode(_ evaluation: Evaluation, direction: LogScan.Direction) -> [UInt8] {
        var statistics = Statistics()
        statistics.bytesProcessed = evaluation.statistics.bytesScanned
        statistics.linesProcessed = evaluation.statistics.entriesScanned
        if case .streams(let streams) = evaluation.value {
            statistics.entriesReturned = streams.reduce(0) { $0 + $1.entries.count }
        }
        return bytes(evaluation.value, statistics: statistics, warnings: evaluation.warnings)
    }
}
