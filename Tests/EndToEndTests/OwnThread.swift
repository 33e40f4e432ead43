import Posix

/// Runs what blocks for long on a thread of its own, so that tests that await get their turns.
enum OwnThread {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            PosixThread.start(name: "blocking-test") { continuation.resume(with: Result { try body() }) }
        }
    }
}
