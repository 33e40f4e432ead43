import Bytes
import ClusterAPI

/// What is about to be written, as admission sees it.
struct AdmissionAttributes: Sendable {
    enum Operation: Sendable { case create, update }

    let scope: RequestScope
    let operation: Operation
    /// In the stored version, with defaults.
    var object: JSONValue
    let old: JSONValue?

    var resource: Resource { scope.resource }
    var namespace: String? { scope.namespace }
    var subresource: String { scope.request.subresource }
}

/// One rule on what may be written, beyond the object itself.
///
/// `mutate` runs before the object is validated and may change it; `validate` runs after and may only refuse. Both may add to the batch
/// that the write becomes, so that what they decided on holds when it is committed. Neither must change anything on a dry run but
/// through that batch.
protocol AdmissionPlugin: Sendable {
    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError)
    func validate(_ attributes: AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError)
    /// Gives back what a vanishing object held.
    func release(_ object: JSONValue, _ resource: Resource, _ writes: inout WriteSet)
}

extension AdmissionPlugin {
    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {}
    func validate(_ attributes: AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {}
    func release(_ object: JSONValue, _ resource: Resource, _ writes: inout WriteSet) {}
}

/// The rules in the order they are asked: quota last, because it charges.
struct AdmissionChain: Sendable {
    private let plugins: [any AdmissionPlugin]

    init(configuration: APIServerConfiguration) {
        plugins = [
            NamespaceLifecycle(), PodIdentityAdmission(), DefaultTolerations(), LimitRanger(), StorageProtection(), DefaultStorageClass(),
            ServiceAddresses(configuration: configuration), ResourceQuotaAdmission(),
        ]
    }

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        for plugin in plugins { try plugin.mutate(&attributes, &context, &writes) }
    }

    func validate(_ attributes: AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        for plugin in plugins { try plugin.validate(attributes, &context, &writes) }
    }

    func release(_ object: JSONValue, _ resource: Resource, _ writes: inout WriteSet) {
        for plugin in plugins { plugin.release(object, resource, &writes) }
    }
}
