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
            let logs = try LogInspection.run(directory: directory.logs, fileSystem: files)
            Terminal.print("logs     \(logs.parts) parts, \(logs.entries) entries; \(logs.logEntries) more in the log")
            for note in logs.notes { Terminal.print("note     \(note)") }
            problems += logs.problems
        } catch { problems.append(error.description) }
        for problem in problems { Terminal.complain(problem) }
        if !problems.isEmpty { throw ExitCode(1) }
        Terminal.print("no damage found")
    }
}
