extension SchemaText {
    /// Classes of storage.
    static let storage = """
        package io.k8s.api.storage.v1
        kind StorageClass storage.k8s.io/v1 storageclasses storageclass short(sc) cluster

        type StorageClass : A kind of storage that claims can ask for by name, and when a claim of it is given its volume.
          metadata 1 ObjectMeta
          provisioner 2 string ! : Who makes volumes of this class; kubernetes.io/no-provisioner when somebody makes them by hand.
          parameters 3 {}string : What is handed to the provisioner.
          reclaimPolicy 4 string =Delete enum(Delete,Retain) : What becomes of a volume that was made for a claim when the claim is gone: Delete or Retain.
          mountOptions 5 []string : Options of the mounts of volumes that are made, such as ro.
          allowVolumeExpansion 6 bool zero : Whether claims of this class may ask for more later.
          volumeBindingMode 7 string =Immediate enum(Immediate,WaitForFirstConsumer) : Immediate gives a claim its volume at once; WaitForFirstConsumer when its first pod has a node.
          allowedTopologies 8 []TopologySelectorTerm : On which nodes volumes may be made; on all when empty.
        type TopologySelectorTerm : Labels that a node must have, all of them.
          matchLabelExpressions 1 []TopologySelectorLabelRequirement
        type TopologySelectorLabelRequirement : One label and the values that will do.
          key 1 string !
          values 2 []string ! : The values, one of which the label must have.
        """
}
