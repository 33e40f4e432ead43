import ArgumentParser
import Environment
import HTTPAPI
import Logging
import Posix

/// Answers each request after burning some CPU, and logs a line for it; a line says `slow` when the request waited for its turn.
struct DemoWebCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "web", abstract: "An HTTP server whose requests cost CPU.")

    @Option(help: "Port to listen on, at the pod's own address (POD_IP).") var port = 8080
    @Option(help: "CPU time a request costs.") var cost = DurationArgument(.milliseconds(8))
    @Option(help: "A request that took longer is logged as slow.") var slow = DurationArgument(.milliseconds(150))

    func run() async throws {
        let clock = SystemClock()
        let host = ProcessVariables.value("POD_IP") ?? "127.0.0.1"
        let turn = Turnstile()
        let (cost, slow) = (cost.duration, slow.duration)
        var router = Router()
        router.on(.get, path: "/healthz") { _, _ in .text(200, "ok\n") }
        router.otherwise { request, _ in
            let start = clock.monotonicNanoseconds()
            // One request at a time, as a program with one thread serves them: beyond its capacity requests wait.
            await turn.pass { Self.burn(cost) }
            let took = Duration.nanoseconds(Int64(clock.monotonicNanoseconds() - start))
            let milliseconds = Int(took / .milliseconds(1))
            let verdict = took > slow ? "slow" : "ok"
            Terminal.print("method=\(request.method.rawValue) path=\(request.path) status=200 duration_ms=\(milliseconds) verdict=\(verdict)")
            return .text(200, "served by \(host) in \(milliseconds) ms\n")
        }
        var logger = Logger(label: "demo")
        logger.logLevel = .error
        let server = HTTPServer(configuration: .init(host: host, port: port), router: router, logger: logger)
        try await StopSignals.run { try await server.run { port in Terminal.print("listening on \(host):\(port)") } }
    }

    /// Uses CPU time, not wall time: a throttled process takes longer, as a real one does.
    private static func burn(_ cost: Duration) {
        let end = ProcessVariables.threadCPUNanoseconds() + UInt64(cost / .nanoseconds(1))
        var value: UInt64 = 0x9e37_79b9_7f4a_7c15
        while ProcessVariables.threadCPUNanoseconds() < end {
            for _ in 0..<2000 { value = value &* 6_364_136_223_846_793_005 &+ 1 }
        }
        precondition(value != 0, "the loop above is not removed by the optimiser")
    }
}

/// Lets one pass after the other.
private actor Turnstile {
    func pass(_ work: @Sendable () -> Void) { work() }
}
