/// Threads for heavy work: queries, merges, file I/O. Real: low-priority threads. Simulated: the calling thread.
package protocol WorkPool: Sendable {
    /// How many pieces run at once, the caller's included; worker numbers lie below it.
    var width: Int { get }

    /// Runs a blocking piece of work away from the cooperative pool and waits for it.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value

    /// Runs `body(worker, index)` for every index below `count`; returns when all are done. The first error stops the handing out of
    /// further indices and is thrown. The calling thread works too, so nested calls cannot deadlock.
    func forEach(_ count: Int, _ body: @Sendable (_ worker: Int, _ index: Int) throws -> Void) throws
}

/// Runs everything on the calling thread, in order: for simulations and tests.
package struct SerialWorkPool: WorkPool {
    package init() {}

    package var width: Int { 1 }

    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value { try work() }

    package func forEach(_ count: Int, _ body: @Sendable (_ worker: Int, _ index: Int) throws -> Void) throws {
        var index = 0
        while index < count {
            try body(0, index)
            index += 1
        }
    }
}
