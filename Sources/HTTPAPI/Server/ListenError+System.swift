import Glibc
import NIOCore

/// The address could not be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package let description: String

    init(host: String, port: Int, cause: any Error) {
        let reason =
            (cause as? IOError).map { error in
                switch error.errnoCode {
                case EADDRINUSE: "another process listens there; stop it or choose another --listen"
                case EACCES: "permission denied; ports below 1024 need root"
                case EADDRNOTAVAIL: "this machine has no such address"
                default: error.description
                }
            } ?? "\(cause)"
        description = "cannot listen on \(host):\(port): \(reason)"
    }
}
