import Bytes
import Environment
import Telemetry

extension LogStore {
    func applyRetention(now: Timestamp) throws(StoreError) {}
    func mergeStep(now: Timestamp) throws(StoreError) -> Bool { false }
    func missingParts(start: Int64, end: Int64) -> [String] { [] }
}
