import Bytes
import Environment
import Posix

/// Memory and CPU of a process, from /proc.
struct ProcessFigures {
    private let folder: String

    /// - Parameter process: 0 for this one.
    init(_ process: Int) { folder = "/proc/\(process == 0 ? "self" : String(process))" }

    private func text(_ name: String) -> String {
        String(decoding: (try? PosixFileSystem().contents("\(folder)/\(name)")) ?? [], as: UTF8.self)
    }

    var residentKilobytes: Int {
        let line = text("status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first ?? "") ?? 0
    }

    var residentMegabytes: Int { residentKilobytes / 1024 }

    /// CPU time so far, in seconds.
    var cpuSeconds: Double {
        let text = text("stat")
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / 100
    }
}

/// Times of calls, and their percentiles.
struct Latencies {
    private var nanoseconds: [UInt64] = []

    mutating func add(_ value: UInt64) { nanoseconds.append(value) }
    mutating func add(_ other: Latencies) { nanoseconds += other.nanoseconds }
    var count: Int { nanoseconds.count }

    func text() -> String {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return "no calls" }
        func percentile(_ share: Double) -> String {
            let value = Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1e6
            return "\((value * 100).rounded() / 100) ms"
        }
        return "\(sorted.count) calls, median \(percentile(0.5)), p99 \(percentile(0.99)), p99.9 \(percentile(0.999)), max \(percentile(1))"
    }
}

enum Stopwatch {
    static func now() -> UInt64 { SystemClock().monotonicNanoseconds() }
    static func seconds(since start: UInt64) -> Double { Double(now() &- start) / 1e9 }
}

extension Double {
    /// With one digit after the point.
    var short: String { "\((self * 10).rounded() / 10)" }
}
