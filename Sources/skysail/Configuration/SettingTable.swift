import APIServer
import Documents
import HTTPAPI
import LogStore
import Telemetry
import TimeSeriesStore
import Wire

/// Every key of the configuration file. The check, the reference page and the reading are made from this table; a new key is a row.
enum SettingTable {
    static let all: [Setting] = general + metrics + logs + queries + cluster

    private static let general: [Setting] = [
        .text("listen", \.listen, form: "HOST:PORT", "Where the one listener answers. Beyond loopback it needs `--insecure-listen`."),
        .choice("logLevel", \.logLevel, of: ["error", "warning", "info", "debug"], "How much the process says of itself."),
        Setting("rules", form: "list of files", standard: "[]", isReloadable: true, "Prometheus rule files to evaluate.") {
            node, settings throws(SettingProblem) in
            settings.ruleFiles = []
            for element in try node.listSetting() { settings.ruleFiles.append(try element.textSetting()) }
        },
        .text("externalURL", \.externalURL, form: "URL", "What the links in notifications begin with."),
        .duration(
            "collection.interval", \.interval, in: .seconds(1) ... .seconds(300), "Time between two measurements of the containers and the host."),
    ]

    private static let metrics: [Setting] = [
        .duration("metrics.retention", \.metrics.retention, "How long samples are kept; 0 keeps all, and then any time from 1970 on is accepted."),
        Setting(
            "metrics.retentionBySelector", form: "list of {selector, retention}", standard: "[]",
            "Retention of the series that a selector names; the first that fits decides in place of `metrics.retention`."
        ) { node, settings throws(SettingProblem) in
            settings.metrics.retentionRules = []
            for element in try node.listSetting() {
                let fields = try element.fieldsSetting(["selector", "retention"])
                guard let selector = fields["selector"], let retention = fields["retention"] else {
                    throw element.problem("expected both selector and retention")
                }
                let matchers = try SettingSelector.series(selector)
                settings.metrics.retentionRules.append(.init(matchers: matchers, retention: try retention.durationSetting()))
            }
        },
        Setting(
            "metrics.downsampling", form: "list of {resolution, after, retention}", standard: "[]",
            "Coarser copies of samples older than `after`, kept for `retention`; `resolution` is 5m or 1h. They answer where they give what the samples "
                + "would, and where the samples are gone."
        ) { node, settings throws(SettingProblem) in
            settings.metrics.tiers = []
            for element in try node.listSetting() {
                let fields = try element.fieldsSetting(["resolution", "after", "retention"])
                guard let resolution = fields["resolution"], let after = fields["after"], let retention = fields["retention"] else {
                    throw element.problem("expected resolution, after and retention")
                }
                let tier = TierConfiguration(
                    resolution: try resolution.durationSetting(), after: try after.durationSetting(), retention: try retention.durationSetting())
                guard tier.resolution == .seconds(300) || tier.resolution == .seconds(3600) else { throw resolution.problem("expected 5m or 1h") }
                guard tier.after >= .seconds(86_400) else { throw after.problem("expected at least 1d") }
                if settings.metrics.tiers.contains(where: { $0.resolution == tier.resolution }) {
                    throw resolution.problem("this resolution stands here twice")
                }
                settings.metrics.tiers.append(tier)
            }
        },
        .size("metrics.retentionSize", \.metrics.retentionBytes, "Bytes of blocks that are kept, the oldest going first; 0 is no limit."),
        .duration(
            "metrics.syncInterval", \.metrics.syncInterval, in: .zero ... .seconds(60),
            "Longest time between accepting a sample and its being safe from power loss; 0 syncs before each answer."),
        .count("metrics.seriesLimit", \.metrics.seriesLimit, in: 1...100_000_000, "Series that may be active at once. The first ones keep their place."),
        .count(
            "metrics.seriesPerMetricLimit", \.metrics.seriesPerMetricLimit, in: 0...100_000_000,
            "Series of one metric name that may be active at once; 0 is no limit of its own."),
        .count("metrics.exemplarLimit", \.metrics.exemplarLimit, in: 0...10_000_000, "Exemplars that are kept."),
        .size("metrics.cacheSize", \.metrics.cacheByteLimit, atLeast: 1 << 20, "Memory for indexes and time columns of blocks."),
        .size("metrics.reserve", \.metrics.reserveBytes, "Free bytes of the volume below which the store takes no samples."),
        .choice(
            "metrics.otlpTranslation", \.otlpTranslation, of: OTLPTranslation.allCases.map(\.rawValue),
            "How OpenTelemetry's names of metrics and attributes become Prometheus', in the words of its `translation_strategy`."),
        .flag(
            "metrics.own", \.storesOwnMetrics,
            "Whether the server stores what it measures of itself (`process_*`, `skysail_*`) and the state of the cluster as series (`kube_*`). "
                + "Without them a store holds only what is written to it; `/metrics` goes on to show the former."),
        Setting(
            "metrics.corsOrigin", form: "expression", standard: CrossOriginPolicy.everyOrigin,
            "Origins whose web pages may read the Prometheus API in a browser, as a whole; the standard lets every page, an empty text "
                + "none but its own."
        ) { node, settings throws(SettingProblem) in
            let text = try node.textSetting()
            do { _ = try CrossOriginPolicy(text) } catch { throw node.problem("expected a regular expression for origins") }
            settings.corsOrigin = text
        },
    ]

    private static let logs: [Setting] = [
        .duration("logs.retention", \.logs.retention, "How long lines are kept; 0 keeps all, and then any time from 1970 on is accepted."),
        .size("logs.retentionSize", \.logs.retentionBytes, "Bytes of parts that are kept, the oldest days going first; 0 is no limit."),
        Setting(
            "logs.retentionBySelector", form: "list of {selector, retention}", standard: "[]",
            "Retention of the streams that a selector names; the first that fits decides in place of `logs.retention`."
        ) { node, settings throws(SettingProblem) in
            settings.logs.retentionRules = []
            for element in try node.listSetting() {
                let fields = try element.fieldsSetting(["selector", "retention"])
                guard let selector = fields["selector"], let retention = fields["retention"] else {
                    throw element.problem("expected both selector and retention")
                }
                let matchers = try SettingSelector.logStreams(selector)
                settings.logs.retentionRules.append(.init(matchers: matchers, retention: try retention.durationSetting()))
            }
        },
        .duration(
            "logs.syncInterval", \.logs.syncInterval, in: .zero ... .seconds(60),
            "Longest time between accepting a line and its being safe from power loss; 0 syncs before each answer."),
        .size("logs.lineLimit", \.logs.maximumLineBytes, atLeast: 1024, "Bytes of one line; longer ones are refused."),
        .count("logs.streamLimit", \.logs.maximumStreams, in: 1...100_000_000, "Streams that may be known at once."),
        Setting(
            "logs.serviceNameLabels", form: "list of label names, or `usual`", standard: "[]",
            "Labels of which the first that a pushed stream has becomes its `service_name`; `usual` stands for Loki's list. Nothing is added without it."
        ) { node, settings throws(SettingProblem) in
            if let text = try? node.textSetting() {
                guard text == "usual" else { throw node.problem("expected a list of label names, or usual") }
                settings.logAdditions.serviceNameLabels = PushAdditions.usualServiceNameLabels
                return
            }
            settings.logAdditions.serviceNameLabels = []
            for element in try node.listSetting() { settings.logAdditions.serviceNameLabels.append(try element.textSetting()) }
        },
        .flag("logs.detectLevels", \.logAdditions.detectsLevels, "Whether pushed lines get `detected_level` in their metadata, as Loki adds it."),
        .size("logs.reserve", \.logs.reserveBytes, "Free bytes of the volume below which the store takes no lines."),
    ]

    private static let queries: [Setting] = [
        .count("queries.concurrency", \.queries.concurrency, in: 1...1000, "Queries that run at once; further ones wait their turn."),
        .duration("queries.timeout", \.queries.timeout, in: .milliseconds(100) ... .seconds(3600), "Time after which a query is stopped."),
        .count("queries.samples", \.queries.budget.samples, in: 1...Int(Int64.max >> 8), "Samples that one query may read; lines have no such limit."),
        .count("queries.series", \.queries.budget.series, in: 1...100_000_000, "Series or streams that one query may select."),
        .size("queries.memory", \.queries.budget.bytes, atLeast: 1 << 20, "Working memory and answer of one query."),
    ]

    private static let cluster: [Setting] = [
        Setting("api.serviceAddresses", form: "CIDR", standard: APIServerConfiguration().serviceAddresses.description, "Addresses that Services get.") {
            node, settings throws(SettingProblem) in
            guard let range = AddressRange(try node.textSetting()) else { throw node.problem("expected an IPv4 range, as in 127.96.0.0/12") }
            settings.api.serviceAddresses = range
        },
        .duration("api.eventLifetime", \.api.eventLifetime, in: .seconds(60) ... .seconds(30 * 86_400), "How long Events are kept."),
        Setting(
            "scheduler.profiles", form: "list of profiles", standard: "the profile `standard` for `default-scheduler`",
            "Scheduling profiles: `schedulerName`, and either `profile` (`standard` or `classic`) or `filters` (names), `scores` (a list of {name, weight}), "
                + "`reserve` and `bind` (names), `queueSort` (`PrioritySort` or `FIFO`) and `percentageOfNodesToScore`.",
            read: SettingProfiles.read),
    ]
}
