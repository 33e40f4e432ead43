/// Which cgroup file systems are mounted where: v1, v2, or both at once (hybrid).
///
/// A v1 host mounts one hierarchy per controller or a few controllers together; a v2 host one for all. In a hybrid the unified hierarchy is
/// mounted beside v1 ones and usually has no controllers, yet still `cgroup.kill`, `cgroup.events` and pressure files.
/// - Source: Linux `Documentation/admin-guide/cgroup-v1/cgroups.rst`, `cgroup-v2.rst`; proc(5) for `mountinfo`.
package struct CgroupHierarchy: Hashable, Sendable {
    /// Mount point of each v1 controller.
    package private(set) var controllers: [String: String] = [:]
    /// Mount point of the unified hierarchy.
    package private(set) var unified: String?
    /// Controllers that the unified hierarchy has.
    package private(set) var unifiedControllers: Set<String> = []

    /// The controllers a container is put under, in a fixed order.
    package static let used = ["cpu", "cpuacct", "memory", "pids", "blkio"]

    /// - Parameters:
    ///   - mountInfo: the contents of `/proc/self/mountinfo`.
    ///   - controllersOfUnified: given the unified mount point, the contents of its `cgroup.controllers`.
    package init(mountInfo: [UInt8], controllersOfUnified: (String) -> [UInt8]) {
        for line in mountInfo.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { continue }
            let mountPoint = Self.unescape(fields[4])
            switch fields[dash + 1] {
            case "cgroup2":
                if unified == nil { unified = mountPoint }
            case "cgroup":
                for option in fields[dash + 3].split(separator: ",").map(String.init) where controllers[option] == nil {
                    if !["rw", "ro", "xattr", "noprefix", "clone_children"].contains(option), !option.contains("=") {
                        controllers[option] = mountPoint
                    }
                }
            default: break
            }
        }
        if let unified {
            let text = String(decoding: controllersOfUnified(unified), as: UTF8.self)
            unifiedControllers = Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
        }
    }

    /// Reads what is mounted on this host.
    package init(fileSystem: some FileSystem) {
        let mountInfo = (try? fileSystem.contents("/proc/self/mountinfo")) ?? []
        self.init(mountInfo: mountInfo) { (try? fileSystem.contents($0 + "/cgroup.controllers")) ?? [] }
    }

    package var isEmpty: Bool { controllers.isEmpty && unified == nil }

    /// Whether a controller's files have the names and meanings of v2.
    package func isUnified(_ controller: String) -> Bool {
        controllers[controller] == nil && unifiedControllers.contains(Self.unifiedName(controller))
    }

    /// The folder of a cgroup for a controller, or nil when no hierarchy has the controller.
    package func folder(_ controller: String, _ cgroup: String) -> String? {
        if let mountPoint = controllers[controller] { return mountPoint + cgroup }
        return isUnified(controller) ? unified.map { $0 + cgroup } : nil
    }

    /// Every folder that a process must be put into, each once, in a fixed order.
    package func folders(_ cgroup: String) -> [String] {
        var folders: [String] = []
        for controller in Self.used {
            if let folder = folder(controller, cgroup), !folders.contains(folder) { folders.append(folder) }
        }
        if let unified, !folders.contains(unified + cgroup) { folders.append(unified + cgroup) }
        return folders
    }

    /// v2 has one controller for CPU time and calls block IO `io`.
    static func unifiedName(_ controller: String) -> String {
        switch controller {
        case "cpuacct": "cpu"
        case "blkio": "io"
        default: controller
        }
    }

    /// Blanks in mount points come as `\040`.
    private static func unescape(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "\\"), index + 3 < source.count,
                let value = UInt8(String(decoding: source[index + 1...index + 3], as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                index += 4
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
