extension SchemaText {
    /// Leases.
    static let coordination = """
        package io.k8s.api.coordination.v1
        kind Lease coordination.k8s.io/v1 leases lease namespaced

        type Lease : A sign of life, or the right of one holder.
          metadata 1 ObjectMeta
          spec 2 LeaseSpec
        type LeaseSpec
          holderIdentity 1 string
          leaseDurationSeconds 2 int32 zero
          acquireTime 3 microTime
          renewTime 4 microTime
          leaseTransitions 5 int32 zero
          strategy 6 string
          preferredHolder 7 string
        """
}
