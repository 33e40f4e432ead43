import ArgumentParser
import Environment
import Host
import Posix

/// Sends requests at a rate that comes in waves, each over a connection of its own.
struct DemoLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "load", abstract: "Traffic in waves for the web server.")

    @Option(help: "URL to fetch.") var target: String
    @Option(help: "Requests a second at low tide.") var low = 2.0
    @Option(help: "Requests a second at high tide.") var high = 36.0
    @Option(help: "Quiet time before the first high tide.") var quiet = DurationArgument(.seconds(20))
    @Option(help: "Length of a high tide.") var tide = DurationArgument(.seconds(60))
    @Option(help: "Quiet time between high tides.") var ebb = DurationArgument(.seconds(130))

    func run() async throws {
        let clock = SystemClock()
        let fetcher = HTTPFetcher()
        let target = target
        try await StopSignals.run {
            let start = clock.monotonicNanoseconds()
            var due = start
            var reported = -1
            try await withThrowingDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let elapsed = Duration.nanoseconds(Int64(due - start))
                    let rate = rate(at: elapsed)
                    if Int(rate) != reported {
                        reported = Int(rate)
                        Terminal.print("rate=\(Int(rate)) target=\(target)")
                    }
                    due += UInt64(1e9 / rate)
                    let now = clock.monotonicNanoseconds()
                    if due > now { try await clock.sleep(for: .nanoseconds(Int64(due - now))) }
                    group.addTask {
                        do {
                            let answer = try await fetcher.fetch(
                                FetchRequest("GET", target, headers: [("connection", "close")], timeout: .seconds(20)))
                            if answer.status != 200 { Terminal.print("status=\(answer.status)") }
                        } catch is CancellationError {
                        } catch { Terminal.print("error=\"\(error)\"") }
                    }
                }
            }
        }
        await fetcher.shutdown()
    }

    private func rate(at elapsed: Duration) -> Double {
        guard elapsed >= quiet.duration else { return low }
        let period = (tide.duration + ebb.duration) / .seconds(1)
        let position = ((elapsed - quiet.duration) / .seconds(1)).truncatingRemainder(dividingBy: period)
        return position < tide.duration / .seconds(1) ? high : low
    }
}

/// Looks after `web` now and then, as a queue worker would after its queue.
struct DemoWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", abstract: "A worker that polls the web server.")

    @Option(help: "URL to poll.") var target: String
    @Option(help: "Time between polls.") var every = DurationArgument(.seconds(5))

    func run() async throws {
        let clock = SystemClock()
        let fetcher = HTTPFetcher()
        let (target, every) = (target, every.duration)
        try await StopSignals.run {
            while !Task.isCancelled {
                do {
                    let answer = try await fetcher.fetch(FetchRequest("GET", target, headers: [("connection", "close")], timeout: .seconds(5)))
                    Terminal.print("polled \(target) status=\(answer.status)")
                } catch is CancellationError {
                    return
                } catch { Terminal.print("error=\"\(error)\"") }
                try await clock.sleep(for: every)
            }
        }
        await fetcher.shutdown()
    }
}
