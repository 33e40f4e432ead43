/// Starting a program of the host and waiting for it. Real: spawn. Simulated: a closure.
package protocol ProgramRunner: Sendable {
    /// Runs to the end and collects what it prints. - Throws: when it cannot be started or runs over its time.
    func run(_ program: String, _ arguments: [String], environment: [String: String], input: [UInt8], timeout: Duration) async throws
        -> ProgramOutcome
}

package struct ProgramOutcome: Sendable, Equatable {
    /// The exit code, or 128 plus the signal.
    package var code: Int32
    package var output: [UInt8]
    package var errors: [UInt8]

    package init(code: Int32, output: [UInt8], errors: [UInt8]) {
        self.code = code
        self.output = output
        self.errors = errors
    }
}
