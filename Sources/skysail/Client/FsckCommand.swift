import ArgumentParser
import Environment
import LogStore
import ObjectStore
import Posix
import Telemetry
import TimeSeriesStore

struct FsckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Verify every checksum of a stopped server's data directory; nothing is changed.")

    @Option(help: "Data directory.") var data: String = ServerOptions.defaultDataDirectory

    func run() throws {
        let files = PosixFileSystem()
        guard files.exists(data) else { throw Failure("cannot check \(data): there is nothing of this name; name the server's --data", code: 2) }
        let directory = try DataDirectory(data)
        let pool = ThreadWorkPool(threads: ProcessVariables.processorCount)
        var problems: [String] = []
        do throws(ObjectStoreError) {
            let engine = try SQLiteEngine(path: directory.objects)
            Terminal.print("objects  \(engine.index.count) objects at revision \(engine.index.revision)")
            engine.close()
        } catch { problems.append(error.description) }
        do throws(StoreError) {
            let found = try Inspection.run(directory: directory.metrics, fileSystem: files)
            Terminal.print(
                "metrics  \(found.blocks) blocks, \(found.series) series, \(found.samples) samples; \(found.logSamples) more in the log")
            for note in found.notes { Terminal.print("note     metrics/\(note)") }
            problems += found.problems.map { "metrics/\($0)" }
            var configuration = LogStoreConfiguration(directory: directory.logs)
            configuration.retention = .zero
            let logs = try LogStore.open(configuration, fileSystem: files, workPool: pool, clock: SystemClock())
            let checked = try logs.verify()
            Terminal.print("logs     \(checked.parts) parts, \(checked.entries) entries")
            problems += checked.problems
            try logs.close()
        } catch { problems.append(error.description) }
        for problem in problems { Terminal.complain(problem) }
        if !problems.isEmpty { throw ExitCode(1) }
        Terminal.print("no damage found")
    }
}
