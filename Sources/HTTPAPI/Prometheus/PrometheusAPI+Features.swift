import Bytes

/// What this server can do, for clients that ask first: a list of features and the API's description.
extension PrometheusAPI {
    func addFeatureRoutes(to router: inout Router) {
        let features = Self.features(sources)
        router.on(.get, path: "/api/v1/features") { _, _ in Self.success(features) }
        let description = OpenAPIDescription.yaml(version: sources.version)
        router.on(.get, path: "/api/v1/openapi.yaml") { _, _ in
            HTTPResponse(contentType: "application/yaml; charset=utf-8", body: Array(description.utf8))
        }
    }

    /// - Source: the categories of Prometheus' `/api/v1/features`.
    private static func features(_ sources: Sources) -> [UInt8] {
        func all(_ names: [String]) -> JSONValue { .object(JSONObject(names.map { ($0, JSONValue.bool(true)) })) }
        let document: JSONValue = [
            "api": all([
                "admin", "exclude_alerts", "label_values_match", "lifecycle", "otlp_write_receiver", "query_stats", "query_warnings",
                "remote_write_receiver", "search", "time_range_labels", "time_range_series",
            ]),
            "promql": all([
                "anchored", "at_modifier", "bool", "by", "delayed_name_removal", "duration_expr", "experimental_functions", "fill", "fill_left",
                "fill_right", "group_left", "group_right", "ignoring", "native_histograms", "negative_offset", "offset", "on", "per_query_lookback_delta",
                "per_step_stats", "smoothed", "subqueries", "type_and_unit_labels", "without",
            ]),
            "promql_functions": all(sources.language?.functions ?? []), "promql_operators": all(sources.language?.operators ?? []),
            "rules": all(["concurrent_rule_eval", "keep_firing_for", "query_offset"]),
            "tsdb": all(["delayed_compaction", "exemplar_storage", "native_histograms", "out_of_order", "st_storage"]),
        ]
        return document.bytes
    }
}

/// The routes of the Prometheus API as an OpenAPI 3.1 document.
enum OpenAPIDescription {
    private struct Route {
        var path: String
        var methods: [String]
        var summary: String
        var parameters: [String] = []
        var media = "application/json"
    }

    private static let read = ["get", "post"]

    private static let routes = [
        Route(
            path: "/query", methods: read, summary: "Evaluate at one instant",
            parameters: ["query", "time", "timeout", "limit", "lookback_delta", "stats"]),
        Route(
            path: "/query_range", methods: read, summary: "Evaluate over a range of time",
            parameters: ["query", "start", "end", "step", "timeout", "limit", "lookback_delta", "stats"]),
        Route(path: "/query_exemplars", methods: read, summary: "Exemplars of the series of a query", parameters: ["query", "start", "end"]),
        Route(path: "/format_query", methods: read, summary: "A query in canonical form", parameters: ["query"]),
        Route(path: "/parse_query", methods: read, summary: "A query as a tree", parameters: ["query"]),
        Route(path: "/series", methods: read, summary: "Label sets", parameters: ["match[]", "start", "end", "limit"]),
        Route(path: "/labels", methods: read, summary: "Label names", parameters: ["match[]", "start", "end", "limit"]),
        Route(path: "/label/{name}/values", methods: ["get"], summary: "Values of a label", parameters: ["match[]", "start", "end", "limit"]),
        Route(
            path: "/search/metric_names", methods: read, summary: "Search metric names", parameters: search, media: "application/x-ndjson"),
        Route(path: "/search/label_names", methods: read, summary: "Search label names", parameters: search, media: "application/x-ndjson"),
        Route(
            path: "/search/label_values", methods: read, summary: "Search values of a label", parameters: search + ["label"],
            media: "application/x-ndjson"),
        Route(path: "/metadata", methods: ["get"], summary: "Type, help and unit of metrics", parameters: ["limit", "limit_per_metric", "metric"]),
        Route(path: "/targets", methods: ["get"], summary: "Scrape targets", parameters: ["state", "scrapePool"]),
        Route(path: "/targets/metadata", methods: ["get"], summary: "Metadata by target", parameters: ["match_target", "metric", "limit"]),
        Route(path: "/targets/relabel_steps", methods: ["get"], summary: "Relabelling step by step", parameters: ["scrapePool", "labels"]),
        Route(path: "/scrape_pools", methods: ["get"], summary: "Names of the scrape pools"),
        Route(path: "/scrape_pools/config", methods: ["get"], summary: "Configuration of a scrape pool", parameters: ["scrapePool"]),
        Route(
            path: "/rules", methods: ["get"], summary: "Rule groups",
            parameters: [
                "type", "rule_name[]", "rule_group[]", "file[]", "match[]", "exclude_alerts", "group_limit", "group_next_token",
            ]),
        Route(path: "/alerts", methods: ["get"], summary: "Active alerts"),
        Route(path: "/alertmanagers", methods: ["get"], summary: "Receivers of notifications"),
        Route(path: "/status/config", methods: ["get"], summary: "The configuration in force"),
        Route(path: "/status/flags", methods: ["get"], summary: "Flags of the process"),
        Route(path: "/status/runtimeinfo", methods: ["get"], summary: "The running process"),
        Route(path: "/status/buildinfo", methods: ["get"], summary: "The program"),
        Route(path: "/status/tsdb", methods: ["get"], summary: "Cardinality", parameters: ["limit"]),
        Route(path: "/status/tsdb/blocks", methods: ["get"], summary: "Blocks of the store"),
        Route(path: "/status/self_metrics", methods: ["get"], summary: "The server's own metrics"),
        Route(path: "/status/walreplay", methods: ["get"], summary: "Replay of the log"),
        Route(path: "/admin/tsdb/delete_series", methods: ["post", "put"], summary: "Delete samples", parameters: ["match[]", "start", "end"]),
        Route(path: "/admin/tsdb/clean_tombstones", methods: ["post", "put"], summary: "Free what was deleted"),
        Route(path: "/admin/tsdb/snapshot", methods: ["post", "put"], summary: "Copy the store", parameters: ["skip_head"]),
        Route(path: "/write", methods: ["post"], summary: "Remote write 1.0 and 2.0"),
        Route(path: "/read", methods: ["post"], summary: "Remote read", media: "application/x-protobuf"),
        Route(path: "/otlp/v1/metrics", methods: ["post"], summary: "OpenTelemetry metrics", media: "application/x-protobuf"),
        Route(path: "/import/prometheus", methods: ["post", "put"], summary: "Exposition text", parameters: ["timestamp", "extra_label"]),
        Route(path: "/notifications", methods: ["get"], summary: "What an operator should look at"),
        Route(path: "/notifications/live", methods: ["get"], summary: "The same as events", media: "text/event-stream"),
        Route(path: "/features", methods: ["get"], summary: "What the server can do"),
        Route(path: "/openapi.yaml", methods: ["get"], summary: "This document", media: "application/yaml"),
    ]

    private static let search = [
        "match[]", "search[]", "fuzz_threshold", "fuzz_alg", "case_sensitive", "sort_by", "sort_dir", "include_score", "include_metadata", "start", "end",
        "limit", "batch_size",
    ]

    static func yaml(version: String) -> String {
        var text = """
            openapi: 3.1.0
            info:
              title: Skysail, Prometheus API
              version: "\(version)"
            servers:
              - url: /api/v1
            paths:

            """
        for route in routes {
            text += "  \(route.path):\n"
            for method in route.methods {
                text += "    \(method):\n      summary: \(route.summary)\n"
                let inPath = route.path.contains("{name}") ? ["name"] : []
                if !route.parameters.isEmpty || !inPath.isEmpty {
                    text += "      parameters:\n"
                    for name in inPath { text += "        - {name: \(name), in: path, required: true, schema: {type: string}}\n" }
                    for name in route.parameters {
                        let schema = name.hasSuffix("[]") ? "{type: array, items: {type: string}}" : "{type: string}"
                        text += "        - {name: \"\(name)\", in: query, schema: \(schema)}\n"
                    }
                }
                text += "      responses:\n        \"200\":\n          description: success\n          content:\n            \(route.media): {}\n"
                text += "        default:\n          description: an error object\n          content:\n            application/json: {}\n"
            }
        }
        return text
    }
}
