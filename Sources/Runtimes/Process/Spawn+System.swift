import CPosix
import Glibc
import NodeAgent

/// A program to start with `csystem_spawn`: what happens between fork and exec.
struct Spawn {
    var command: [String]
    var environment: [ContainerSpec.Variable]
    var directory: String?
    var standardInput: Int32
    var standardOutput: Int32
    var standardError: Int32
    var makesSession = true
    /// Whether standard input is a terminal to become the session's own.
    var takesTerminal = false
    /// Files written by the child before it becomes the program.
    var writes: [(path: String, text: String, isRequired: Bool)] = []
    /// A mount namespace to join; -1 for the caller's.
    var mountNamespace: Int32 = -1
    var privateMounts: [ContainerSpec.Mount]?
    var identity: ContainerSpec.Identity?

    struct Failure: Error {
        var description: String
    }

    /// Starts it; the child's pid once it has become the program.
    func start() throws(Failure) -> pid_t {
        // Every string that the C side sees lives in one arena of C strings until the call is over.
        var strings: [UnsafeMutablePointer<CChar>] = unsafe []
        defer { unsafe strings.forEach { unsafe free($0) } }
        func string(_ text: String) -> UnsafeMutablePointer<CChar> {
            let copy = unsafe strdup(text)!
            unsafe strings.append(copy)
            return unsafe copy
        }
        let program = unsafe string(command[0])
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe []
        for word in command { unsafe arguments.append(unsafe string(word)) }
        unsafe arguments.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
        for variable in environment { unsafe variables.append(unsafe string("\(variable.name)=\(variable.value)")) }
        unsafe variables.append(nil)
        let writeItems = unsafe writes.map {
            unsafe csystem_write(path: string($0.path), text: string($0.text), is_required: $0.isRequired)
        }
        let binds = unsafe (privateMounts ?? []).map {
            unsafe csystem_bind(source: string($0.source), target: string($0.target), is_read_only: $0.isReadOnly)
        }
        let directoryText = unsafe directory.map { unsafe string($0) }
        let groups = identity?.supplementalGroups ?? []

        var step: Int32 = 0
        var index = 0
        var code: Int32 = 0
        let pid = unsafe arguments.withUnsafeBufferPointer { arguments in
            unsafe variables.withUnsafeBufferPointer { variables in
                unsafe writeItems.withUnsafeBufferPointer { writeItems in
                    unsafe binds.withUnsafeBufferPointer { binds in
                        unsafe groups.withUnsafeBufferPointer { groups in
                            var spawn = unsafe csystem_spawn(
                                program: program, arguments: arguments.baseAddress!, environment: variables.baseAddress!,
                                directory: directoryText, standard_input: standardInput, standard_output: standardOutput,
                                standard_error: standardError, makes_session: makesSession, takes_terminal: takesTerminal, writes: writeItems.baseAddress,
                                write_count: writeItems.count, mount_namespace: mountNamespace,
                                makes_private_mounts: privateMounts != nil, binds: binds.baseAddress, bind_count: binds.count,
                                sets_ids: identity != nil, user: identity?.user ?? 0, group: identity?.group ?? 0,
                                groups: groups.baseAddress, group_count: groups.count)
                            let pid = unsafe csystem_spawn(&spawn, &step, &index)
                            code = csystem_errno()
                            return pid
                        }
                    }
                }
            }
        }
        guard pid < 0 else { return pid }
        throw Failure(description: "cannot \(describe(step: step, index: index)): \(Self.text(errno: code))")
    }

    private func describe(step: Int32, index: Int) -> String {
        switch UInt32(step) {
        case csystem_spawn_write.rawValue: "write \(writes[index].text) to \(writes[index].path)"
        case csystem_spawn_namespace.rawValue: "enter the mount namespace of \(command[0])"
        case csystem_spawn_mount.rawValue:
            "mount \(privateMounts?[index].source ?? "") at \(privateMounts?[index].target ?? "")"
        case csystem_spawn_ids.rawValue: "become user \(identity?.user ?? 0), group \(identity?.group ?? 0)"
        case csystem_spawn_directory.rawValue: "enter the working directory \(directory ?? "")"
        case csystem_spawn_exec.rawValue: "run \(command[0])"
        default: "start a process"
        }
    }

    static func text(errno code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
