package import ClusterAPI

/// Names a probe of one run of a container.
package struct ProbeID: Hashable, Comparable, Sendable {
    package enum Kind: Int, Comparable, Sendable {
        case startup, liveness, readiness
        /// Lifecycle hooks are asked the same way.
        case postStart, preStop

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }

        /// As events say it.
        package var name: String {
            switch self {
            case .startup: "Startup"
            case .liveness: "Liveness"
            case .readiness: "Readiness"
            case .postStart: "PostStart"
            case .preStop: "PreStop"
            }
        }
    }

    package var container: ContainerIdentity
    package var kind: Kind

    package init(container: ContainerIdentity, kind: Kind) {
        self.container = container
        self.kind = kind
    }

    package static func < (left: ProbeID, right: ProbeID) -> Bool {
        (left.container, left.kind) < (right.container, right.kind)
    }
}

/// One question to a container, with everything resolved.
package struct ProbeRequest: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case execute([String])
        case http(url: String, headers: [ContainerSpec.Variable])
        case connect(host: String, port: Int)
        case wait(seconds: Int)
        case unsupported(String)
    }

    package var id: ProbeID
    package var action: Action
    package var timeout: Duration

    package init(id: ProbeID, action: Action, timeout: Duration) {
        self.id = id
        self.action = action
        self.timeout = timeout
    }
}

package enum ProbeResult: Hashable, Sendable {
    case success
    /// With the text that the event Unhealthy shows.
    case failure(String)
}
