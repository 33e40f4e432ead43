import ArgumentParser
import Collection

/// What `up` and `agent` have in common: the node.
struct NodeOptions: ParsableArguments {
    @Option(help: "Name of this node; the host's name unless given.") var nodeName: String?
    @Option(help: "Label of pods that becomes a label of their log streams; may be given several times.") var logLabel: [String] = []
    @Option(
        help: """
            Files outside the cluster whose lines are shipped too: PATTERN[;format=auto|cri|docker|raw][;multiline=RULE][;label.NAME=VALUE]. \
            May be given several times.
            """)
    var logFile: [String] = []

    func sources() throws -> [FileSource] {
        try logFile.map { text in
            do throws(FileSourceError) { return try FileSource(text) } catch { throw Failure("\(error)", code: 2) }
        }
    }
}
