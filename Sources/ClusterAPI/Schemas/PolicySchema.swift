extension SchemaText {
    /// Eviction of a pod.
    static let policy = """
        package io.k8s.api.policy.v1
        kind Eviction policy/v1 - eviction namespaced verbs()

        type Eviction : Asks for the deletion of a pod, for instance when its node is drained.
          metadata 1 ObjectMeta
          deleteOptions 2 DeleteOptions : How it is deleted.
        """
}
