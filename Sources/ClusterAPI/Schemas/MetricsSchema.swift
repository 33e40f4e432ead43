extension SchemaText {
    /// What `kubectl top` reads.
    static let metrics = """
        package io.k8s.metrics.pkg.apis.metrics.v1beta1
        kind NodeMetrics metrics.k8s.io/v1beta1 nodes node cluster verbs(get,list)
        kind PodMetrics metrics.k8s.io/v1beta1 pods pod namespaced verbs(get,list)

        type NodeMetrics : What a node uses.
          metadata 1 ObjectMeta
          timestamp 2 time : The end of the time that was measured.
          window 3 duration : Time over which it was measured.
          usage 4 {}quantity : CPU and memory in use.
        type PodMetrics : What a pod's containers use.
          metadata 1 ObjectMeta
          timestamp 2 time : The end of the time that was measured.
          window 3 duration : Time over which it was measured.
          containers 4 []ContainerMetrics : What each container uses.
        type ContainerMetrics : What one container uses.
          name 1 string
          usage 2 {}quantity : CPU in cores and memory in bytes.
        """
}
