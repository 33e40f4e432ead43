import Bytes
import ClusterAPI
import Telemetry

/// What a set of files is the log of.
enum TailTarget: Hashable, Comparable, Sendable {
    case container(ContainerIdentity)
    /// A file of a configured source, by its own name.
    case file(source: Int, path: String)

    var podUID: String? { if case .container(let container) = self { container.pod.uid } else { nil } }
}

/// All files of one log: those that rotation has left, and the one that is being written.
struct TailRun: Sendable {
    /// Oldest first.
    var files: [FileKey] = []
    /// How far files were read that are gone or were cut: copies of them go on there.
    var ghosts: [Ghost] = []
    var assemblies = [StreamAssembly(), StreamAssembly()]
    /// The streams' labels; made anew when the pod's have changed.
    var streams: [Labels]?
    var rule: MultilineRule?
    let format: LogFileFormat
    /// Whether it is the log of a container of the cluster, whose lines are records.
    let isCluster: Bool
    /// Of the last record: lines that have no time of their own come after it.
    var lastTime: Int64 = 0
    /// When its last file was gone, in monotonic nanoseconds.
    var emptiedAt: UInt64?
    /// Whether a checkpoint or a look before knew it: then a packed file that nobody knows is news.
    var isKnown = false

    struct Ghost: Hashable, Sendable {
        var path: String
        var fingerprint: FileFingerprint
        var offset: Int64
    }

    private static let ghostLimit = 16

    init(format: LogFileFormat, isCluster: Bool) {
        self.format = format
        self.isCluster = isCluster
    }

    mutating func addGhost(_ file: TailedFile, offset: Int64) {
        guard file.fingerprint.length > 0 else { return }
        ghosts.removeAll { $0.fingerprint == file.fingerprint }
        ghosts.append(Ghost(path: file.path, fingerprint: file.fingerprint, offset: offset))
        if ghosts.count > Self.ghostLimit { ghosts.removeFirst() }
    }

    /// Where reading a file must begin again to have everything that was not handed over.
    func safeOffset(_ file: TailedFile) -> Int64 {
        var offset = file.restOffset
        for assembly in assemblies { offset = min(offset, assembly.offset(in: file.key) ?? offset) }
        return offset
    }
}
