import Bytes
import Environment
import Wire

extension LokiAPI {
    /// Loki's version whose API this is.
    private static let apiVersion = "3.8.0"

    func addStatusRoutes(to router: inout Router) {
        router.on(.get, path: "/loki/api/v1/status/buildinfo") { _, _ in
            Self.object([
                ("version", .string(Self.apiVersion)), ("revision", .string("skysail-\(sources.version)")), ("branch", "HEAD"), ("buildUser", ""),
                ("buildDate", ""), ("goVersion", ""),
            ])
        }
        router.on(.get, path: "/loki/api/v1/drilldown-limits") { _, _ in drilldownLimits() }
        router.on(.get, path: "/loki/api/v1/rules") { _, _ in await ruleFiles() }
        for (path, source) in [("rules", sources.rules), ("alerts", sources.alerts)] {
            for prefix in ["/prometheus/api/v1/", "/loki/api/v1/prometheus/"] {
                router.on(.get, path: prefix + path) { _, _ in
                    .json(Array(#"{"status":"success","data":"#.utf8) + (await source()) + Array("}".utf8))
                }
            }
        }
        router.on(.get, path: "/config") { _, _ in
            HTTPResponse(
                contentType: "text/plain; charset=utf-8",
                body: Array(sources.settings.map { "\($0.name): \(JSONValue.string($0.value).description)\n" }.joined().utf8))
        }
        router.on(.get, path: "/services") { _, _ in .text(200, "server => Running\nstore => Running\nquerier => Running\n") }
        router.on(.get, path: "/log_level") { _, _ in .text(200, "Current log level is \(sources.logLevel)\n") }
        router.on(.get, .post, path: "/flush") { _, _ in
            await answer {
                try await sources.flush()
                return HTTPResponse(status: 204)
            }
        }
    }

    private static func object(_ members: [(String, JSONValue)]) -> HTTPResponse { .json(JSONValue.object(JSONObject(members)).bytes) }

    /// What Logs Drilldown wants to know before it asks: that volumes and patterns are there, and how much may be asked at once.
    private func drilldownLimits() -> HTTPResponse {
        let limits = JSONObject([
            ("discover_log_levels", .bool(sources.additions.detectsLevels)),
            ("discover_service_name", .array(sources.additions.serviceNameLabels.map { .string($0) })),
            ("log_level_fields", ["level", "severity", "lvl", "detected_level"]), ("max_entries_limit_per_query", 5000),
            ("max_query_series", 500_000), ("max_query_length", "0s"), ("max_query_lookback", "0s"), ("max_query_range", "0s"),
            ("max_query_bytes_read", "0B"), ("metric_aggregation_enabled", false), ("pattern_persistence_enabled", true),
            ("query_timeout", "2m0s"), ("volume_enabled", true), ("volume_max_series", 100_000),
        ] as [(String, JSONValue)])
        return Self.object([("limits", .object(limits)), ("pattern_ingester_enabled", true), ("version", .string(Self.apiVersion))])
    }

    /// The rule groups by file, as YAML.
    private func ruleFiles() async -> HTTPResponse {
        guard let document = try? JSONValue.parse(await sources.rules()), let groups = document["groups"]?.arrayValue, !groups.isEmpty else {
            return .text(404, "no rule groups found\n")
        }
        var files: [String: [JSONValue]] = [:]
        for group in groups { files[group["file"]?.stringValue ?? "", default: []].append(group) }
        var text = ""
        for (file, groups) in files.sorted(by: { $0.key < $1.key }) {
            text += "\(JSONValue.string(file)):\n"
            for group in groups { text += Self.yaml(of: group) }
        }
        return HTTPResponse(contentType: "application/yaml", body: Array(text.utf8))
    }

    private static func yaml(of group: JSONValue) -> String {
        func quoted(_ value: JSONValue?) -> String { (value ?? "").description }
        var text = "  - name: \(quoted(group["name"]))\n"
        if let interval = group["interval"]?.doubleValue, interval > 0 { text += "    interval: \(DecimalNumber.prometheusText(interval))s\n" }
        text += "    rules:\n"
        for rule in group["rules"]?.arrayValue ?? [] {
            let isAlert = rule["type"]?.stringValue == "alerting"
            text += "      - \(isAlert ? "alert" : "record"): \(quoted(rule["name"]))\n"
            text += "        expr: \(quoted(rule["query"]))\n"
            if isAlert, let seconds = rule["duration"]?.doubleValue, seconds > 0 {
                text += "        for: \(DecimalNumber.prometheusText(seconds))s\n"
            }
            for name in ["labels", "annotations"] {
                guard let members = rule[name]?.objectValue, !members.isEmpty else { continue }
                text += "        \(name):\n"
                for (key, value) in members { text += "          \(JSONValue.string(key)): \(value)\n" }
            }
        }
        return text
    }
}
