extension SchemaText {
    /// What `kubectl top` reads.
    static let metrics = """
        package io.k8s.metrics.pkg.apis.metrics.v1beta1
        kind NodeMetrics metrics.k8s.io/v1beta1 nodes node cluster verbs(get,list)
        kind PodMetrics metrics.k8s.io/v1beta1 pods pod namespaced verbs(get,list)

        type NodeMetrics
          metadata 1 ObjectMeta
          timestamp 2 time
          window 3 duration
          usage 4 {}quantity
        type PodMetrics
          metadata 1 ObjectMeta
          timestamp 2 time
          window 3 duration
          containers 4 []ContainerMetrics
        type ContainerMetrics
          name 1 string
          usage 2 {}quantity
        """
}
