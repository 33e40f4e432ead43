import Posix
import Testing

/// Walks that wait for processes most of their time, several at once.
enum SideBySide {
    /// Runs the body for each element, at most `width` at a time. Each has threads of its own, since running a client blocks one.
    ///
    /// What a body throws is an issue of the test, and stops none of the others.
    static func run<Element: Sendable>(
        _ elements: [Element], width: Int, _ body: @escaping @Sendable (Element) async throws -> Void
    ) async {
        let executor = ThreadExecutor()
        await withTaskGroup(of: Void.self) { group in
            for (index, element) in elements.enumerated() {
                if index >= width { await group.next() }
                group.addTask(executorPreference: executor) {
                    do { try await body(element) } catch { Issue.record("\(element): \(error)") }
                }
            }
        }
    }
}

/// Runs each step of a task on a new thread, up to where it next waits.
private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        PosixThread.start(name: "side-by-side") { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
