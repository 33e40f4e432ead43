import ArgumentParser

/// The programs of the tour: a server, its load, and a worker.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run one of the tour's programs: a web server whose requests cost CPU, the load on it, or a worker.",
        subcommands: [DemoWebCommand.self, DemoLoadCommand.self, DemoWorkerCommand.self])
}

/// A length of time as Prometheus and Kubernetes write it: `250ms`, `5s`, `2m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        var total = Duration.zero
        var rest = argument[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let seconds: Double
            switch unit {
            case "ms": seconds = 0.001
            case "s": seconds = 1
            case "m": seconds = 60
            case "h": seconds = 3600
            case "d": seconds = 86_400
            case "w": seconds = 604_800
            case "y": seconds = 31_536_000
            case "" where number == 0: seconds = 0
            default: return nil
            }
            total += .seconds(number * seconds)
        }
        duration = total
    }

    var defaultValueDescription: String {
        duration < .seconds(1) ? "\(Int(duration / .milliseconds(1)))ms" : "\(Int(duration / .seconds(1)))s"
    }
}
