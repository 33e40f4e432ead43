import Bytes
import ClusterAPI
import Environment

/// What a node says of its machine.
struct MachineFacts {
    var capacity: [String: Quantity]
    var system: NodeSystemInfo
    var architecture: String

    static func read(_ files: any FileSystem) -> MachineFacts {
        func text(_ path: String) -> String {
            let bytes = (try? files.contents(path)) ?? []
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        }
        let memory = (try? files.contents("/proc/meminfo")).flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("MemTotal:") }?
                .split(separator: " ").dropFirst().first.flatMap { Int64($0) }
        }
        #if arch(x86_64)
            let architecture = "amd64"
        #elseif arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "unknown"
        #endif
        var system = NodeSystemInfo()
        system.machineID = text("/etc/machine-id")
        system.bootID = text("/proc/sys/kernel/random/boot_id")
        system.kernelVersion = text("/proc/sys/kernel/osrelease")
        let release = String(decoding: (try? files.contents("/etc/os-release")) ?? [], as: UTF8.self)
        let name = release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12)
        system.osImage = name.map { String($0.filter { $0 != "\"" }) } ?? "Linux"
        system.containerRuntimeVersion = "process://1.0"
        system.kubeletVersion = "v1.32.4"
        system.kubeProxyVersion = "v1.32.4"
        system.operatingSystem = "linux"
        system.architecture = architecture
        return MachineFacts(
            capacity: [
                "cpu": Quantity(ProcessVariables.processorCount), "memory": Quantity(bytes: (memory ?? 0) * 1024), "pods": Quantity(110),
            ], system: system, architecture: architecture)
    }
}
