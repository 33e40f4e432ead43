extension SchemaText {
    /// Eviction of a pod.
    static let policy = """
        package io.k8s.api.policy.v1
        kind Eviction policy/v1 - eviction namespaced verbs()

        type Eviction
          metadata 1 ObjectMeta
          deleteOptions 2 DeleteOptions
        """
}
