import Bytes
import Telemetry

/// Lines of one program, end to end, as a block has them.
struct LineCorpus {
    private(set) var arena: [UInt8] = []
    private(set) var ends: [Int] = []

    /// About `bytes` of lines: a few shapes with identifiers, addresses and numbers in them.
    init(bytes: Int, seed: UInt64 = 7) {
        var random = SplitMix64(seed: seed)
        while arena.count < bytes {
            let number = random.next() % 10_000
            let identifier = String(random.next(), radix: 16)
            let line =
                switch random.next() % 4 {
                case 0: "2026-11-24 02:17:\(number % 60) INFO [main] handled request_id=\(identifier) in \(number) ms"
                case 1: "sshd[\(number)]: Failed password for user\(number % 7) from 10.0.\(number % 3).\(number % 250) port \(number)"
                case 2: "{\"level\":\"warn\",\"attempt\":\(number % 5),\"trace\":\"\(identifier)\",\"msg\":\"retry\"}"
                default: "worker-\(number % 16) Exception in thread main: queue depth \(number)"
                }
            arena.append(contentsOf: line.utf8)
            ends.append(arena.count)
        }
    }

    /// The same lines as a batch of `streams` streams, a millisecond apart from `start` on.
    func batch(streams: Int, start: Int64) -> LogWriteBatch {
        var batch = LogWriteBatch()
        let numbers = (0..<streams).map { batch.addStream(Labels([(name: "namespace", value: "team-\($0 % 7)"), (name: "pod", value: "web-\($0)")])) }
        let share = (ends.count + streams - 1) / streams
        var from = 0
        for (line, end) in ends.enumerated() {
            batch.addEntry(stream: numbers[line / share], time: start + Int64(line) * 1_000_000, line: arena[from..<end])
            from = end
        }
        return batch
    }
}
