extension SchemaText {
    /// The other kinds of the core group.
    static let core = """
        package io.k8s.api.core.v1
        kind Binding v1 bindings binding namespaced verbs(create)
        kind ConfigMap v1 configmaps configmap short(cm) namespaced
        kind Endpoints v1 endpoints endpoints short(ep) namespaced
        kind Event v1 events event short(ev) namespaced
        kind LimitRange v1 limitranges limitrange short(limits) namespaced
        kind Namespace v1 namespaces namespace short(ns) cluster verbs(create,delete,get,list,patch,update,watch) sub(finalize,status)
        kind Node v1 nodes node short(no) cluster sub(proxy,status)
        kind PersistentVolumeClaim v1 persistentvolumeclaims persistentvolumeclaim short(pvc) namespaced sub(status)
        kind PersistentVolume v1 persistentvolumes persistentvolume short(pv) cluster sub(status)
        kind ReplicationController v1 replicationcontrollers replicationcontroller short(rc) namespaced categories(all) sub(scale,status)
        kind ResourceQuota v1 resourcequotas resourcequota short(quota) namespaced sub(status)
        kind Secret v1 secrets secret namespaced
        kind ServiceAccount v1 serviceaccounts serviceaccount short(sa) namespaced sub(token)
        kind Service v1 services service short(svc) namespaced categories(all) sub(proxy,status)

        type Namespace : A room for names: most objects live in one.
          metadata 1 ObjectMeta
          spec 2 NamespaceSpec
          status 3 NamespaceStatus
        type NamespaceSpec
          finalizers 1 []string
        type NamespaceStatus
          phase 1 string =Active
          conditions 2 []NamespaceCondition map(type)
        type NamespaceCondition
          type 1 string !
          status 2 string !
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type Node : A machine that runs pods.
          metadata 1 ObjectMeta
          spec 2 NodeSpec
          status 3 NodeStatus
        type NodeSpec
          podCIDR 1 string
          podCIDRs 7 []string set
          providerID 3 string
          unschedulable 4 bool : Takes no new pods.
          taints 5 []Taint : Marks that keep pods away that do not tolerate them.
          configSource 6 NodeConfigSource
          externalID 2 string
        type Taint
          key 1 string !
          value 2 string
          effect 3 string ! enum(NoSchedule,PreferNoSchedule,NoExecute)
          timeAdded 4 time
        type NodeConfigSource
          configMap 2 ConfigMapNodeConfigSource
        type ConfigMapNodeConfigSource
          namespace 1 string !
          name 2 string !
          uid 3 string
          resourceVersion 4 string
          kubeletConfigKey 5 string !
        type NodeStatus
          capacity 1 {}quantity
          allocatable 2 {}quantity
          phase 3 string
          conditions 4 []NodeCondition map(type)
          addresses 5 []NodeAddress map(type)
          daemonEndpoints 6 NodeDaemonEndpoints
          nodeInfo 7 NodeSystemInfo
          images 8 []ContainerImage
          volumesInUse 9 []string
          volumesAttached 10 []AttachedVolume
          config 11 NodeConfigStatus
          runtimeHandlers 12 []NodeRuntimeHandler
          features 13 NodeFeatures
        type NodeCondition
          type 1 string !
          status 2 string !
          lastHeartbeatTime 3 time
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type NodeAddress
          type 1 string !
          address 2 string !
        type NodeDaemonEndpoints
          kubeletEndpoint 1 DaemonEndpoint
        type DaemonEndpoint
          Port 1 int32 !
        type NodeSystemInfo
          machineID 1 string !
          systemUUID 2 string !
          bootID 3 string !
          kernelVersion 4 string !
          osImage 5 string !
          containerRuntimeVersion 6 string !
          kubeletVersion 7 string !
          kubeProxyVersion 8 string !
          operatingSystem 9 string !
          architecture 10 string !
        type ContainerImage
          names 1 []string
          sizeBytes 2 int64
        type AttachedVolume
          name 1 string !
          devicePath 2 string !
        type NodeConfigStatus
          assigned 1 NodeConfigSource
          active 2 NodeConfigSource
          lastKnownGood 3 NodeConfigSource
          error 4 string
        type NodeRuntimeHandler
          name 1 string
          features 2 NodeRuntimeHandlerFeatures
        type NodeRuntimeHandlerFeatures
          recursiveReadOnlyMounts 1 bool
          userNamespaces 2 bool
        type NodeFeatures
          supplementalGroupsPolicy 1 bool
        type ReplicationController : Keeps a number of pods of one template running.
          metadata 1 ObjectMeta
          spec 2 ReplicationControllerSpec
          status 3 ReplicationControllerStatus
        type ReplicationControllerSpec
          replicas 1 int32 =1 zero : How many pods are wanted.
          minReadySeconds 4 int32 : Time a pod must be ready before it counts as available.
          selector 2 {}string atomic : Labels of the pods that count; those of the template by default.
          template 3 PodTemplateSpec : What new pods look like.
        type ReplicationControllerStatus
          replicas 1 int32 ! zero
          fullyLabeledReplicas 2 int32
          readyReplicas 4 int32
          availableReplicas 5 int32
          observedGeneration 3 int64
          conditions 6 []ReplicationControllerCondition map(type)
        type ReplicationControllerCondition
          type 1 string !
          status 2 string !
          lastTransitionTime 3 time
          reason 4 string
          message 5 string
        type Service : A lasting name and address for the pods that a selector finds.
          metadata 1 ObjectMeta
          spec 2 ServiceSpec
          status 3 ServiceStatus
        type ServiceSpec
          ports 1 []ServicePort map(port,protocol) : Ports of the service and where they lead.
          selector 2 {}string atomic : Labels of the pods it leads to.
          clusterIP 3 string : Its address inside the cluster; None for a service without one.
          clusterIPs 18 []string
          type 4 string =ClusterIP enum(ClusterIP,ExternalName,LoadBalancer,NodePort) : How far it reaches: ClusterIP, NodePort, LoadBalancer or ExternalName.
          externalIPs 5 []string
          sessionAffinity 7 string =None enum(ClientIP,None) : Whether a client stays with one pod.
          loadBalancerIP 8 string
          loadBalancerSourceRanges 9 []string
          externalName 10 string
          externalTrafficPolicy 11 string enum(Cluster,Local)
          healthCheckNodePort 12 int32
          publishNotReadyAddresses 13 bool
          sessionAffinityConfig 14 SessionAffinityConfig
          ipFamilies 19 []string
          ipFamilyPolicy 17 string enum(SingleStack,PreferDualStack,RequireDualStack)
          allocateLoadBalancerNodePorts 20 bool zero
          loadBalancerClass 21 string
          internalTrafficPolicy 22 string enum(Cluster,Local)
          trafficDistribution 23 string
        type ServicePort
          name 1 string
          protocol 2 string =TCP enum(SCTP,TCP,UDP)
          appProtocol 6 string
          port 3 int32 ! : Port of the service.
          targetPort 4 intOrString : Port of the pods, by number or by name.
          nodePort 5 int32 : Port on every node.
        type SessionAffinityConfig
          clientIP 1 ClientIPConfig
        type ClientIPConfig
          timeoutSeconds 1 int32
        type ServiceStatus
          loadBalancer 1 LoadBalancerStatus
          conditions 2 []Condition map(type)
        type LoadBalancerStatus
          ingress 1 []LoadBalancerIngress
        type LoadBalancerIngress
          ip 1 string
          hostname 2 string
          ipMode 3 string
          ports 4 []PortStatus
        type PortStatus
          port 1 int32 !
          protocol 2 string ! enum(SCTP,TCP,UDP)
          error 3 string
        type Endpoints : The addresses behind a service.
          metadata 1 ObjectMeta
          subsets 2 []EndpointSubset
        type EndpointSubset
          addresses 1 []EndpointAddress
          notReadyAddresses 2 []EndpointAddress
          ports 3 []EndpointPort
        type EndpointAddress atomic
          ip 1 string !
          hostname 3 string
          nodeName 4 string
          targetRef 2 ObjectReference
        type ObjectReference atomic
          kind 1 string
          namespace 2 string
          name 3 string
          uid 4 string
          apiVersion 5 string
          resourceVersion 6 string
          fieldPath 7 string
        type EndpointPort atomic
          name 1 string
          port 2 int32 !
          protocol 3 string =TCP enum(SCTP,TCP,UDP)
          appProtocol 4 string
        type Event : Something that happened to an object.
          metadata 1 ObjectMeta !
          involvedObject 2 ObjectReference !
          reason 3 string
          message 4 string
          source 5 EventSource
          firstTimestamp 6 time
          lastTimestamp 7 time
          count 8 int32
          type 9 string
          eventTime 10 microTime
          series 11 EventSeries
          action 12 string
          related 13 ObjectReference
          reportingComponent 14 string
          reportingInstance 15 string
        type EventSource
          component 1 string
          host 2 string
        type EventSeries
          count 1 int32
          lastObservedTime 2 microTime
        type ConfigMap : Settings for pods: texts by key.
          metadata 1 ObjectMeta
          immutable 4 bool zero
          data 2 {}string : Texts by key.
          binaryData 3 {}bytes : Bytes by key, as base64.
        type Secret : Confidential settings for pods.
          metadata 1 ObjectMeta
          immutable 5 bool zero
          data 2 {}bytes : Values by key, as base64.
          stringData 4 {}string : Values by key as plain text; moved into data on writing.
          type 3 string =Opaque
        type ServiceAccount : An identity for programs in pods.
          metadata 1 ObjectMeta
          secrets 2 []ObjectReference map(name)
          imagePullSecrets 3 []LocalObjectReference merge(name)
          automountServiceAccountToken 4 bool zero
        type LimitRange : Bounds and defaults for the resources of single pods and containers of a namespace.
          metadata 1 ObjectMeta
          spec 2 LimitRangeSpec
        type LimitRangeSpec
          limits 1 []LimitRangeItem !
        type LimitRangeItem
          type 1 string !
          max 2 {}quantity : The most a limit may be.
          min 3 {}quantity : The least a request may be.
          default 4 {}quantity : Limit of containers that name none.
          defaultRequest 5 {}quantity : Request of containers that name none.
          maxLimitRequestRatio 6 {}quantity : The most a limit may be as a multiple of its request.
        type ResourceQuota : The most that all objects of a namespace may use together.
          metadata 1 ObjectMeta
          spec 2 ResourceQuotaSpec
          status 3 ResourceQuotaStatus
        type ResourceQuotaSpec
          hard 1 {}quantity : The bound by resource or kind of object.
          scopes 2 []string
          scopeSelector 3 ScopeSelector
        type ScopeSelector atomic
          matchExpressions 1 []ScopedResourceSelectorRequirement
        type ScopedResourceSelectorRequirement atomic
          scopeName 1 string ! enum(BestEffort,CrossNamespacePodAffinity,NotBestEffort,NotTerminating,PriorityClass,Terminating)
          operator 2 string ! enum(DoesNotExist,Exists,In,NotIn)
          values 3 []string
        type ResourceQuotaStatus
          hard 1 {}quantity
          used 2 {}quantity
        type PersistentVolume : A piece of storage of the cluster.
          metadata 1 ObjectMeta
          spec 2 PersistentVolumeSpec
          status 3 PersistentVolumeStatus
        type PersistentVolumeClaim : A request for storage that a volume answers.
          metadata 1 ObjectMeta
          spec 2 PersistentVolumeClaimSpec
          status 3 PersistentVolumeClaimStatus
        type Binding : Ties a pod to a node.
          metadata 1 ObjectMeta
          target 2 ObjectReference !
        """
}
