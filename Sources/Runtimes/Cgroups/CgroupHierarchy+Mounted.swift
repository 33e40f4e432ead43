package import ClusterAPI
import Environment
import Posix

extension CgroupHierarchy {
    /// What is mounted on this host.
    package static var mounted: CgroupHierarchy {
        let files = PosixFileSystem()
        func text(_ path: String) -> String { String(decoding: (try? files.contents(path)) ?? [], as: UTF8.self) }
        var hierarchy = CgroupHierarchy(mounts: text("/proc/self/mountinfo"))
        if let unified = hierarchy.unified {
            hierarchy.unifiedControllers = Set(text(unified + "/cgroup.controllers").split { $0 == " " || $0 == "\n" }.map(String.init))
        }
        return hierarchy
    }
}
