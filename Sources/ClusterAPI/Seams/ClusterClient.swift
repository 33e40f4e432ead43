package import Bytes

/// The seam between actors and the object hub: in the process, over HTTP, or simulated.
///
/// Implementations must answer each request exactly once and must not keep a caller waiting beyond the request's own time; after
/// cancellation of the calling task they may throw `timeout`.
package protocol ClusterClient: Sendable {
    func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse
    /// Opens a watch. Throws `expired` when the revision is no longer kept.
    func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream
}

/// What to watch and from where.
package struct WatchRequest: Sendable, Equatable {
    package var resource: Resource
    package var version: String
    /// Nil for all namespaces.
    package var namespace: String?
    /// Selectors; `resourceVersion` is where the watch begins: "" sends all objects first as added.
    package var options: RequestOptions
    /// Bookmarks tell how far the watch has come when nothing matched.
    package var allowsBookmarks: Bool
    /// All objects are sent first, then a bookmark marked as the end of them.
    package var sendsInitialEvents: Bool
    package var timeoutSeconds: Int?
    package var user: UserIdentity

    package init(
        _ resource: Resource, version: String = "", namespace: String? = nil, options: RequestOptions = RequestOptions(),
        allowsBookmarks: Bool = true, sendsInitialEvents: Bool = false, timeoutSeconds: Int? = nil, user: UserIdentity = .system
    ) {
        self.resource = resource
        self.version = version
        self.namespace = namespace
        self.options = options
        self.allowsBookmarks = allowsBookmarks
        self.sendsInitialEvents = sendsInitialEvents
        self.timeoutSeconds = timeoutSeconds
        self.user = user
    }
}

/// One object at one revision.
package struct ObjectSnapshot: Sendable, Equatable {
    package var key: ObjectKey
    package var uid: String
    /// The revision that wrote it; the object's `resourceVersion`.
    package var revision: UInt64
    /// Canonical JSON.
    package var bytes: [UInt8] { didSet { decoding = SharedDecoding() } }
    private var decoding: SharedDecoding

    /// - Parameter decoding: shared by snapshots of the same bytes.
    package init(key: ObjectKey, uid: String, revision: UInt64, bytes: [UInt8], decoding: SharedDecoding = SharedDecoding()) {
        self.key = key
        self.uid = uid
        self.revision = revision
        self.bytes = bytes
        self.decoding = decoding
    }

    /// The object as its structure; whoever asks first decodes it for all who hold this snapshot.
    package func object<Object: SchemaStruct>(as type: Object.Type = Object.self) throws(JSONError) -> Object {
        try decoded(as: type).object
    }

    /// The same for who keeps it.
    package func decoded<Object: SchemaStruct>(as type: Object.Type = Object.self) throws(JSONError) -> Decoded<Object> {
        try decoding.object(of: bytes)
    }

    package static func == (left: ObjectSnapshot, right: ObjectSnapshot) -> Bool {
        left.key == right.key && left.uid == right.uid && left.revision == right.revision && left.bytes == right.bytes
    }
}

/// One change of the watched objects, in the order of revisions.
package enum WatchEvent: Sendable, Equatable {
    case added(ObjectSnapshot)
    case modified(ObjectSnapshot)
    /// The last state, with the revision of the deletion; also sent when an object ceases to match the selector.
    case deleted(ObjectSnapshot)
    /// Everything up to this revision has been sent.
    case bookmark(revision: UInt64, endsInitialEvents: Bool)
    /// The watch is over; the caller lists anew.
    case failed(StatusError)

    package var snapshot: ObjectSnapshot? {
        switch self {
        case .added(let snapshot), .modified(let snapshot), .deleted(let snapshot): snapshot
        case .bookmark, .failed: nil
        }
    }

    /// "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR".
    package var type: String {
        switch self {
        case .added: "ADDED"
        case .modified: "MODIFIED"
        case .deleted: "DELETED"
        case .bookmark: "BOOKMARK"
        case .failed: "ERROR"
        }
    }
}
