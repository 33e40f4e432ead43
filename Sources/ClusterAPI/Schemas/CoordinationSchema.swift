extension SchemaText {
    /// Leases.
    static let coordination = """
        package io.k8s.api.coordination.v1
        kind Lease coordination.k8s.io/v1 leases lease namespaced

        type Lease : A sign of life, or the right of one holder.
          metadata 1 ObjectMeta
          spec 2 LeaseSpec
        type LeaseSpec : Who holds it, since when and for how long.
          holderIdentity 1 string : Who holds it.
          leaseDurationSeconds 2 int32 zero : How long it holds after the last renewal.
          acquireTime 3 microTime : When it was taken.
          renewTime 4 microTime : When it was last renewed.
          leaseTransitions 5 int32 zero : How often it changed hands.
          strategy 6 string : How holders agree who comes next, when they do.
          preferredHolder 7 string : Who should get the lease next.
        """
}
