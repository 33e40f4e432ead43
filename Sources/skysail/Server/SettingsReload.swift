import Environment
import Logging
import Posix
import Rules
import Synchronization

/// Reads the configuration file and the rule files again, on SIGHUP and on `/-/reload`.
///
/// A file with a problem changes nothing. What cannot be taken over while running is named, and waits for the next start.
final class SettingsReload: Sendable {
    private struct State {
        var text: String
        var keys: [String: String]
    }

    private let options: ServerOptions
    private let rules: RulesRunner
    private let logger: Logger
    private let state: Mutex<State>
    private let requests: AsyncStream<Void>
    private let requested: AsyncStream<Void>.Continuation

    init(options: ServerOptions, rules: RulesRunner, logger: Logger) {
        self.options = options
        self.rules = rules
        self.logger = logger
        let text = options.config.flatMap { try? FileText.read($0) } ?? ""
        state = Mutex(State(text: text, keys: SettingsFile(text).values))
        (requests, requested) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The configuration as it was last taken over.
    var text: String { state.withLock { $0.text } }

    /// Asks for a reload soon; does nothing itself, so that a signal may call it.
    func request() { requested.yield() }

    func run() async {
        for await _ in requests {
            do { try perform() } catch { logger.error("not reloaded: \((error as? Failure)?.message ?? "\(error)")") }
        }
    }

    /// - Throws: `Failure` or `RuleFileError` that says what is wrong; then nothing has changed.
    func perform() throws {
        let settings = try options.settings()
        let text = try options.config.map { try FileText.read($0) } ?? ""
        try rules.reload(files: settings.ruleFiles, fileSystem: PosixFileSystem())
        let keys = SettingsFile(text).values
        let waiting = state.withLock { state in
            let changed = SettingTable.all.filter { !$0.isReloadable && keys[$0.path] != state.keys[$0.path] }.map(\.path)
            state.text = text
            return changed
        }
        logger.info("reloaded")
        if !waiting.isEmpty { logger.warning("these settings change with the next start: \(waiting.joined(separator: ", "))") }
    }
}
