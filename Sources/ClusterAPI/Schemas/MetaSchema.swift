extension SchemaText {
    /// What objects of all groups share: metadata, selectors, conditions, delete options, status.
    static let meta = """
        package io.k8s.apimachinery.pkg.apis.meta.v1

        type ObjectMeta : What all objects have: names, labels, owners, versions.
          name 1 string bare : Name, unique in the namespace; it never changes.
          generateName 2 string : Start of a name that the server completes.
          namespace 3 string : The room for names that the object lives in.
          selfLink 4 string : Without meaning; it is never set.
          uid 5 string bare : Unique over all time.
          resourceVersion 6 string bare : Changes with every write; an update that carries an old one is refused.
          generation 7 int64 : Changes when what is wanted changes.
          creationTimestamp 8 time : When it was created.
          deletionTimestamp 9 time : When it is to be gone; set by a deletion.
          deletionGracePeriodSeconds 10 int64 zero : Time that it has to end, set by a deletion.
          labels 11 {}string : Marks that selectors look at.
          annotations 12 {}string : Notes for people and programs; selectors ignore them.
          ownerReferences 13 []OwnerReference map(uid) : Objects whose end is its end.
          finalizers 14 []string set : The object stays until all of them are removed.
          managedFields 17 []ManagedFieldsEntry : Which manager set which fields.
        type OwnerReference atomic : The object whose end is this object's end.
          apiVersion 5 string !
          kind 1 string !
          name 3 string !
          uid 4 string !
          controller 6 bool zero : It is the one that manages this object.
          blockOwnerDeletion 7 bool zero : A foreground deletion of the owner waits for this object.
        type ManagedFieldsEntry : Fields that one manager set.
          manager 1 string : Who set them.
          operation 2 string : Apply or Update.
          apiVersion 3 string
          time 4 time : When the manager last changed what it owns.
          fieldsType 6 string : The form of fieldsV1: always FieldsV1.
          fieldsV1 7 fields : The fields, as a tree.
          subresource 8 string : The part of the object through which the fields were written.
        type ListMeta : What a list says about itself.
          selfLink 1 string : Old field that is always empty.
          resourceVersion 2 string
          continue 3 string : What asks for the next page; empty on the last one.
          remainingItemCount 4 int64 : About how many objects later pages have.
        type DeleteOptions : How an object is deleted.
          gracePeriodSeconds 1 int64 zero : Time that it has to end.
          preconditions 2 Preconditions
          orphanDependents 3 bool zero : Old form of propagationPolicy: true lets the dependents stay.
          propagationPolicy 4 string : Orphan, Background or Foreground: what becomes of what it owns.
          dryRun 5 []string : All checks everything and deletes nothing.
          ignoreStoreReadErrorWithClusterBreakingPotential 6 bool : Deletes also what cannot be read, without regard to what hangs on it.
        type Preconditions : What must be true of the object, or the deletion is refused.
          uid 1 string
          resourceVersion 2 string
        type Status : How a request went, when there is no object to show.
          metadata 1 ListMeta
          status 2 string : Success or Failure.
          message 3 string
          reason 4 string
          details 5 StatusDetails
          code 6 int32 : The HTTP status code.
        type StatusDetails : What a status speaks of, for programs.
          name 1 string
          group 2 string
          kind 3 string
          uid 6 string
          causes 4 []StatusCause : The single causes of a failure.
          retryAfterSeconds 5 int32 : Seconds after which another try may go better.
        type StatusCause : One cause of a failure.
          reason 1 string
          message 2 string
          field 3 string : Path of the field that is at fault.
        type LabelSelector atomic : Objects by their labels; all conditions have to fit.
          matchLabels 1 {}string : Labels that objects have to have.
          matchExpressions 2 []LabelSelectorRequirement : Conditions on labels.
        type LabelSelectorRequirement : A condition on one label.
          key 1 string !
          operator 2 string ! enum(In,NotIn,Exists,DoesNotExist)
          values 3 []string
        type Condition : A statement about an object.
          type 1 string !
          status 2 string ! enum(True,False,Unknown)
          observedGeneration 3 int64
          lastTransitionTime 4 time !
          reason 5 string !
          message 6 string !
        type FieldSelectorRequirement : A condition on a field.
          key 1 string !
          operator 2 string !
          values 3 []string
        """
}
