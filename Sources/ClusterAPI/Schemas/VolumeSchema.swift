extension SchemaText {
    /// Volumes of pods and persistent volumes with all their sources.
    static let volumes = """
        package io.k8s.api.core.v1

        type Volume : Storage of a pod that its containers may mount.
          name 1 string ! : What the mounts of containers call the volume.
          inline 2 VolumeSource
        type VolumeSource : Where a volume's content comes from; exactly one.
          hostPath 1 HostPathVolumeSource : A file or folder of the node itself. What is written there stays when the pod is gone.
          emptyDir 2 EmptyDirVolumeSource : An empty folder that is made with the pod and deleted with it.
          gcePersistentDisk 3 GCEPersistentDiskVolumeSource
          awsElasticBlockStore 4 AWSElasticBlockStoreVolumeSource
          gitRepo 5 GitRepoVolumeSource : A copy of a Git repository. Outdated: clone in an init container.
          secret 6 SecretVolumeSource : Entries of a Secret as files.
          nfs 7 NFSVolumeSource : A folder that an NFS server shares.
          iscsi 8 ISCSIVolumeSource : A disk that an iSCSI target offers.
          glusterfs 9 GlusterfsVolumeSource
          persistentVolumeClaim 10 PersistentVolumeClaimVolumeSource : The storage that a claim in the same namespace was given.
          rbd 11 RBDVolumeSource
          flexVolume 12 FlexVolumeSource
          cinder 13 CinderVolumeSource
          cephfs 14 CephFSVolumeSource
          flocker 15 FlockerVolumeSource
          downwardAPI 16 DownwardAPIVolumeSource : Fields of the pod as files.
          fc 17 FCVolumeSource
          azureFile 18 AzureFileVolumeSource
          configMap 19 ConfigMapVolumeSource : Entries of a ConfigMap as files.
          vsphereVolume 20 VsphereVirtualDiskVolumeSource
          quobyte 21 QuobyteVolumeSource
          azureDisk 22 AzureDiskVolumeSource
          photonPersistentDisk 23 PhotonPersistentDiskVolumeSource
          projected 26 ProjectedVolumeSource : Several of Secrets, ConfigMaps, pod fields and tokens in one folder.
          portworxVolume 24 PortworxVolumeSource
          scaleIO 25 ScaleIOVolumeSource
          storageos 27 StorageOSVolumeSource
          csi 28 CSIVolumeSource : Storage that a CSI driver makes for this pod.
          ephemeral 29 EphemeralVolumeSource : A claim that is made with the pod and deleted with it.
          image 30 ImageVolumeSource : The files of a container image, for reading.
        type HostPathVolumeSource : A folder or file of the node.
          path 1 string ! : Path on the node; a link is followed.
          type 2 string = enum(,DirectoryOrCreate,Directory,FileOrCreate,File,Socket,CharDevice,BlockDevice) : What must be there, or is made when missing; nothing is checked when empty.
        type EmptyDirVolumeSource : A folder that goes with the pod.
          medium 1 string : Memory keeps it in memory.
          sizeLimit 2 quantity : The most that it may hold.
        type GCEPersistentDiskVolumeSource : A disk of Google's cloud; kept, and mounted by no node here.
          pdName 1 string ! : Name of the disk.
          fsType 2 string
          partition 3 int32
          readOnly 4 bool
        type AWSElasticBlockStoreVolumeSource : A disk of Amazon's cloud; kept, and mounted by no node here.
          volumeID 1 string ! : Identity of the disk.
          fsType 2 string
          partition 3 int32
          readOnly 4 bool
        type GitRepoVolumeSource : A folder filled from a Git repository; kept for old manifests.
          repository 1 string ! : Address of the repository.
          revision 2 string : The commit that is checked out.
          directory 3 string : Folder below the volume that it is checked out into.
        type SecretVolumeSource : A Secret as files.
          secretName 1 string : Name of the Secret.
          items 2 []KeyToPath : The entries that become files, and under which paths; without a list every entry does, under its key.
          defaultMode 3 int32 =420 zero : Permission bits of files that name none themselves; 0644 when nothing is said.
          optional 4 bool zero : Whether the pod may start while the Secret or an entry is missing.
        type KeyToPath : Which entry becomes which file.
          key 1 string ! : The entry.
          path 2 string ! : Path of the file below the mount; it may not lead out of it.
          mode 3 int32 zero : Permission bits of this file; those of the volume when nothing is said.
        type NFSVolumeSource : A folder of an NFS server.
          server 1 string ! : Host name or address of the server.
          path 2 string ! : The folder as the server calls it.
          readOnly 3 bool : Whether it is mounted for reading only.
        type ISCSIVolumeSource : A disk reached by iSCSI.
          targetPortal 1 string ! : Address and port of the portal.
          iqn 2 string ! : Qualified name of the target.
          lun 3 int32 ! : Number of the unit at the target.
          iscsiInterface 4 string =default : Name of the interface, default by default.
          fsType 5 string
          readOnly 6 bool
          portals 7 []string : Further portals, for when the first fails.
          chapAuthDiscovery 8 bool : Discovery authenticates by CHAP.
          chapAuthSession 11 bool : Sessions authenticate by CHAP.
          secretRef 10 LocalObjectReference
          initiatorName 12 string : Qualified name of the initiator, in place of the node's.
        type LocalObjectReference atomic : Names an object of the same namespace.
          name 1 string : Name of the object, which is in the same namespace.
        type GlusterfsVolumeSource : A volume of GlusterFS.
          endpoints 1 string ! : Endpoints object that names the servers.
          path 2 string !
          readOnly 3 bool
        type PersistentVolumeClaimVolumeSource : A volume that a claim has.
          claimName 1 string ! : Name of the claim.
          readOnly 2 bool : Whether all mounts of it are for reading only.
        type RBDVolumeSource : A block device of Ceph.
          monitors 1 []string ! : Addresses of the monitors.
          image 2 string ! : Name of the image.
          fsType 3 string
          pool 4 string =rbd : Pool that the image lies in.
          user 5 string =admin
          keyring 6 string =/etc/ceph/keyring : File with the user's key.
          secretRef 7 LocalObjectReference
          readOnly 8 bool
        type FlexVolumeSource : A volume mounted by a program on the node.
          driver 1 string ! : Name of the program.
          fsType 2 string
          secretRef 3 LocalObjectReference
          readOnly 4 bool
          options 5 {}string : What is handed to the program.
        type CinderVolumeSource : A disk of OpenStack.
          volumeID 1 string ! : Identity of the disk.
          fsType 2 string
          readOnly 3 bool
          secretRef 4 LocalObjectReference
        type CephFSVolumeSource : A folder of a Ceph file system.
          monitors 1 []string ! : Addresses of the monitors.
          path 2 string
          user 3 string
          secretFile 4 string : File with the user's secret.
          secretRef 5 LocalObjectReference
          readOnly 6 bool
        type FlockerVolumeSource : A dataset of Flocker; kept for old manifests.
          datasetName 1 string : Name of the dataset; its identity is the newer way.
          datasetUUID 2 string : Identity of the dataset.
        type DownwardAPIVolumeSource : Files that hold what is known of the pod itself.
          items 1 []DownwardAPIVolumeFile : Which fields become which files.
          defaultMode 2 int32 =420 zero : Permission bits of files that name none themselves; 0644 when nothing is said.
        type DownwardAPIVolumeFile : A file that holds one thing known of the pod.
          path 1 string ! : Path of the file below the mount.
          fieldRef 2 ObjectFieldSelector : The field of the pod: its labels, annotations, name, namespace or uid.
          resourceFieldRef 3 ResourceFieldSelector : The request or limit of one of its containers.
          mode 4 int32 zero : Permission bits of this file; those of the volume when nothing is said.
        type ObjectFieldSelector atomic : A field of the pod.
          apiVersion 1 string =v1 : Version in which the path is meant; v1 when nothing is said.
          fieldPath 2 string ! : Path of the field, such as metadata.name.
        type ResourceFieldSelector atomic : A resource of a container.
          containerName 1 string : The container; in variables, its own by default.
          resource 2 string ! : The request or limit, such as limits.memory.
          divisor 3 quantity =0 : The unit that the amount is told in.
        type FCVolumeSource : A disk reached by Fibre Channel.
          targetWWNs 1 []string : World-wide names of the target.
          lun 2 int32 : Number of the unit at the target.
          fsType 3 string
          readOnly 4 bool
          wwids 5 []string : World-wide identities of the volume, in place of names and number.
        type AzureFileVolumeSource : A file share of Microsoft's cloud.
          secretName 1 string ! : Secret with the account and its key.
          shareName 2 string ! : Name of the share.
          readOnly 3 bool
        type ConfigMapVolumeSource : A ConfigMap as files.
          inline 1 LocalObjectReference
          items 2 []KeyToPath : The entries that become files, and under which paths; without a list every entry does, under its key.
          defaultMode 3 int32 =420 zero : Permission bits of files that name none themselves; 0644 when nothing is said.
          optional 4 bool zero : Whether the pod may start while the ConfigMap or an entry is missing.
        type VsphereVirtualDiskVolumeSource : A virtual disk of vSphere.
          volumePath 1 string ! : Path of the disk.
          fsType 2 string
          storagePolicyName 3 string : Name of the storage policy.
          storagePolicyID 4 string : Identity of the storage policy.
        type QuobyteVolumeSource : A volume of Quobyte; kept for old manifests.
          registry 1 string ! : Addresses of the registries, with commas between.
          volume 2 string ! : Name of the volume.
          readOnly 3 bool
          user 4 string
          group 5 string
          tenant 6 string : Tenant that the volume belongs to.
        type AzureDiskVolumeSource : A disk of Microsoft's cloud.
          diskName 1 string ! : Name of the disk.
          diskURI 2 string ! : Address of the disk.
          cachingMode 3 string =ReadWrite : How the host caches it: None, ReadOnly or ReadWrite.
          fsType 4 string =ext4
          readOnly 5 bool =false
          kind 6 string =Shared
        type PhotonPersistentDiskVolumeSource : A disk of Photon; kept for old manifests.
          pdID 1 string ! : Identity of the disk.
          fsType 2 string
        type ProjectedVolumeSource : Several sources in one folder.
          sources 1 []VolumeProjection : What is put into the folder.
          defaultMode 2 int32 =420 zero : Permission bits of files that name none themselves; 0644 when nothing is said.
        type VolumeProjection : One source of a projected volume; exactly one.
          secret 1 SecretProjection : Entries of a Secret.
          downwardAPI 2 DownwardAPIProjection : Fields of the pod.
          configMap 3 ConfigMapProjection : Entries of a ConfigMap.
          serviceAccountToken 4 ServiceAccountTokenProjection : A token of the pod's service account, renewed before it ends.
          clusterTrustBundle 5 ClusterTrustBundleProjection : Certificates that the cluster trusts.
        type SecretProjection : Entries of a Secret as files.
          inline 1 LocalObjectReference
          items 2 []KeyToPath : The entries that become files, and under which paths; without a list every entry does, under its key.
          optional 4 bool zero : Whether the pod may start while the Secret or an entry is missing.
        type DownwardAPIProjection : What is known of the pod, as files.
          items 1 []DownwardAPIVolumeFile : Which fields become which files.
        type ConfigMapProjection : Entries of a ConfigMap as files.
          inline 1 LocalObjectReference
          items 2 []KeyToPath : The entries that become files, and under which paths; without a list every entry does, under its key.
          optional 4 bool zero : Whether the pod may start while the ConfigMap or an entry is missing.
        type ServiceAccountTokenProjection : A token of the pod's service account as a file.
          audience 1 string : Whom the token is to be shown to; the API server by default.
          expirationSeconds 2 int64 =3600 zero : How long it is valid, in seconds; it is renewed in time.
          path 3 string ! : Path of the token's file below the mount.
        type ClusterTrustBundleProjection : Certificates of trusted authorities as a file.
          name 1 string
          signerName 2 string : All bundles of this signer, in place of one by name.
          labelSelector 3 LabelSelector
          optional 5 bool zero
          path 4 string !
        type PortworxVolumeSource : A volume of Portworx.
          volumeID 1 string ! : Identity of the volume.
          fsType 2 string
          readOnly 3 bool
        type ScaleIOVolumeSource : A volume of ScaleIO; kept for old manifests.
          gateway 1 string ! : Address of the gateway.
          system 2 string ! : Name of the storage system.
          secretRef 3 LocalObjectReference !
          sslEnabled 4 bool : The gateway is spoken to by TLS.
          protectionDomain 5 string : Protection domain of the pool.
          storagePool 6 string : Pool that the volume lies in.
          storageMode 7 string =ThinProvisioned : ThickProvisioned or ThinProvisioned.
          volumeName 8 string : Name of the volume.
          fsType 9 string =xfs
          readOnly 10 bool
        type StorageOSVolumeSource : A volume of StorageOS; kept for old manifests.
          volumeName 1 string : Name of the volume.
          volumeNamespace 2 string : StorageOS' own namespace of the volume.
          fsType 3 string
          readOnly 4 bool
          secretRef 5 LocalObjectReference
        type CSIVolumeSource : Storage that a CSI driver makes for the life of the pod.
          driver 1 string ! : Name of the driver.
          readOnly 2 bool
          fsType 3 string
          volumeAttributes 4 {}string : What is handed to the driver.
          nodePublishSecretRef 5 LocalObjectReference : Secret that is handed to the driver when it mounts.
        type EphemeralVolumeSource : A claim that is made with the pod and goes with it.
          volumeClaimTemplate 1 PersistentVolumeClaimTemplate : The claim that is made; it is called after the pod and the volume.
        type PersistentVolumeClaimTemplate : What the claim that is made looks like.
          metadata 1 ObjectMeta : Labels and annotations of the claim.
          spec 2 PersistentVolumeClaimSpec ! : What the claim asks for.
        type PersistentVolumeClaimSpec : What storage a claim asks for.
          accessModes 1 []string : How it is to be mounted.
          selector 4 LabelSelector : Labels that the volume must have.
          resources 2 VolumeResourceRequirements : How large it has to be.
          volumeName 3 string : The volume that it has.
          storageClassName 5 string : Class of the volume that is wanted.
          volumeMode 6 string =Filesystem enum(Block,Filesystem) : Filesystem or Block.
          dataSource 7 TypedLocalObjectReference : A snapshot or a claim whose contents the volume begins with.
          dataSourceRef 8 TypedObjectReference : An object of any kind whose contents the volume begins with.
          volumeAttributesClassName 9 string : Class of attributes that the driver may change later.
        type VolumeResourceRequirements : How much storage.
          limits 1 {}quantity : The most that is wanted.
          requests 2 {}quantity : The least that is needed.
        type TypedLocalObjectReference atomic : Names an object of any kind in the same namespace.
          apiGroup 1 string : Its API group; empty for the core group.
          kind 2 string !
          name 3 string !
        type TypedObjectReference : Names an object of any kind.
          apiGroup 1 string : Its API group; empty for the core group.
          kind 2 string !
          name 3 string !
          namespace 4 string
        type ImageVolumeSource : The files of an image, read-only.
          reference 1 string : Name of the image.
          pullPolicy 2 string enum(Always,Never,IfNotPresent) : When it is pulled: Always, IfNotPresent or Never.
        type PersistentVolumeSpec : A piece of storage, and who has it.
          capacity 1 {}quantity : How large it is.
          inline 2 PersistentVolumeSource
          accessModes 3 []string : How it can be mounted.
          claimRef 4 ObjectReference : The claim that has it.
          persistentVolumeReclaimPolicy 5 string =Retain enum(Delete,Recycle,Retain) : What becomes of it when its claim is gone.
          storageClassName 6 string : Its class.
          mountOptions 7 []string : Options of the mount, such as ro.
          volumeMode 8 string =Filesystem enum(Block,Filesystem) : Filesystem, or Block for the raw device.
          nodeAffinity 9 VolumeNodeAffinity : The nodes that can reach the volume; all can when nothing is said.
          volumeAttributesClassName 10 string : Class of attributes that the driver may change later.
        type PersistentVolumeSource : Where the storage is; exactly one.
          gcePersistentDisk 1 GCEPersistentDiskVolumeSource
          awsElasticBlockStore 2 AWSElasticBlockStoreVolumeSource
          hostPath 3 HostPathVolumeSource : A file or folder of a node. For tests on one node: pods elsewhere see something else.
          glusterfs 4 GlusterfsPersistentVolumeSource
          nfs 5 NFSVolumeSource : A folder that an NFS server shares.
          rbd 6 RBDPersistentVolumeSource
          iscsi 7 ISCSIPersistentVolumeSource : A disk that an iSCSI target offers.
          cinder 8 CinderPersistentVolumeSource
          cephfs 9 CephFSPersistentVolumeSource
          fc 10 FCVolumeSource
          flocker 11 FlockerVolumeSource
          flexVolume 12 FlexPersistentVolumeSource
          azureFile 13 AzureFilePersistentVolumeSource
          vsphereVolume 14 VsphereVirtualDiskVolumeSource
          quobyte 15 QuobyteVolumeSource
          azureDisk 16 AzureDiskVolumeSource
          photonPersistentDisk 17 PhotonPersistentDiskVolumeSource
          portworxVolume 18 PortworxVolumeSource
          scaleIO 19 ScaleIOPersistentVolumeSource
          local 20 LocalVolumeSource : A folder or disk of one node, which nodeAffinity must name.
          storageos 21 StorageOSPersistentVolumeSource
          csi 22 CSIPersistentVolumeSource : Storage that a CSI driver looks after.
        type GlusterfsPersistentVolumeSource : A volume of GlusterFS.
          endpoints 1 string ! : Endpoints object that names the servers.
          path 2 string !
          readOnly 3 bool
          endpointsNamespace 4 string : Namespace of that object; the claim's by default.
        type RBDPersistentVolumeSource : A block device of Ceph.
          monitors 1 []string ! : Addresses of the monitors.
          image 2 string ! : Name of the image.
          fsType 3 string
          pool 4 string =rbd : Pool that the image lies in.
          user 5 string =admin
          keyring 6 string =/etc/ceph/keyring : File with the user's key.
          secretRef 7 SecretReference
          readOnly 8 bool
        type SecretReference atomic : Names a Secret in any namespace.
          name 1 string
          namespace 2 string
        type ISCSIPersistentVolumeSource : A disk reached by iSCSI.
          targetPortal 1 string ! : Address and port of the portal.
          iqn 2 string ! : Qualified name of the target.
          lun 3 int32 ! : Number of the unit at the target.
          iscsiInterface 4 string =default : Name of the interface, default by default.
          fsType 5 string
          readOnly 6 bool
          portals 7 []string : Further portals, for when the first fails.
          chapAuthDiscovery 8 bool : Discovery authenticates by CHAP.
          chapAuthSession 11 bool : Sessions authenticate by CHAP.
          secretRef 10 SecretReference
          initiatorName 12 string : Qualified name of the initiator, in place of the node's.
        type CinderPersistentVolumeSource : A disk of OpenStack.
          volumeID 1 string ! : Identity of the disk.
          fsType 2 string
          readOnly 3 bool
          secretRef 4 SecretReference
        type CephFSPersistentVolumeSource : A folder of a Ceph file system.
          monitors 1 []string ! : Addresses of the monitors.
          path 2 string
          user 3 string
          secretFile 4 string : File with the user's secret.
          secretRef 5 SecretReference
          readOnly 6 bool
        type FlexPersistentVolumeSource : A volume mounted by a program on the node.
          driver 1 string ! : Name of the program.
          fsType 2 string
          secretRef 3 SecretReference
          readOnly 4 bool
          options 5 {}string : What is handed to the program.
        type AzureFilePersistentVolumeSource : A file share of Microsoft's cloud.
          secretName 1 string ! : Secret with the account and its key.
          shareName 2 string ! : Name of the share.
          readOnly 3 bool
          secretNamespace 4 string : Namespace of the secret; the claim's by default.
        type ScaleIOPersistentVolumeSource : A volume of ScaleIO; kept for old manifests.
          gateway 1 string ! : Address of the gateway.
          system 2 string ! : Name of the storage system.
          secretRef 3 SecretReference !
          sslEnabled 4 bool : The gateway is spoken to by TLS.
          protectionDomain 5 string : Protection domain of the pool.
          storagePool 6 string : Pool that the volume lies in.
          storageMode 7 string =ThinProvisioned : ThickProvisioned or ThinProvisioned.
          volumeName 8 string : Name of the volume.
          fsType 9 string =xfs
          readOnly 10 bool
        type LocalVolumeSource : A disk or folder of one node.
          path 1 string ! : The folder or block device on the node.
          fsType 2 string : File system that a block device is mounted as.
        type StorageOSPersistentVolumeSource : A volume of StorageOS; kept for old manifests.
          volumeName 1 string : Name of the volume.
          volumeNamespace 2 string : StorageOS' own namespace of the volume.
          fsType 3 string
          readOnly 4 bool
          secretRef 5 ObjectReference
        type CSIPersistentVolumeSource : A volume that a CSI driver looks after.
          driver 1 string ! : Name of the driver.
          volumeHandle 2 string ! : Identity of the volume at the driver.
          readOnly 3 bool
          fsType 4 string
          volumeAttributes 5 {}string : What is handed to the driver.
          controllerPublishSecretRef 6 SecretReference : Secret for attaching it to a node.
          nodeStageSecretRef 7 SecretReference : Secret for preparing it on a node.
          nodePublishSecretRef 8 SecretReference : Secret for mounting it into a pod.
          controllerExpandSecretRef 9 SecretReference : Secret for making it larger.
          nodeExpandSecretRef 10 SecretReference : Secret for making its file system larger.
        type VolumeNodeAffinity : Nodes that can reach a volume.
          required 1 NodeSelector : Terms of node labels, one of which must hold.
        type PersistentVolumeStatus : Whether a volume is free or taken.
          phase 1 string =Pending : Pending, Available, Bound, Released or Failed.
          message 2 string : Why the volume is in its phase, in a sentence.
          reason 3 string : Why the volume is in its phase, in one word.
          lastPhaseTransitionTime 4 time : When the phase last changed.
        type PersistentVolumeClaimStatus : Whether a claim has its volume.
          phase 1 string =Pending : Pending, Bound or Lost.
          accessModes 2 []string : Ways in which the volume can be mounted.
          capacity 3 {}quantity : How much the volume holds.
          conditions 4 []PersistentVolumeClaimCondition map(type) : What is being done to the claim, such as resizing it.
          allocatedResources 5 {}quantity : How much is set aside, while the volume grows.
          allocatedResourceStatuses 7 {}string : How far growing has come.
          currentVolumeAttributesClassName 8 string : Class of attributes that the volume has now.
          modifyVolumeStatus 9 ModifyVolumeStatus
        type PersistentVolumeClaimCondition : A statement about a claim, such as that its volume grows.
          type 1 string !
          status 2 string !
          lastProbeTime 3 time
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type ModifyVolumeStatus : A change of the volume's attributes under way.
          targetVolumeAttributesClassName 1 string : Class of attributes that the volume is to have.
          status 2 string !
        """
}
