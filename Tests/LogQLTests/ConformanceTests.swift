import Bytes
import Environment
import FoundationEssentials
import QueryLanguage
import Telemetry
import Testing

@testable import LogQL

/// The cases of `../shared/conformance/logql.json`, checked against a running Loki.
@Suite("LogQL conforms")
struct ConformanceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var json: JSONValue
        var testDescription: String { "\(json["id"]?.stringValue ?? "") \(json["query"]?.stringValue ?? "")" }
    }

    static let facts: JSONValue? = {
        var root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        root.removeLast()
        let path = root.joined(separator: "/") + "/shared/conformance/logql.json"
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONValue.parse(Array(bytes))
    }()

    static func cases(_ key: String) -> [Case] { (facts?[key]?.arrayValue ?? []).map { Case(json: $0) } }

    @Test("the facts are at hand", .enabled(if: facts != nil, "../shared/conformance/logql.json is absent"))
    func present() { #expect(Self.cases("parse_cases").count >= 100) }

    @Test("queries are accepted, refused and printed", arguments: cases("parse_cases"))
    func parse(_ item: Case) throws {
        let query = item.json["query"]?.stringValue ?? ""
        let isValid = item.json["valid"]?.boolValue ?? false
        do {
            let expression = try Parser.parse(query)
            #expect(isValid, "accepted as \(expression)")
            if let normal = item.json["normalised"]?.stringValue {
                #expect(Self.withoutBlanks(expression.description) == Self.withoutBlanks(normal))
            }
            _ = try Parser.parse(expression.description)
        } catch {
            #expect(!isValid, "refused: \(error)")
        }
    }

    static func withoutBlanks(_ text: String) -> String {
        var quote: Character?
        return text.filter { character in
            if let open = quote { if character == open { quote = nil } } else if "\"`".contains(character) { quote = character }
            return quote != nil || !character.isWhitespace
        }
    }

    // MARK: Evaluation

    static let base: Int64 = 1_700_000_000

    static func reader(_ name: String) -> MemoryEntryReader {
        func labels(_ json: JSONValue?) -> Labels {
            Labels((json?.objectValue ?? JSONObject()).map { (name: $0.key, value: $0.value.stringValue ?? "") })
        }
        return MemoryEntryReader((facts?["datasets"]?[name]?.arrayValue ?? []).map { stream in
            (labels(stream["labels"]), (stream["entries"]?.arrayValue ?? []).map { entry in
                MemoryEntryReader.Entry(
                    time: time(entry["t"]), line: Array((entry["line"]?.stringValue ?? "").utf8), metadata: labels(entry["metadata"]))
            })
        })
    }

    static func time(_ json: JSONValue?) -> Int64 { base * 1_000_000_000 + Int64((json?.doubleValue ?? 0) * 1e9) }

    @Test("queries answer as Loki does", arguments: cases("eval_cases"))
    func evaluate(_ item: Case) throws {
        let json = item.json
        let evaluator = LogQLEvaluator(reader: Self.reader(json["dataset"]?.stringValue ?? ""), workPool: SerialWorkPool())
        let expect = json["expect"] ?? .null
        var options = EvaluationOptions()
        options.limit = json["limit"]?.intValue ?? 100
        options.direction = json["direction"]?.stringValue == "forward" ? .forward : .backward
        do {
            let query = try evaluator.prepare(json["query"]?.stringValue ?? "")
            let answer: Evaluation
            if json["type"]?.stringValue == "instant" {
                answer = try query.evaluate(at: Timestamp(nanoseconds: Self.time(json["time_s"])), options: options, budget: QueryBudget())
            } else {
                answer = try query.evaluate(
                    from: Timestamp(nanoseconds: Self.time(json["start_s"])), to: Timestamp(nanoseconds: Self.time(json["end_s"])),
                    step: .seconds(json["step_s"]?.intValue ?? 1), options: options, budget: QueryBudget())
            }
            if expect["error"]?.boolValue == true {
                Issue.record("answered \(answer.value)")
                return
            }
            compare(answer.value, expect)
        } catch {
            #expect(expect["error"]?.boolValue == true, "failed: \(error)")
        }
    }

    private func compare(_ value: QueryValue, _ expect: JSONValue) {
        let ignored = Set((expect["ignore_labels"]?.arrayValue ?? []).compactMap(\.stringValue) + ["__error_details__"])
        func text(_ labels: [(name: String, value: String)]) -> String {
            labels.filter { !ignored.contains($0.name) }.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        }
        func text(_ json: JSONValue?) -> String { text((json?.objectValue ?? JSONObject()).map { (name: $0.key, value: $0.value.stringValue ?? "") }) }
        func number(_ value: Double) -> String {
            if value == 0 { return "0" }
            return DecimalNumber.generalText((value * 1e12 / 1e12).isFinite ? Double(String(describing: Float(value))) ?? value : value)
        }
        func seconds(_ nanoseconds: Int64) -> Int64 { nanoseconds / 1_000_000_000 - Self.base }
        var found: [String] = []
        var wanted: [String] = []
        switch value {
        case .scalar(let point):
            found = [number(point.value)]
            wanted = [number(expect["scalar"]?.doubleValue ?? .nan)]
        case .string: break
        case .vector(let elements):
            found = elements.map { "\(text($0.labels.pairs)) \(number($0.value))" }
            wanted = (expect["vector"]?.arrayValue ?? []).map { "\(text($0["labels"])) \(number($0["value"]?.doubleValue ?? .nan))" }
        case .matrix(let series):
            found = series.map { series in
                text(series.labels.pairs) + zip(series.times, series.values).map { " \($0 / 1000 - Self.base):\(number($1))" }.joined()
            }
            wanted = (expect["matrix"]?.arrayValue ?? []).map { series in
                text(series["labels"]) + (series["values"]?.arrayValue ?? []).map { " \($0[0]?.intValue ?? 0):\(number($0[1]?.doubleValue ?? .nan))" }.joined()
            }
        case .streams(let streams):
            found = streams.flatMap { stream in
                stream.entries.map { "\(text(stream.labels.pairs)) \(seconds($0.time)) \(String(decoding: $0.line, as: UTF8.self))" }
            }
            wanted = (expect["streams"]?.arrayValue ?? []).flatMap { stream in
                (stream["values"]?.arrayValue ?? []).map { "\(text(stream["labels"])) \($0[0]?.intValue ?? 0) \($0[1]?.stringValue ?? "")" }
            }
        }
        if expect["ordered"]?.boolValue == true { #expect(found == wanted) } else { #expect(found.sorted() == wanted.sorted()) }
    }
}
