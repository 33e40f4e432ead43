extension SchemaText {
    /// Volumes of pods and persistent volumes with all their sources.
    static let volumes = """
        package io.k8s.api.core.v1

        type Volume
          name 1 string !
          inline 2 VolumeSource
        type VolumeSource
          hostPath 1 HostPathVolumeSource
          emptyDir 2 EmptyDirVolumeSource
          gcePersistentDisk 3 GCEPersistentDiskVolumeSource
          awsElasticBlockStore 4 AWSElasticBlockStoreVolumeSource
          gitRepo 5 GitRepoVolumeSource
          secret 6 SecretVolumeSource
          nfs 7 NFSVolumeSource
          iscsi 8 ISCSIVolumeSource
          glusterfs 9 GlusterfsVolumeSource
          persistentVolumeClaim 10 PersistentVolumeClaimVolumeSource
          rbd 11 RBDVolumeSource
          flexVolume 12 FlexVolumeSource
          cinder 13 CinderVolumeSource
          cephfs 14 CephFSVolumeSource
          flocker 15 FlockerVolumeSource
          downwardAPI 16 DownwardAPIVolumeSource
          fc 17 FCVolumeSource
          azureFile 18 AzureFileVolumeSource
          configMap 19 ConfigMapVolumeSource
          vsphereVolume 20 VsphereVirtualDiskVolumeSource
          quobyte 21 QuobyteVolumeSource
          azureDisk 22 AzureDiskVolumeSource
          photonPersistentDisk 23 PhotonPersistentDiskVolumeSource
          projected 26 ProjectedVolumeSource
          portworxVolume 24 PortworxVolumeSource
          scaleIO 25 ScaleIOVolumeSource
          storageos 27 StorageOSVolumeSource
          csi 28 CSIVolumeSource
          ephemeral 29 EphemeralVolumeSource
          image 30 ImageVolumeSource
        type HostPathVolumeSource : A folder or file of the node.
          path 1 string !
          type 2 string = enum(,DirectoryOrCreate,Directory,FileOrCreate,File,Socket,CharDevice,BlockDevice)
        type EmptyDirVolumeSource : A folder that goes with the pod.
          medium 1 string : Memory keeps it in memory.
          sizeLimit 2 quantity : The most that it may hold.
        type GCEPersistentDiskVolumeSource
          pdName 1 string !
          fsType 2 string
          partition 3 int32
          readOnly 4 bool
        type AWSElasticBlockStoreVolumeSource
          volumeID 1 string !
          fsType 2 string
          partition 3 int32
          readOnly 4 bool
        type GitRepoVolumeSource
          repository 1 string !
          revision 2 string
          directory 3 string
        type SecretVolumeSource : A Secret as files.
          secretName 1 string : Name of the Secret.
          items 2 []KeyToPath
          defaultMode 3 int32 =420 zero
          optional 4 bool zero
        type KeyToPath
          key 1 string !
          path 2 string !
          mode 3 int32 zero
        type NFSVolumeSource : A folder of an NFS server.
          server 1 string !
          path 2 string !
          readOnly 3 bool
        type ISCSIVolumeSource
          targetPortal 1 string !
          iqn 2 string !
          lun 3 int32 !
          iscsiInterface 4 string =default
          fsType 5 string
          readOnly 6 bool
          portals 7 []string
          chapAuthDiscovery 8 bool
          chapAuthSession 11 bool
          secretRef 10 LocalObjectReference
          initiatorName 12 string
        type LocalObjectReference atomic
          name 1 string
        type GlusterfsVolumeSource
          endpoints 1 string !
          path 2 string !
          readOnly 3 bool
        type PersistentVolumeClaimVolumeSource : A volume that a claim has.
          claimName 1 string ! : Name of the claim.
          readOnly 2 bool
        type RBDVolumeSource
          monitors 1 []string !
          image 2 string !
          fsType 3 string
          pool 4 string =rbd
          user 5 string =admin
          keyring 6 string =/etc/ceph/keyring
          secretRef 7 LocalObjectReference
          readOnly 8 bool
        type FlexVolumeSource
          driver 1 string !
          fsType 2 string
          secretRef 3 LocalObjectReference
          readOnly 4 bool
          options 5 {}string
        type CinderVolumeSource
          volumeID 1 string !
          fsType 2 string
          readOnly 3 bool
          secretRef 4 LocalObjectReference
        type CephFSVolumeSource
          monitors 1 []string !
          path 2 string
          user 3 string
          secretFile 4 string
          secretRef 5 LocalObjectReference
          readOnly 6 bool
        type FlockerVolumeSource
          datasetName 1 string
          datasetUUID 2 string
        type DownwardAPIVolumeSource
          items 1 []DownwardAPIVolumeFile
          defaultMode 2 int32 =420 zero
        type DownwardAPIVolumeFile
          path 1 string !
          fieldRef 2 ObjectFieldSelector
          resourceFieldRef 3 ResourceFieldSelector
          mode 4 int32 zero
        type ObjectFieldSelector atomic
          apiVersion 1 string =v1
          fieldPath 2 string !
        type ResourceFieldSelector atomic
          containerName 1 string
          resource 2 string !
          divisor 3 quantity =0
        type FCVolumeSource
          targetWWNs 1 []string
          lun 2 int32
          fsType 3 string
          readOnly 4 bool
          wwids 5 []string
        type AzureFileVolumeSource
          secretName 1 string !
          shareName 2 string !
          readOnly 3 bool
        type ConfigMapVolumeSource : A ConfigMap as files.
          inline 1 LocalObjectReference
          items 2 []KeyToPath
          defaultMode 3 int32 =420 zero
          optional 4 bool zero
        type VsphereVirtualDiskVolumeSource
          volumePath 1 string !
          fsType 2 string
          storagePolicyName 3 string
          storagePolicyID 4 string
        type QuobyteVolumeSource
          registry 1 string !
          volume 2 string !
          readOnly 3 bool
          user 4 string
          group 5 string
          tenant 6 string
        type AzureDiskVolumeSource
          diskName 1 string !
          diskURI 2 string !
          cachingMode 3 string =ReadWrite
          fsType 4 string =ext4
          readOnly 5 bool =false
          kind 6 string =Shared
        type PhotonPersistentDiskVolumeSource
          pdID 1 string !
          fsType 2 string
        type ProjectedVolumeSource
          sources 1 []VolumeProjection
          defaultMode 2 int32 =420 zero
        type VolumeProjection
          secret 1 SecretProjection
          downwardAPI 2 DownwardAPIProjection
          configMap 3 ConfigMapProjection
          serviceAccountToken 4 ServiceAccountTokenProjection
          clusterTrustBundle 5 ClusterTrustBundleProjection
        type SecretProjection
          inline 1 LocalObjectReference
          items 2 []KeyToPath
          optional 4 bool zero
        type DownwardAPIProjection
          items 1 []DownwardAPIVolumeFile
        type ConfigMapProjection
          inline 1 LocalObjectReference
          items 2 []KeyToPath
          optional 4 bool zero
        type ServiceAccountTokenProjection
          audience 1 string
          expirationSeconds 2 int64 =3600 zero
          path 3 string !
        type ClusterTrustBundleProjection
          name 1 string
          signerName 2 string
          labelSelector 3 LabelSelector
          optional 5 bool zero
          path 4 string !
        type PortworxVolumeSource
          volumeID 1 string !
          fsType 2 string
          readOnly 3 bool
        type ScaleIOVolumeSource
          gateway 1 string !
          system 2 string !
          secretRef 3 LocalObjectReference !
          sslEnabled 4 bool
          protectionDomain 5 string
          storagePool 6 string
          storageMode 7 string =ThinProvisioned
          volumeName 8 string
          fsType 9 string =xfs
          readOnly 10 bool
        type StorageOSVolumeSource
          volumeName 1 string
          volumeNamespace 2 string
          fsType 3 string
          readOnly 4 bool
          secretRef 5 LocalObjectReference
        type CSIVolumeSource
          driver 1 string !
          readOnly 2 bool
          fsType 3 string
          volumeAttributes 4 {}string
          nodePublishSecretRef 5 LocalObjectReference
        type EphemeralVolumeSource
          volumeClaimTemplate 1 PersistentVolumeClaimTemplate
        type PersistentVolumeClaimTemplate
          metadata 1 ObjectMeta
          spec 2 PersistentVolumeClaimSpec !
        type PersistentVolumeClaimSpec
          accessModes 1 []string : How it is to be mounted.
          selector 4 LabelSelector
          resources 2 VolumeResourceRequirements : How large it has to be.
          volumeName 3 string : The volume that it has.
          storageClassName 5 string : Class of the volume that is wanted.
          volumeMode 6 string =Filesystem enum(Block,Filesystem) : Filesystem or Block.
          dataSource 7 TypedLocalObjectReference
          dataSourceRef 8 TypedObjectReference
          volumeAttributesClassName 9 string
        type VolumeResourceRequirements
          limits 1 {}quantity
          requests 2 {}quantity
        type TypedLocalObjectReference atomic
          apiGroup 1 string
          kind 2 string !
          name 3 string !
        type TypedObjectReference
          apiGroup 1 string
          kind 2 string !
          name 3 string !
          namespace 4 string
        type ImageVolumeSource
          reference 1 string
          pullPolicy 2 string enum(Always,Never,IfNotPresent)
        type PersistentVolumeSpec
          capacity 1 {}quantity : How large it is.
          inline 2 PersistentVolumeSource
          accessModes 3 []string : How it can be mounted.
          claimRef 4 ObjectReference : The claim that has it.
          persistentVolumeReclaimPolicy 5 string =Retain enum(Delete,Recycle,Retain) : What becomes of it when its claim is gone.
          storageClassName 6 string : Its class.
          mountOptions 7 []string
          volumeMode 8 string =Filesystem enum(Block,Filesystem)
          nodeAffinity 9 VolumeNodeAffinity
          volumeAttributesClassName 10 string
        type PersistentVolumeSource
          gcePersistentDisk 1 GCEPersistentDiskVolumeSource
          awsElasticBlockStore 2 AWSElasticBlockStoreVolumeSource
          hostPath 3 HostPathVolumeSource
          glusterfs 4 GlusterfsPersistentVolumeSource
          nfs 5 NFSVolumeSource
          rbd 6 RBDPersistentVolumeSource
          iscsi 7 ISCSIPersistentVolumeSource
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
          local 20 LocalVolumeSource
          storageos 21 StorageOSPersistentVolumeSource
          csi 22 CSIPersistentVolumeSource
        type GlusterfsPersistentVolumeSource
          endpoints 1 string !
          path 2 string !
          readOnly 3 bool
          endpointsNamespace 4 string
        type RBDPersistentVolumeSource
          monitors 1 []string !
          image 2 string !
          fsType 3 string
          pool 4 string =rbd
          user 5 string =admin
          keyring 6 string =/etc/ceph/keyring
          secretRef 7 SecretReference
          readOnly 8 bool
        type SecretReference atomic
          name 1 string
          namespace 2 string
        type ISCSIPersistentVolumeSource
          targetPortal 1 string !
          iqn 2 string !
          lun 3 int32 !
          iscsiInterface 4 string =default
          fsType 5 string
          readOnly 6 bool
          portals 7 []string
          chapAuthDiscovery 8 bool
          chapAuthSession 11 bool
          secretRef 10 SecretReference
          initiatorName 12 string
        type CinderPersistentVolumeSource
          volumeID 1 string !
          fsType 2 string
          readOnly 3 bool
          secretRef 4 SecretReference
        type CephFSPersistentVolumeSource
          monitors 1 []string !
          path 2 string
          user 3 string
          secretFile 4 string
          secretRef 5 SecretReference
          readOnly 6 bool
        type FlexPersistentVolumeSource
          driver 1 string !
          fsType 2 string
          secretRef 3 SecretReference
          readOnly 4 bool
          options 5 {}string
        type AzureFilePersistentVolumeSource
          secretName 1 string !
          shareName 2 string !
          readOnly 3 bool
          secretNamespace 4 string
        type ScaleIOPersistentVolumeSource
          gateway 1 string !
          system 2 string !
          secretRef 3 SecretReference !
          sslEnabled 4 bool
          protectionDomain 5 string
          storagePool 6 string
          storageMode 7 string =ThinProvisioned
          volumeName 8 string
          fsType 9 string =xfs
          readOnly 10 bool
        type LocalVolumeSource
          path 1 string !
          fsType 2 string
        type StorageOSPersistentVolumeSource
          volumeName 1 string
          volumeNamespace 2 string
          fsType 3 string
          readOnly 4 bool
          secretRef 5 ObjectReference
        type CSIPersistentVolumeSource
          driver 1 string !
          volumeHandle 2 string !
          readOnly 3 bool
          fsType 4 string
          volumeAttributes 5 {}string
          controllerPublishSecretRef 6 SecretReference
          nodeStageSecretRef 7 SecretReference
          nodePublishSecretRef 8 SecretReference
          controllerExpandSecretRef 9 SecretReference
          nodeExpandSecretRef 10 SecretReference
        type VolumeNodeAffinity
          required 1 NodeSelector
        type PersistentVolumeStatus
          phase 1 string =Pending
          message 2 string
          reason 3 string
          lastPhaseTransitionTime 4 time
        type PersistentVolumeClaimStatus
          phase 1 string =Pending
          accessModes 2 []string
          capacity 3 {}quantity
          conditions 4 []PersistentVolumeClaimCondition map(type)
          allocatedResources 5 {}quantity
          allocatedResourceStatuses 7 {}string
          currentVolumeAttributesClassName 8 string
          modifyVolumeStatus 9 ModifyVolumeStatus
        type PersistentVolumeClaimCondition
          type 1 string !
          status 2 string !
          lastProbeTime 3 time
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type ModifyVolumeStatus
          targetVolumeAttributesClassName 1 string
          status 2 string !
        """
}
