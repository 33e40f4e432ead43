import Bytes
import ClusterAPI
import Environment
import QueryLanguage
import Synchronization
import Telemetry

@testable import Rules

/// An evaluator that answers what the test says, by expression.
struct ScriptedEvaluator: Evaluator {
    var language: String
    var answer: @Sendable (String) -> Result<Evaluation, QueryError>

    struct Query: PreparedQuery {
        var text: String
        var answer: @Sendable (String) -> Result<Evaluation, QueryError>

        func evaluate(at time: Timestamp, options: EvaluationOptions, budget: QueryBudget) throws(QueryError) -> Evaluation {
            try answer(text).get()
        }

        func evaluate(from start: Timestamp, to end: Timestamp, step: Duration, options: EvaluationOptions, budget: QueryBudget)
            throws(QueryError) -> Evaluation
        {
            try answer(text).get()
        }

        func freshness() -> [FreshnessSignal] { [] }
    }

    func prepare(_ text: String) throws(QueryError) -> any PreparedQuery {
        if text.hasPrefix("!") { throw QueryError(.bad, "unexpected character: '!'") }
        return Query(text: text, answer: answer)
    }
}

final class RecordingAppender: SampleAppender {
    let written = Mutex<[(labels: Labels, value: Double)]>([])

    func append(_ batch: SampleWriteBatch) throws(StoreError) -> AppendTicket {
        written.withLock { written in
            for index in batch.sampleSeries.indices {
                written.append((batch.labels(Int(batch.sampleSeries[index])), batch.sampleValues[index]))
            }
        }
        return AppendTicket(position: 1, accepted: batch.sampleSeries.count)
    }

    func waitUntilDurable(_ position: UInt64) async throws(StoreError) {}
}

/// Serves one list of rule groups and a watch that tests feed, and keeps the patches.
final class RuleGroupClient: ClusterClient {
    let patches = Mutex<[JSONValue]>([])
    private let list: [UInt8]
    private let stream: WatchStream
    let source: WatchStream.Source

    init(_ groups: [RuleGroup]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("metadata")
        writer.raw(Array(#"{"resourceVersion":"5"}"#.utf8))
        writer.key("items")
        writer.beginArray()
        for group in groups { writer.raw(group.jsonBytes) }
        writer.endArray()
        writer.endObject()
        list = writer.bytes
        (stream, source) = WatchStream.make()
    }

    func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
        if case .list = request.verb { return APIResponse(body: list) }
        if let patch = try? JSONValue.parse(request.body) { patches.withLock { $0.append(patch) } }
        return APIResponse(body: Array("{}".utf8))
    }

    func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream { stream }
}

/// Answers with the statuses it was given, one after the other, the last one for ever; keeps what it was sent.
final class RecordingFetcher: Fetcher {
    let bodies = Mutex<[JSONValue]>([])
    private let statuses: Mutex<[Int]>

    init(_ statuses: [Int] = [200]) { self.statuses = Mutex(statuses) }

    func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        let status = statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        if status == 0 { throw FetchError(url: request.url, cause: "connection refused") }
        if let body = try? JSONValue.parse(request.body), (200..<300).contains(status) { bodies.withLock { $0.append(body) } }
        return FetchResponse(status: status)
    }
}
