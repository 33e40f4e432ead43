package import Bytes
package import ClusterAPI
package import Reconciliation

/// What the agent's core learns: from the API server, from the runtime, and from what it asked its shell to do.
package enum AgentEvent: Sendable {
    case objects(Resource, [WatchEvent])
    case synced(Resource)
    case reply(RequestID, Result<APIResponse, StatusError>)
    /// Pods that have a folder on this node; comes before `.adopted`.
    case folders([PodIdentity])
    /// All containers the runtime knows; comes once.
    case adopted([ContainerRecord])
    case container(ContainerRecord)
    case startFailed(ContainerIdentity, RuntimeError)
    case removed(ContainerIdentity)
    case probed(ProbeID, ProbeResult)
    case volumesPrepared(podUID: String, failure: String?)
    /// A time asked for has come.
    case wake
}

/// What the agent's core wants done.
package enum AgentEffect: Sendable {
    case perform(RequestID, APIRequest)
    case wake(at: Timestamp)
    case record(EventDraft)
    /// Answered by `.container` or `.startFailed`.
    case start(ContainerSpec)
    case stop(ContainerIdentity, force: Bool)
    /// Answered by `.removed`.
    case remove(ContainerIdentity)
    /// Answered by `.probed`.
    case probe(ProbeRequest)
    /// Answered by `.volumesPrepared`.
    case prepareVolumes(podUID: String, [VolumePlan])
    /// Removes the folder of a pod that is gone.
    case removePodFolder(PodIdentity)
    case removeFile(String)
}
