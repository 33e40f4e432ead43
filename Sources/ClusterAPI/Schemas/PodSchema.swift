extension SchemaText {
    /// Pods and what they are made of.
    static let pod = """
        package io.k8s.api.core.v1
        kind Pod v1 pods pod short(po) namespaced categories(all) sub(attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status)

        type Pod : A group of containers that run together on one node, share its network and volumes.
          metadata 1 ObjectMeta
          spec 2 PodSpec
          status 3 PodStatus
        type PodSpec : What a pod is made of and where it may run.
          volumes 1 []Volume map(name) retainKeys : Storage that containers may mount.
          initContainers 20 []Container map(name) : Containers that run to their end, one after another, before the others start.
          containers 2 []Container ! map(name) : The containers of the pod; at least one.
          ephemeralContainers 34 []EphemeralContainer map(name)
          restartPolicy 3 string =Always enum(Always,OnFailure,Never) : Whether containers that ended are started again: Always, OnFailure or Never.
          terminationGracePeriodSeconds 4 int64 =30 zero : Time between the request to stop and the kill.
          activeDeadlineSeconds 5 int64 zero : The pod is stopped when it has run for so long.
          dnsPolicy 6 string =ClusterFirst enum(ClusterFirstWithHostNet,ClusterFirst,Default,None) : Where names are looked up.
          nodeSelector 7 {}string atomic : Labels that a node must have to be chosen.
          serviceAccountName 8 string : The identity under which the pod talks to the API.
          serviceAccount 9 string
          automountServiceAccountToken 21 bool zero
          nodeName 10 string : The node that the pod is bound to; the scheduler fills it in.
          hostNetwork 11 bool : Uses the network of the node.
          hostPID 12 bool
          hostIPC 13 bool
          shareProcessNamespace 27 bool zero
          securityContext 14 PodSecurityContext ={} : Settings of users, groups and privileges for all containers.
          imagePullSecrets 15 []LocalObjectReference map(name) : Credentials for pulling images.
          hostname 16 string : Name of the host inside the pod; the pod's name by default.
          subdomain 17 string
          affinity 18 Affinity : Rules that attract the pod to nodes or other pods, or keep it away.
          schedulerName 19 string =default-scheduler : Who chooses the node.
          tolerations 22 []Toleration : Taints of nodes that the pod puts up with.
          hostAliases 23 []HostAlias map(ip)
          priorityClassName 24 string
          priority 25 int32 zero : Importance; higher ones are placed first.
          dnsConfig 26 PodDNSConfig
          readinessGates 28 []PodReadinessGate : Further conditions that must be true for the pod to be ready.
          runtimeClassName 29 string
          enableServiceLinks 30 bool zero
          preemptionPolicy 31 string enum(PreemptLowerPriority,Never)
          overhead 32 {}quantity : Resources the runtime itself needs for the pod.
          topologySpreadConstraints 33 []TopologySpreadConstraint map(topologyKey,whenUnsatisfiable) : How pods like this one are spread over zones or nodes.
          setHostnameAsFQDN 35 bool zero
          os 36 PodOS
          hostUsers 37 bool zero
          schedulingGates 38 []PodSchedulingGate map(name) : Names that must all be removed before the pod is placed.
          resourceClaims 39 []PodResourceClaim map(name) retainKeys
          resources 40 ResourceRequirements
        type Container : One program of a pod, with its image, limits and probes.
          name 1 string ! : Name in the pod, a DNS label.
          image 2 string : Image to run.
          command 3 []string : Program and first arguments, in place of those of the image.
          args 4 []string : Arguments of the program.
          workingDir 5 string : Folder in which the program starts.
          ports 6 []ContainerPort map(containerPort,protocol) : Ports that the program listens on.
          envFrom 19 []EnvFromSource : Sources whose entries all become environment variables.
          env 7 []EnvVar map(name) : Environment variables.
          resources 8 ResourceRequirements ={} : What the container asks for and may use at most.
          resizePolicy 23 []ContainerResizePolicy
          restartPolicy 24 string
          volumeMounts 9 []VolumeMount map(mountPath) : Where volumes appear in its file system.
          volumeDevices 21 []VolumeDevice map(devicePath)
          livenessProbe 10 Probe : When it fails the container is started again.
          readinessProbe 11 Probe : While it fails the pod gets no traffic.
          startupProbe 22 Probe : The other probes wait until it succeeded once.
          lifecycle 12 Lifecycle : What happens right after the start and before the stop.
          terminationMessagePath 13 string =/dev/termination-log : File whose text is kept when the container ends.
          terminationMessagePolicy 20 string =File enum(File,FallbackToLogsOnError)
          imagePullPolicy 14 string enum(Always,Never,IfNotPresent) : When the image is pulled; Always for the tag latest, else IfNotPresent.
          securityContext 15 SecurityContext : Users and privileges of this container.
          stdin 16 bool
          stdinOnce 17 bool
          tty 18 bool
        type ContainerPort
          name 1 string
          hostPort 2 int32
          containerPort 3 int32 !
          protocol 4 string =TCP enum(SCTP,TCP,UDP)
          hostIP 5 string
        type EnvFromSource
          prefix 1 string
          configMapRef 2 ConfigMapEnvSource
          secretRef 3 SecretEnvSource
        type ConfigMapEnvSource
          inline 1 LocalObjectReference
          optional 2 bool zero
        type SecretEnvSource
          inline 1 LocalObjectReference
          optional 2 bool zero
        type EnvVar
          name 1 string !
          value 2 string
          valueFrom 3 EnvVarSource
        type EnvVarSource
          fieldRef 1 ObjectFieldSelector
          resourceFieldRef 2 ResourceFieldSelector
          configMapKeyRef 3 ConfigMapKeySelector
          secretKeyRef 4 SecretKeySelector
        type ConfigMapKeySelector atomic
          inline 1 LocalObjectReference
          key 2 string !
          optional 3 bool zero
        type SecretKeySelector atomic
          inline 1 LocalObjectReference
          key 2 string !
          optional 3 bool zero
        type ResourceRequirements
          limits 1 {}quantity : The most that may be used, by resource.
          requests 2 {}quantity : What is set aside for it on the node, by resource.
          claims 3 []ResourceClaim map(name) replace
        type ResourceClaim
          name 1 string !
          request 2 string
        type ContainerResizePolicy
          resourceName 1 string !
          restartPolicy 2 string ! enum(NotRequired,RestartContainer)
        type VolumeMount
          name 1 string !
          readOnly 2 bool
          recursiveReadOnly 7 string enum(Disabled,IfPossible,Enabled)
          mountPath 3 string !
          subPath 4 string
          mountPropagation 5 string enum(None,HostToContainer,Bidirectional)
          subPathExpr 6 string
        type VolumeDevice
          name 1 string !
          devicePath 2 string !
        type Probe
          inline 1 ProbeHandler
          initialDelaySeconds 2 int32 : Time after the start before the first probe.
          timeoutSeconds 3 int32 =1 : Time a probe may take.
          periodSeconds 4 int32 =10 : Time between probes.
          successThreshold 5 int32 =1 : Successes in a row that count as success after a failure.
          failureThreshold 6 int32 =3 : Failures in a row that count as failure.
          terminationGracePeriodSeconds 7 int64 zero
        type ProbeHandler
          exec 1 ExecAction
          httpGet 2 HTTPGetAction
          tcpSocket 3 TCPSocketAction
          grpc 4 GRPCAction
        type ExecAction
          command 1 []string
        type HTTPGetAction
          path 1 string =/
          port 2 intOrString !
          host 3 string
          scheme 4 string =HTTP enum(HTTP,HTTPS)
          httpHeaders 5 []HTTPHeader
        type HTTPHeader
          name 1 string !
          value 2 string !
        type TCPSocketAction
          port 1 intOrString !
          host 2 string
        type GRPCAction
          port 1 int32 !
          service 2 string =
        type Lifecycle
          postStart 1 LifecycleHandler
          preStop 2 LifecycleHandler
        type LifecycleHandler
          exec 1 ExecAction
          httpGet 2 HTTPGetAction
          tcpSocket 3 TCPSocketAction
          sleep 4 SleepAction
        type SleepAction
          seconds 1 int64 !
        type SecurityContext
          capabilities 1 Capabilities
          privileged 2 bool zero
          seLinuxOptions 3 SELinuxOptions
          windowsOptions 10 WindowsSecurityContextOptions
          runAsUser 4 int64 zero
          runAsGroup 8 int64 zero
          runAsNonRoot 5 bool zero
          readOnlyRootFilesystem 6 bool zero
          allowPrivilegeEscalation 7 bool zero
          procMount 9 string enum(Default,Unmasked)
          seccompProfile 11 SeccompProfile
          appArmorProfile 12 AppArmorProfile
        type Capabilities
          add 1 []string
          drop 2 []string
        type SELinuxOptions
          user 1 string
          role 2 string
          type 3 string
          level 4 string
        type WindowsSecurityContextOptions
          gmsaCredentialSpecName 1 string
          gmsaCredentialSpec 2 string
          runAsUserName 3 string
          hostProcess 4 bool
        type SeccompProfile
          type 1 string ! enum(Unconfined,RuntimeDefault,Localhost)
          localhostProfile 2 string
        type AppArmorProfile
          type 1 string ! enum(Unconfined,RuntimeDefault,Localhost)
          localhostProfile 2 string
        type EphemeralContainer
          inline 1 EphemeralContainerCommon
          targetContainerName 2 string
        type EphemeralContainerCommon
          name 1 string
          image 2 string
          command 3 []string
          args 4 []string
          workingDir 5 string
          ports 6 []ContainerPort map(containerPort,protocol)
          envFrom 19 []EnvFromSource
          env 7 []EnvVar map(name)
          resources 8 ResourceRequirements ={}
          resizePolicy 23 []ContainerResizePolicy
          restartPolicy 24 string
          volumeMounts 9 []VolumeMount map(mountPath)
          volumeDevices 21 []VolumeDevice map(devicePath)
          livenessProbe 10 Probe
          readinessProbe 11 Probe
          startupProbe 22 Probe
          lifecycle 12 Lifecycle
          terminationMessagePath 13 string =/dev/termination-log
          terminationMessagePolicy 20 string =File enum(File,FallbackToLogsOnError)
          imagePullPolicy 14 string enum(Always,Never,IfNotPresent)
          securityContext 15 SecurityContext
          stdin 16 bool
          stdinOnce 17 bool
          tty 18 bool
        type PodSecurityContext
          seLinuxOptions 1 SELinuxOptions
          windowsOptions 8 WindowsSecurityContextOptions
          runAsUser 2 int64 zero
          runAsGroup 6 int64 zero
          runAsNonRoot 3 bool zero
          supplementalGroups 4 []int64
          supplementalGroupsPolicy 12 string enum(Merge,Strict)
          fsGroup 5 int64 zero
          sysctls 7 []Sysctl
          fsGroupChangePolicy 9 string enum(OnRootMismatch,Always)
          seccompProfile 10 SeccompProfile
          appArmorProfile 11 AppArmorProfile
          seLinuxChangePolicy 13 string
        type Sysctl
          name 1 string !
          value 2 string !
        type Affinity
          nodeAffinity 1 NodeAffinity
          podAffinity 2 PodAffinity
          podAntiAffinity 3 PodAntiAffinity
        type NodeAffinity
          requiredDuringSchedulingIgnoredDuringExecution 1 NodeSelector
          preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm
        type NodeSelector atomic
          nodeSelectorTerms 1 []NodeSelectorTerm !
        type NodeSelectorTerm atomic
          matchExpressions 1 []NodeSelectorRequirement
          matchFields 2 []NodeSelectorRequirement
        type NodeSelectorRequirement
          key 1 string !
          operator 2 string ! enum(In,NotIn,Exists,DoesNotExist,Gt,Lt)
          values 3 []string
        type PreferredSchedulingTerm
          weight 1 int32 !
          preference 2 NodeSelectorTerm !
        type PodAffinity
          requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
          preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm
        type PodAffinityTerm
          labelSelector 1 LabelSelector
          namespaces 2 []string
          topologyKey 3 string !
          namespaceSelector 4 LabelSelector
          matchLabelKeys 5 []string
          mismatchLabelKeys 6 []string
        type WeightedPodAffinityTerm
          weight 1 int32 !
          podAffinityTerm 2 PodAffinityTerm !
        type PodAntiAffinity
          requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
          preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm
        type Toleration
          key 1 string
          operator 2 string enum(Equal,Exists)
          value 3 string
          effect 4 string enum(NoSchedule,PreferNoSchedule,NoExecute)
          tolerationSeconds 5 int64 zero
        type HostAlias
          ip 1 string !
          hostnames 2 []string
        type PodDNSConfig
          nameservers 1 []string
          searches 2 []string
          options 3 []PodDNSConfigOption
        type PodDNSConfigOption
          name 1 string
          value 2 string
        type PodReadinessGate
          conditionType 1 string !
        type TopologySpreadConstraint
          maxSkew 1 int32 !
          topologyKey 2 string !
          whenUnsatisfiable 3 string ! enum(DoNotSchedule,ScheduleAnyway)
          labelSelector 4 LabelSelector
          minDomains 5 int32
          nodeAffinityPolicy 6 string enum(Honor,Ignore)
          nodeTaintsPolicy 7 string enum(Honor,Ignore)
          matchLabelKeys 8 []string
        type PodOS
          name 1 string ! enum(linux,windows)
        type PodSchedulingGate
          name 1 string !
        type PodResourceClaim
          name 1 string !
          resourceClaimName 3 string
          resourceClaimTemplateName 4 string
        type PodStatus
          phase 1 string
          conditions 2 []PodCondition map(type)
          message 3 string
          reason 4 string
          nominatedNodeName 11 string
          hostIP 5 string
          hostIPs 16 []HostIP merge(name)
          podIP 6 string
          podIPs 12 []PodIP map(ip) replace
          startTime 7 time
          initContainerStatuses 10 []ContainerStatus
          containerStatuses 8 []ContainerStatus
          qosClass 9 string
          ephemeralContainerStatuses 13 []ContainerStatus
          resize 14 string
          resourceClaimStatuses 15 []PodResourceClaimStatus map(name) retainKeys
        type PodCondition
          type 1 string !
          status 2 string !
          lastProbeTime 3 time
          lastTransitionTime 4 time
          reason 5 string
          message 6 string
        type HostIP
          ip 1 string !
        type PodIP
          ip 1 string !
        type ContainerStatus
          name 1 string !
          state 2 ContainerState
          lastState 3 ContainerState
          ready 4 bool !
          restartCount 5 int32 !
          image 6 string !
          imageID 7 string !
          containerID 8 string
          started 9 bool zero
          allocatedResources 10 {}quantity
          resources 11 ResourceRequirements
          volumeMounts 12 []VolumeMountStatus map(mountPath)
          user 13 ContainerUser
          allocatedResourcesStatus 14 []ResourceStatus map(name)
        type ContainerState
          waiting 1 ContainerStateWaiting
          running 2 ContainerStateRunning
          terminated 3 ContainerStateTerminated
        type ContainerStateWaiting
          reason 1 string
          message 2 string
        type ContainerStateRunning
          startedAt 1 time
        type ContainerStateTerminated
          exitCode 1 int32 !
          signal 2 int32
          reason 3 string
          message 4 string
          startedAt 5 time
          finishedAt 6 time
          containerID 7 string
        type VolumeMountStatus
          name 1 string !
          mountPath 2 string !
          readOnly 3 bool
          recursiveReadOnly 4 string
        type ContainerUser
          linux 1 LinuxContainerUser
        type LinuxContainerUser
          uid 1 int64 !
          gid 2 int64 !
          supplementalGroups 3 []int64
        type ResourceStatus
          name 1 string !
          resources 2 []ResourceHealth map(resourceID) replace
        type ResourceHealth
          resourceID 1 string !
          health 2 string
        type PodResourceClaimStatus
          name 1 string !
          resourceClaimName 2 string
        type PodTemplateSpec
          metadata 1 ObjectMeta
          spec 2 PodSpec
        """
}
