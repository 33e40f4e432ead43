import Environment

/// Makes volumes stand on the host as planned. It blocks: it belongs on a worker.
struct VolumeWriter: Sendable {
    let files: any FileSystem

    /// The first thing that went wrong, or nil.
    func prepare(_ plans: [VolumePlan]) -> String? {
        for plan in plans {
            do throws(FileError) {
                if let failure = try prepare(plan) { return failure }
            } catch {
                return "cannot set up volume \"\(plan.name)\": \(error)"
            }
        }
        return nil
    }

    private func prepare(_ plan: VolumePlan) throws(FileError) -> String? {
        switch plan.content {
        case .empty: try files.createDirectory(plan.path)
        case .file(let file):
            try files.createDirectory(Self.folder(of: plan.path))
            try write(file.bytes, plan.path)
        case .files(let wanted):
            try files.createDirectory(plan.path)
            var names: Set<String> = []
            for file in wanted {
                guard !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains("..") else {
                    return "cannot set up volume \"\(plan.name)\": the path \"\(file.path)\" leaves it"
                }
                let path = plan.path + "/" + file.path
                try files.createDirectory(Self.folder(of: path))
                try write(file.bytes, path)
                names.insert(String(file.path.split(separator: "/")[0]))
            }
            for name in try files.list(plan.path) where !names.contains(name) { removeTree(plan.path + "/" + name) }
        case .host(let type): return try check(plan, type)
        }
        return nil
    }

    /// - Source: Kubernetes `HostPathType`.
    private func check(_ plan: VolumePlan, _ type: String) throws(FileError) -> String? {
        let kind = try files.attributes(plan.path)?.kind
        func wrong(_ wanted: String) -> String { "hostPath type check failed: \(plan.path) is not a \(wanted)" }
        switch type {
        case "": return kind == nil ? "cannot mount \(plan.path): no such file or directory" : nil
        case "DirectoryOrCreate":
            if kind == nil { try files.createDirectory(plan.path) } else if kind != .directory { return wrong("directory") }
        case "FileOrCreate":
            if kind == nil { try write([], plan.path) } else if kind != .file { return wrong("file") }
        case "Directory": if kind != .directory { return wrong("directory") }
        case "File": if kind != .file { return wrong("file") }
        default: if kind != .other { return wrong(type.lowercased()) }
        }
        return nil
    }

    private func write(_ bytes: [UInt8], _ path: String) throws(FileError) {
        let temporary = path + ".new"
        let file = try files.open(temporary, .readWrite)
        try file.truncate(to: 0)
        try file.write(bytes.span, at: 0)
        try file.close()
        try files.rename(temporary, to: path)
    }

    /// Removes a file or a folder with all in it; what cannot be removed stays. Links are removed, not followed.
    func removeTree(_ path: String) {
        if (try? files.removeFile(path)) != nil { return }
        guard let names = try? files.list(path) else { return }
        for name in names { removeTree(path + "/" + name) }
        try? files.removeDirectory(path)
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
    }
}
