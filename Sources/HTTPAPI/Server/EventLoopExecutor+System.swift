import NIOCore

/// Runs the steps of a task on the event loop of its connection, so that a request that only hands work on crosses no thread more than it must.
///
/// Without it each request crosses to the cooperative pool and back beside the low-priority threads that do its work.
/// - Ownership: held by each step it has yet to run.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
