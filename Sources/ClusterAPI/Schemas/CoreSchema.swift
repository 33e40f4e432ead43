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
          finalizers 1 []string : Who has to finish before it is gone.
        type NamespaceStatus
          phase 1 string =Active : Active or Terminating.
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
        type NodeSpec : What is wanted of a node.
          podCIDR 1 string : Range of its pods' addresses.
          podCIDRs 7 []string set
          providerID 3 string : Identity at whoever provides the machine.
          unschedulable 4 bool : Takes no new pods.
          taints 5 []Taint : Marks that keep pods away that do not tolerate them.
          configSource 6 NodeConfigSource
          externalID 2 string
        type Taint : A mark of a node that keeps pods away that do not bear it.
          key 1 string !
          value 2 string
          effect 3 string ! enum(NoSchedule,PreferNoSchedule,NoExecute) : NoSchedule, PreferNoSchedule, or NoExecute, which also ends running pods.
          timeAdded 4 time : When it was added.
        type NodeConfigSource
          configMap 2 ConfigMapNodeConfigSource
        type ConfigMapNodeConfigSource
          namespace 1 string !
          name 2 string !
          uid 3 string
          resourceVersion 4 string
          kubeletConfigKey 5 string !
        type NodeStatus : How a node is doing.
          capacity 1 {}quantity : All that it has.
          allocatable 2 {}quantity : What pods may have of it.
          phase 3 string
          conditions 4 []NodeCondition map(type)
          addresses 5 []NodeAddress map(type) : Its addresses and names.
          daemonEndpoints 6 NodeDaemonEndpoints
          nodeInfo 7 NodeSystemInfo : Versions and identities of machine, system and agent.
          images 8 []ContainerImage : Images that lie on it.
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
        type ReplicationControllerSpec : How many pods are kept, and what they look like.
          replicas 1 int32 =1 zero : How many pods are wanted.
          minReadySeconds 4 int32 : Time a pod must be ready before it counts as available.
          selector 2 {}string atomic : Labels of the pods that count; those of the template by default.
          template 3 PodTemplateSpec : What new pods look like.
        type ReplicationControllerStatus : How many pods there are.
          replicas 1 int32 ! zero
          fullyLabeledReplicas 2 int32 : Pods that have all labels of the template.
          readyReplicas 4 int32 : Pods that are ready.
          availableReplicas 5 int32 : Pods that have been ready for long enough.
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
        type ServiceSpec : Where the service is reached and which pods stand behind it.
          ports 1 []ServicePort map(port,protocol) : Ports of the service and where they lead.
          selector 2 {}string atomic : Labels of the pods it leads to.
          clusterIP 3 string : Its address inside the cluster; None for a service without one.
          clusterIPs 18 []string : Its addresses, one a family.
          type 4 string =ClusterIP enum(ClusterIP,ExternalName,LoadBalancer,NodePort) : How far it reaches: ClusterIP, NodePort, LoadBalancer or ExternalName.
          externalIPs 5 []string : Further addresses that lead to it.
          sessionAffinity 7 string =None enum(ClientIP,None) : Whether a client stays with one pod.
          loadBalancerIP 8 string : Address that the load balancer should have.
          loadBalancerSourceRanges 9 []string : Clients that the load balancer lets in.
          externalName 10 string : The name that an ExternalName service stands for.
          externalTrafficPolicy 11 string enum(Cluster,Local) : Whether traffic from outside may pass to pods of other nodes.
          healthCheckNodePort 12 int32
          publishNotReadyAddresses 13 bool : Pods count although they are not ready.
          sessionAffinityConfig 14 SessionAffinityConfig : How long clients stay at one pod.
          ipFamilies 19 []string : Families of its addresses.
          ipFamilyPolicy 17 string enum(SingleStack,PreferDualStack,RequireDualStack) : Whether it has addresses of one family or of two.
          allocateLoadBalancerNodePorts 20 bool zero
          loadBalancerClass 21 string
          internalTrafficPolicy 22 string enum(Cluster,Local) : Whether traffic from inside may pass to pods of other nodes.
          trafficDistribution 23 string
        type ServicePort : A port of a service.
          name 1 string : Name of the port, needed when there are several.
          protocol 2 string =TCP enum(SCTP,TCP,UDP)
          appProtocol 6 string : Protocol of the application.
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
          subsets 2 []EndpointSubset : Addresses and their ports.
        type EndpointSubset : Addresses that share ports.
          addresses 1 []EndpointAddress : Addresses that are ready.
          notReadyAddresses 2 []EndpointAddress : Addresses that are not ready.
          ports 3 []EndpointPort : Ports of all of them.
        type EndpointAddress atomic : One address.
          ip 1 string !
          hostname 3 string
          nodeName 4 string : Node of the pod.
          targetRef 2 ObjectReference : The pod.
        type ObjectReference atomic : An object that is pointed to.
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
          involvedObject 2 ObjectReference ! : What it is about.
          reason 3 string
          message 4 string
          source 5 EventSource : Who tells it.
          firstTimestamp 6 time : When it happened first.
          lastTimestamp 7 time : When it happened last.
          count 8 int32 : How often it happened.
          type 9 string : Normal or Warning.
          eventTime 10 microTime : When it happened, to the microsecond.
          series 11 EventSeries : How often and until when it went on.
          action 12 string : What was done.
          related 13 ObjectReference : A second object that it is about.
          reportingComponent 14 string : Which controller tells it.
          reportingInstance 15 string : Which instance of the controller tells it.
        type EventSource
          component 1 string
          host 2 string
        type EventSeries
          count 1 int32
          lastObservedTime 2 microTime
        type ConfigMap : Settings for pods: texts by key.
          metadata 1 ObjectMeta
          immutable 4 bool zero : Its data cannot be changed.
          data 2 {}string : Texts by key.
          binaryData 3 {}bytes : Bytes by key, as base64.
        type Secret : Confidential settings for pods.
          metadata 1 ObjectMeta
          immutable 5 bool zero : Its data cannot be changed.
          data 2 {}bytes : Values by key, as base64.
          stringData 4 {}string : Values by key as plain text; moved into data on writing.
          type 3 string =Opaque : What its data is for.
        type ServiceAccount : An identity for programs in pods.
          metadata 1 ObjectMeta
          secrets 2 []ObjectReference map(name) : Secrets that its pods may use.
          imagePullSecrets 3 []LocalObjectReference merge(name) : Secrets for pulling images.
          automountServiceAccountToken 4 bool zero
        type LimitRange : Bounds and defaults for the resources of single pods and containers of a namespace.
          metadata 1 ObjectMeta
          spec 2 LimitRangeSpec
        type LimitRangeSpec
          limits 1 []LimitRangeItem ! : A limit a type of object.
        type LimitRangeItem
          type 1 string ! : Container, Pod or PersistentVolumeClaim.
          max 2 {}quantity : The most a limit may be.
          min 3 {}quantity : The least a request may be.
          default 4 {}quantity : Limit of containers that name none.
          defaultRequest 5 {}quantity : Request of containers that name none.
          maxLimitRequestRatio 6 {}quantity : The most a limit may be as a multiple of its request.
        type ResourceQuota : The most that all objects of a namespace may use together.
          metadata 1 ObjectMeta
          spec 2 ResourceQuotaSpec
          status 3 ResourceQuotaStatus
        type ResourceQuotaSpec : The most that a namespace may hold.
          hard 1 {}quantity : The bound by resource or kind of object.
          scopes 2 []string : Which objects count: Terminating, NotTerminating, BestEffort, NotBestEffort and others.
          scopeSelector 3 ScopeSelector : Which objects count, with conditions.
        type ScopeSelector atomic
          matchExpressions 1 []ScopedResourceSelectorRequirement
        type ScopedResourceSelectorRequirement atomic
          scopeName 1 string ! enum(BestEffort,CrossNamespacePodAffinity,NotBestEffort,NotTerminating,PriorityClass,Terminating)
          operator 2 string ! enum(DoesNotExist,Exists,In,NotIn)
          values 3 []string
        type ResourceQuotaStatus : What a namespace may hold and what it holds.
          hard 1 {}quantity : The limits in force.
          used 2 {}quantity : What is there.
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
          target 2 ObjectReference ! : The node.
        """
}
