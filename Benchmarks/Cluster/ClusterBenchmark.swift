import Bytes

/// What the cluster core costs and how fast it is; `Benchmarks/cluster` runs all of it against the release binary.
@main
struct ClusterBenchmark {
    static func main() async throws {
        var words = Array(CommandLine.arguments.dropFirst())
        guard !words.isEmpty else { return print(usage) }
        let name = words.removeFirst()
        func number(_ index: Int, or standard: Int) -> Int { index < words.count ? Int(words[index]) ?? standard : standard }
        switch name {
        case "scheduler": SchedulerBenchmark(nodes: number(0, or: 5000), pods: number(1, or: 50_000)).run()
        case "ring": try await RingBenchmark(nodes: number(0, or: 500), pods: number(1, or: 10_000), makers: .pods, folder: words.last ?? "").run()
        case "ring-controllers":
            try await RingBenchmark(nodes: number(0, or: 500), pods: number(1, or: 10_000), makers: .controllers(100), folder: words.last ?? "").run()
        case "fill": try await ServerFill(port: number(0, or: 9090), nodes: number(1, or: 500), pods: number(2, or: 10_000)).run()
        case "calls":
            try await CallBenchmark(
                port: number(0, or: 9090), process: number(1, or: 0), rate: number(2, or: 1000), seconds: number(3, or: 30), watches: number(4, or: 1000)
            ).run()
        case "list": try await ListBenchmark(port: number(0, or: 9090), process: number(1, or: 0)).run()
        case "watches": try await WatchFootprint(port: number(0, or: 9090), process: number(1, or: 0), watches: number(2, or: 1000)).run()
        case "memory": print("RSS \(ProcessFigures(number(0, or: 0)).residentMegabytes) MB")
        default: print(usage)
        }
    }

    private static let usage = """
        scheduler [NODES PODS]                        decisions of the scheduler's core, without API
        ring [NODES PODS FOLDER]                      create, bind and one status update of each pod, over API and SQLite in this process
        ring-controllers [NODES PODS FOLDER]          the same with the pods made by 100 ReplicationControllers
        fill PORT NODES PODS                          nodes and bound pods for the ones below
        calls PORT PID [RATE SECONDS WATCHES]         latency of single-object calls (80 % get, 20 % status patch) beside open watches
        list PORT PID                                 memory while all pods are listed
        watches PORT PID [COUNT]                      memory of idle watches
        memory PID                                    resident memory
        """
}
