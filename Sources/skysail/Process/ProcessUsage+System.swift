import Glibc

/// What this process uses.
struct ProcessUsage {
    var cpuSeconds: Double
    var residentBytes: Double
    var openFiles: Double
    var startSeconds: Double

    private static let start: Double = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec)
    }()

    static func now() -> ProcessUsage {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return ProcessUsage(
            cpuSeconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9, residentBytes: resident() * Double(sysconf(Int32(_SC_PAGESIZE))),
            openFiles: openFileCount(), startSeconds: start)
    }

    /// Pages, from the second field of `/proc/self/statm`.
    private static func resident() -> Double {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return 0 }
        let words = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Double(words[1]) ?? 0 : 0
    }

    private static func openFileCount() -> Double {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0.0
        while unsafe readdir(directory) != nil { count += 1 }
        // Without the two dot entries and the descriptor of the listing itself.
        return max(0, count - 3)
    }
}
