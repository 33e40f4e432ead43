extension SchemaText {
    /// The other kinds of the core group.
    static let core = """
        package io.k8s.api.core.v1
        kind Binding v1 bindings binding namespaced verbs(create)
        kind ComponentStatus v1 componentstatuses componentstatus short(cs) cluster verbs(get,list)
        kind ConfigMap v1 configmaps configmap short(cm) namespaced
        kind Endpoints v1 endpoints endpoints short(ep) namespaced
        kind Event v1 events event short(ev) namespaced
        kind LimitRange v1 limitranges limitrange short(limits) namespaced
        kind Namespace v1 namespaces namespace short(ns) cluster verbs(create,delete,get,list,patch,update,watch) sub(finalize,status)
        kind Node v1 nodes node short(no) cluster sub(proxy,status)
        kind PersistentVolumeClaim v1 persistentvolumeclaims persistentvolumeclaim short(pvc) namespaced sub(status)
        kind PersistentVolume v1 persistentvolumes persistentvolume short(pv) cluster sub(status)
        kind PodTemplate v1 podtemplates podtemplate namespaced
        kind ReplicationController v1 replicationcontrollers replicationcontroller short(rc) namespaced categories(all) sub(scale,status)
        kind ResourceQuota v1 resourcequotas resourcequota short(quota) namespaced sub(status)
        kind Secret v1 secrets secret namespaced
        kind ServiceAccount v1 serviceaccounts serviceaccount short(sa) namespaced sub(token)
        kind Service v1 services service short(svc) namespaced categories(all) sub(proxy,status)

        type Namespace : A room for names: most objects live in one.
          metadata 1 ObjectMeta
          spec 2 NamespaceSpec : Who must let go of the namespace before it is gone.
          status 3 NamespaceStatus : Active, or Terminating while its objects are deleted.
        type NamespaceSpec : What keeps a namespace.
          finalizers 1 []string : Who has to finish before it is gone.
        type NamespaceStatus : Whether a namespace lives or is being emptied.
          phase 1 string =Active : Active or Terminating.
          conditions 2 []NamespaceCondition map(type)
        type NamespaceCondition : A statement about a namespace that is being emptied.
          type 1 string !
          status 2 string !
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type Node : A machine that runs pods.
          metadata 1 ObjectMeta
          spec 2 NodeSpec : What people and controllers ask of the node: taints, and whether it takes new pods.
          status 3 NodeStatus : What the node reports: what it has, what of it is free to use, addresses, conditions.
        type NodeSpec : What is wanted of a node.
          podCIDR 1 string : Range of its pods' addresses.
          podCIDRs 7 []string set : Ranges of its pods' addresses, at most one for each IP family.
          providerID 3 string : Identity at whoever provides the machine.
          unschedulable 4 bool : Takes no new pods.
          taints 5 []Taint : Marks that keep pods away that do not tolerate them.
          configSource 6 NodeConfigSource
          externalID 2 string : Identity of the node elsewhere; kept for old manifests, looked at by nobody.
        type Taint : A mark of a node that keeps pods away that do not bear it.
          key 1 string ! : Name of the taint; pods tolerate it by this.
          value 2 string : What it says beside its name.
          effect 3 string ! enum(NoSchedule,PreferNoSchedule,NoExecute) : NoSchedule, PreferNoSchedule, or NoExecute, which also ends running pods.
          timeAdded 4 time : When it was added.
        type NodeConfigSource : Where an agent's configuration came from; kept for old manifests.
          configMap 2 ConfigMapNodeConfigSource
        type ConfigMapNodeConfigSource : A ConfigMap that held an agent's configuration.
          namespace 1 string !
          name 2 string !
          uid 3 string
          resourceVersion 4 string
          kubeletConfigKey 5 string ! : The entry of the ConfigMap that held it.
        type NodeStatus : How a node is doing.
          capacity 1 {}quantity : All that it has.
          allocatable 2 {}quantity : What pods may have of it.
          phase 3 string : Old word for how far the node has come; conditions say it now.
          conditions 4 []NodeCondition map(type) : Whether the node is ready, and whether memory, disk or process numbers run short.
          addresses 5 []NodeAddress map(type) : Its addresses and names.
          daemonEndpoints 6 NodeDaemonEndpoints
          nodeInfo 7 NodeSystemInfo : Versions and identities of machine, system and agent.
          images 8 []ContainerImage : Images that lie on it.
          volumesInUse 9 []string : Attachable volumes that are mounted by pods.
          volumesAttached 10 []AttachedVolume
          config 11 NodeConfigStatus
          runtimeHandlers 12 []NodeRuntimeHandler
          features 13 NodeFeatures
        type NodeCondition : A statement about a node's health.
          type 1 string !
          status 2 string !
          lastHeartbeatTime 3 time
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type NodeAddress : One of a node's addresses or names.
          type 1 string !
          address 2 string ! : The address or name itself.
        type NodeDaemonEndpoints : Where the node's agents listen.
          kubeletEndpoint 1 DaemonEndpoint
        type DaemonEndpoint : A port that an agent listens on.
          Port 1 int32 ! : Number of the port.
        type NodeSystemInfo : Versions and identities of machine, system and agent.
          machineID 1 string ! : The system's own identity, from /etc/machine-id.
          systemUUID 2 string ! : Identity of the hardware, as the firmware says.
          bootID 3 string ! : Identity of the present run since the last boot.
          kernelVersion 4 string ! : Release of the kernel, as uname says.
          osImage 5 string ! : Name and version of the system, from /etc/os-release.
          containerRuntimeVersion 6 string ! : Name and version of what runs containers.
          kubeletVersion 7 string ! : Version of the node agent.
          kubeProxyVersion 8 string ! : Version of the service proxy.
          operatingSystem 9 string ! : The kind of system: linux.
          architecture 10 string ! : The kind of processor: amd64, arm64.
        type ContainerImage : An image that lies on a node.
          names 1 []string : Names by which the image is known.
          sizeBytes 2 int64 : Its size in bytes.
        type AttachedVolume : A volume that is attached to a node.
          name 1 string !
          devicePath 2 string ! : Where the device appears on the node.
        type NodeConfigStatus : Which configurations an agent has; kept for old manifests.
          assigned 1 NodeConfigSource
          active 2 NodeConfigSource
          lastKnownGood 3 NodeConfigSource
          error 4 string : What is wrong with the configuration that was assigned.
        type NodeRuntimeHandler : A way of running containers that a node offers.
          name 1 string
          features 2 NodeRuntimeHandlerFeatures
        type NodeRuntimeHandlerFeatures : What a way of running containers can do.
          recursiveReadOnlyMounts 1 bool : Mounts below a read-only mount can be read-only too.
          userNamespaces 2 bool : Users inside can be others than those of the host.
        type NodeFeatures : What the runtime of a node can do.
          supplementalGroupsPolicy 1 bool : It heeds the policy for supplemental groups.
        type PodTemplate : A template of pods that lies ready for others to make pods from.
          metadata 1 ObjectMeta
          template 2 PodTemplateSpec : What pods made from it look like.
        type ComponentStatus : Whether a part of the control plane is well, as old tools ask for it.
          metadata 1 ObjectMeta
          conditions 2 []ComponentCondition map(type) : What is known of the part's health.
        type ComponentCondition : A statement about the health of a part of the control plane.
          type 1 string ! : Always Healthy.
          status 2 string ! : True, False or Unknown.
          message 3 string : What the part says of itself.
          error 4 string : Why it cannot be asked.
        type ReplicationController : Keeps a number of pods of one template running.
          metadata 1 ObjectMeta
          spec 2 ReplicationControllerSpec : How many pods there should be, which they are, and what new ones look like.
          status 3 ReplicationControllerStatus : How many pods there are, ready and available; written by the replication controller.
        type ReplicationControllerSpec : How many pods are kept, and what they look like.
          replicas 1 int32 =1 zero : How many pods are wanted.
          minReadySeconds 4 int32 : Time a pod must be ready before it counts as available.
          selector 2 {}string atomic : Labels of the pods that count; those of the template by default.
          template 3 PodTemplateSpec : What new pods look like.
        type ReplicationControllerStatus : How many pods there are.
          replicas 1 int32 ! zero : How many pods there are now.
          fullyLabeledReplicas 2 int32 : Pods that have all labels of the template.
          readyReplicas 4 int32 : Pods that are ready.
          availableReplicas 5 int32 : Pods that have been ready for long enough.
          observedGeneration 3 int64 : The generation of the specification that was last acted on.
          conditions 6 []ReplicationControllerCondition map(type) : ReplicaFailure, when pods cannot be made.
        type ReplicationControllerCondition : A statement about a controller's work, such as that it cannot make pods.
          type 1 string !
          status 2 string !
          lastTransitionTime 3 time
          reason 4 string
          message 5 string
        type Service : A lasting name and address for the pods that a selector finds.
          metadata 1 ObjectMeta
          spec 2 ServiceSpec : Which pods serve, and at which address and ports they are reached.
          status 3 ServiceStatus : Addresses of a load balancer, if one was made.
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
          healthCheckNodePort 12 int32 : Port on which a node says whether it has pods of the service, for traffic that stays local.
          publishNotReadyAddresses 13 bool : Pods count although they are not ready.
          sessionAffinityConfig 14 SessionAffinityConfig : How long clients stay at one pod.
          ipFamilies 19 []string : Families of its addresses.
          ipFamilyPolicy 17 string enum(SingleStack,PreferDualStack,RequireDualStack) : Whether it has addresses of one family or of two.
          allocateLoadBalancerNodePorts 20 bool zero : Whether a load balancer's ports get node ports as well.
          loadBalancerClass 21 string : Which maker of load balancers is to look after it.
          internalTrafficPolicy 22 string enum(Cluster,Local) : Whether traffic from inside may pass to pods of other nodes.
          trafficDistribution 23 string : Which endpoints are preferred, such as PreferClose.
        type ServicePort : A port of a service.
          name 1 string : Name of the port, needed when there are several.
          protocol 2 string =TCP enum(SCTP,TCP,UDP) : TCP, UDP or SCTP; TCP when nothing is said.
          appProtocol 6 string : Protocol of the application.
          port 3 int32 ! : Port of the service.
          targetPort 4 intOrString : Port of the pods, by number or by name.
          nodePort 5 int32 : Port on every node.
        type SessionAffinityConfig : How long a client keeps its pod.
          clientIP 1 ClientIPConfig
        type ClientIPConfig : Settings of affinity by the client's address.
          timeoutSeconds 1 int32 : Seconds without traffic after which a client may get another pod.
        type ServiceStatus : What a load balancer has done for the service.
          loadBalancer 1 LoadBalancerStatus
          conditions 2 []Condition map(type)
        type LoadBalancerStatus : Where a load balancer takes traffic in.
          ingress 1 []LoadBalancerIngress : The points where it takes traffic in.
        type LoadBalancerIngress : A point where a load balancer takes traffic in.
          ip 1 string
          hostname 2 string
          ipMode 3 string : Whether traffic arrives with the balancer's address: VIP or Proxy.
          ports 4 []PortStatus
        type PortStatus : How a load balancer's port is doing.
          port 1 int32 !
          protocol 2 string ! enum(SCTP,TCP,UDP)
          error 3 string : What is wrong with it, in one word.
        type Endpoints : The addresses behind a service.
          metadata 1 ObjectMeta
          subsets 2 []EndpointSubset : Addresses and their ports.
        type EndpointSubset : Addresses that share ports.
          addresses 1 []EndpointAddress : Addresses that are ready.
          notReadyAddresses 2 []EndpointAddress : Addresses that are not ready.
          ports 3 []EndpointPort : Ports of all of them.
        type EndpointAddress atomic : One address.
          ip 1 string ! : Address of the pod.
          hostname 3 string : Name of the pod's host.
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
        type EndpointPort atomic : A port of the addresses.
          name 1 string : The port as the Service calls it.
          port 2 int32 ! : Number of the port.
          protocol 3 string =TCP enum(SCTP,TCP,UDP) : TCP, UDP or SCTP.
          appProtocol 4 string : The protocol spoken above it, such as http.
        type Event : Something that happened to an object.
          metadata 1 ObjectMeta !
          involvedObject 2 ObjectReference ! : What it is about.
          reason 3 string : What happened, in one word.
          message 4 string : What happened, in a sentence.
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
        type EventSource : Who noticed an event.
          component 1 string : The program that noticed it.
          host 2 string : The node on which it did.
        type EventSeries : How often an event has come again.
          count 1 int32 : How many times so far.
          lastObservedTime 2 microTime : When it was last seen.
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
          automountServiceAccountToken 4 bool zero : Whether pods of this account get its token mounted, unless they say otherwise.
        type LimitRange : Bounds and defaults for the resources of single pods and containers of a namespace.
          metadata 1 ObjectMeta
          spec 2 LimitRangeSpec : The limits, a list.
        type LimitRangeSpec : The limits of a namespace.
          limits 1 []LimitRangeItem ! : A limit a type of object.
        type LimitRangeItem : The limits for one type of thing: containers, pods or claims.
          type 1 string ! : Container, Pod or PersistentVolumeClaim.
          max 2 {}quantity : The most a limit may be.
          min 3 {}quantity : The least a request may be.
          default 4 {}quantity : Limit of containers that name none.
          defaultRequest 5 {}quantity : Request of containers that name none.
          maxLimitRequestRatio 6 {}quantity : The most a limit may be as a multiple of its request.
        type ResourceQuota : The most that all objects of a namespace may use together.
          metadata 1 ObjectMeta
          spec 2 ResourceQuotaSpec : How much the namespace may use, and what is counted.
          status 3 ResourceQuotaStatus : How much it uses now.
        type ResourceQuotaSpec : The most that a namespace may hold.
          hard 1 {}quantity : The bound by resource or kind of object.
          scopes 2 []string : Which objects count: Terminating, NotTerminating, BestEffort, NotBestEffort and others.
          scopeSelector 3 ScopeSelector : Which objects count, with conditions.
        type ScopeSelector atomic : Chooses what a quota counts.
          matchExpressions 1 []ScopedResourceSelectorRequirement : All of these must hold.
        type ScopedResourceSelectorRequirement atomic : A condition on the scope of an object.
          scopeName 1 string ! enum(BestEffort,CrossNamespacePodAffinity,NotBestEffort,NotTerminating,PriorityClass,Terminating) : The scope that is looked at, such as PriorityClass.
          operator 2 string ! enum(DoesNotExist,Exists,In,NotIn)
          values 3 []string
        type ResourceQuotaStatus : What a namespace may hold and what it holds.
          hard 1 {}quantity : The limits in force.
          used 2 {}quantity : What is there.
        type PersistentVolume : A piece of storage of the cluster.
          metadata 1 ObjectMeta
          spec 2 PersistentVolumeSpec : Where the storage is, how large, and who has it.
          status 3 PersistentVolumeStatus : Whether the volume is free, bound, released or has failed.
        type PersistentVolumeClaim : A request for storage that a volume answers.
          metadata 1 ObjectMeta
          spec 2 PersistentVolumeClaimSpec : What storage is asked for.
          status 3 PersistentVolumeClaimStatus : What storage was given.
        type Binding : Ties a pod to a node.
          metadata 1 ObjectMeta
          target 2 ObjectReference ! : The node.
        """
}
