/// What must stand on the host before a pod's containers can mount a volume.
package struct VolumePlan: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// An empty folder that lives as long as the pod.
        case empty
        /// A folder that holds exactly these files; a change replaces them as a whole.
        case files([File])
        /// One file.
        case file(File)
        /// A path of the host, with what must be there (`DirectoryOrCreate`, `Socket`, …; empty: anything).
        case host(type: String)
    }

    package struct File: Hashable, Sendable {
        /// Relative to the volume; may have folders in it.
        package var path: String
        package var bytes: [UInt8]
        package var mode: UInt32

        package init(path: String, bytes: [UInt8], mode: UInt32) {
            self.path = path
            self.bytes = bytes
            self.mode = mode
        }
    }

    package var name: String
    /// Where it stands on the host.
    package var path: String
    package var content: Content

    package init(name: String, path: String, content: Content) {
        self.name = name
        self.path = path
        self.content = content
    }
}
