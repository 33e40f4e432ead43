extension SchemaText {
    /// What objects of all groups share: metadata, selectors, conditions, delete options, status.
    static let meta = """
        package io.k8s.apimachinery.pkg.apis.meta.v1

        type ObjectMeta
          name 1 string bare
          generateName 2 string
          namespace 3 string
          selfLink 4 string
          uid 5 string bare
          resourceVersion 6 string bare
          generation 7 int64
          creationTimestamp 8 time
          deletionTimestamp 9 time
          deletionGracePeriodSeconds 10 int64 zero
          labels 11 {}string
          annotations 12 {}string
          ownerReferences 13 []OwnerReference map(uid)
          finalizers 14 []string set
          managedFields 17 []ManagedFieldsEntry
        type OwnerReference atomic
          apiVersion 5 string !
          kind 1 string !
          name 3 string !
          uid 4 string !
          controller 6 bool zero
          blockOwnerDeletion 7 bool zero
        type ManagedFieldsEntry
          manager 1 string
          operation 2 string
          apiVersion 3 string
          time 4 time
          fieldsType 6 string
          fieldsV1 7 fields
          subresource 8 string
        type ListMeta
          selfLink 1 string
          resourceVersion 2 string
          continue 3 string
          remainingItemCount 4 int64
        type DeleteOptions
          gracePeriodSeconds 1 int64 zero
          preconditions 2 Preconditions
          orphanDependents 3 bool zero
          propagationPolicy 4 string
          dryRun 5 []string
          ignoreStoreReadErrorWithClusterBreakingPotential 6 bool
        type Preconditions
          uid 1 string
          resourceVersion 2 string
        type Status
          metadata 1 ListMeta
          status 2 string
          message 3 string
          reason 4 string
          details 5 StatusDetails
          code 6 int32
        type StatusDetails
          name 1 string
          group 2 string
          kind 3 string
          uid 6 string
          causes 4 []StatusCause
          retryAfterSeconds 5 int32
        type StatusCause
          reason 1 string
          message 2 string
          field 3 string
        type LabelSelector atomic
          matchLabels 1 {}string
          matchExpressions 2 []LabelSelectorRequirement
        type LabelSelectorRequirement
          key 1 string !
          operator 2 string ! enum(In,NotIn,Exists,DoesNotExist)
          values 3 []string
        type Condition
          type 1 string !
          status 2 string ! enum(True,False,Unknown)
          observedGeneration 3 int64
          lastTransitionTime 4 time !
          reason 5 string !
          message 6 string !
        type FieldSelectorRequirement
          key 1 string !
          operator 2 string !
          values 3 []string
        """
}
