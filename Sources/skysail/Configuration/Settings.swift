import APIServer
import HTTPAPI
import LogStore
import Scheduler
import TimeSeriesStore
import Wire

/// Everything that a configuration file may decide, with the values that hold without one.
///
/// Options of the command line that were given win over the file. `SettingTable` says which key sets what.
struct Settings: Sendable {
    var listen = "127.0.0.1:9090"
    var logLevel = "info"
    /// Time between two measurements of the containers and the host.
    var interval = Duration.seconds(10)
    /// Prometheus rule files.
    var ruleFiles: [String] = []
    /// What the links in notifications begin with.
    var externalURL = ""
    /// The directory is put in once it is known.
    var metrics = TimeSeriesStore.Configuration(directory: "")
    /// How names of OpenTelemetry metrics become Prometheus', in the words of `OTLPTranslation`.
    var otlpTranslation = OTLPTranslation.underscoreEscapingWithSuffixes.rawValue
    /// Whether the store takes the server's measurements of itself and the state of the cluster.
    var storesOwnMetrics = true
    /// The origins whose pages may read the Prometheus API in a browser: an expression.
    var corsOrigin = CrossOriginPolicy.everyOrigin
    var logs = LogStoreConfiguration(directory: "")
    /// What is added to log streams and lines as they are pushed.
    var logAdditions = PushAdditions()
    var queries = QueryGate.Limits()
    var scheduler = SchedulerConfiguration()
    var api = APIServerConfiguration()
}

/// Why a configuration file cannot be used, and where.
struct SettingProblem: Error, CustomStringConvertible {
    var message: String
    var line: Int
    var column: Int

    var description: String { "\(line):\(column): \(message)" }
}
