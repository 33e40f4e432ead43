extension SchemaText {
    /// Pods and what they are made of.
    static let pod = """
        package io.k8s.api.core.v1
        kind Pod v1 pods pod short(po) namespaced categories(all) sub(attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status)

        type Pod : A group of containers that run together on one node, share its network and volumes.
          metadata 1 ObjectMeta
          spec 2 PodSpec : The containers of the pod, its volumes, and where and how it runs.
          status 3 PodStatus : Where the pod is in its life and how its containers are; written by its node.
        type PodSpec : What a pod is made of and where it may run.
          volumes 1 []Volume map(name) retainKeys : Storage that containers may mount.
          initContainers 20 []Container map(name) : Containers that run to their end, one after another, before the others start.
          containers 2 []Container ! map(name) : The containers of the pod; at least one.
          ephemeralContainers 34 []EphemeralContainer map(name) : Containers added to a running pod to look into it.
          restartPolicy 3 string =Always enum(Always,OnFailure,Never) : Whether containers that ended are started again: Always, OnFailure or Never.
          terminationGracePeriodSeconds 4 int64 =30 zero : Time between the request to stop and the kill.
          activeDeadlineSeconds 5 int64 zero : The pod is stopped when it has run for so long.
          dnsPolicy 6 string =ClusterFirst enum(ClusterFirstWithHostNet,ClusterFirst,Default,None) : Where names are looked up.
          nodeSelector 7 {}string atomic : Labels that a node must have to be chosen.
          serviceAccountName 8 string : The identity under which the pod talks to the API.
          serviceAccount 9 string : Old name of serviceAccountName.
          automountServiceAccountToken 21 bool zero : Whether the account's token is mounted into the containers.
          nodeName 10 string : The node that the pod is bound to; the scheduler fills it in.
          hostNetwork 11 bool : Uses the network of the node.
          hostPID 12 bool : The containers see the host's processes.
          hostIPC 13 bool : The containers share the host's memory segments and queues.
          shareProcessNamespace 27 bool zero : The containers of the pod see each other's processes.
          securityContext 14 PodSecurityContext ={} : Settings of users, groups and privileges for all containers.
          imagePullSecrets 15 []LocalObjectReference map(name) : Credentials for pulling images.
          hostname 16 string : Name of the host inside the pod; the pod's name by default.
          subdomain 17 string : Makes the pod's full name hostname.subdomain.namespace.svc.
          affinity 18 Affinity : Rules that attract the pod to nodes or other pods, or keep it away.
          schedulerName 19 string =default-scheduler : Who chooses the node.
          tolerations 22 []Toleration : Taints of nodes that the pod puts up with.
          hostAliases 23 []HostAlias map(ip) : Lines added to the pod's hosts file.
          priorityClassName 24 string : Name of the class that the priority comes from.
          priority 25 int32 zero : Importance; higher ones are placed first.
          dnsConfig 26 PodDNSConfig : Name servers and search domains beside those of dnsPolicy.
          readinessGates 28 []PodReadinessGate : Further conditions that must be true for the pod to be ready.
          runtimeClassName 29 string : Name of the runtime that runs the pod.
          enableServiceLinks 30 bool zero : Whether services appear as environment variables.
          preemptionPolicy 31 string enum(PreemptLowerPriority,Never) : Whether pods of lower priority may be ended to make room.
          overhead 32 {}quantity : Resources the runtime itself needs for the pod.
          topologySpreadConstraints 33 []TopologySpreadConstraint map(topologyKey,whenUnsatisfiable) : How pods like this one are spread over zones or nodes.
          setHostnameAsFQDN 35 bool zero : The host name inside is the full one.
          os 36 PodOS : The operating system that the pod is for.
          hostUsers 37 bool zero : Whether the users inside are those of the host.
          schedulingGates 38 []PodSchedulingGate map(name) : Names that must all be removed before the pod is placed.
          resourceClaims 39 []PodResourceClaim map(name) retainKeys : Devices that containers may ask for.
          resources 40 ResourceRequirements : What the whole pod asks for and may use at most.
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
          resizePolicy 23 []ContainerResizePolicy : Whether a change of resources restarts the container.
          restartPolicy 24 string : Always makes an init container a sidecar that runs as long as the pod.
          volumeMounts 9 []VolumeMount map(mountPath) : Where volumes appear in its file system.
          volumeDevices 21 []VolumeDevice map(devicePath) : Volumes that appear as block devices.
          livenessProbe 10 Probe : When it fails the container is started again.
          readinessProbe 11 Probe : While it fails the pod gets no traffic.
          startupProbe 22 Probe : The other probes wait until it succeeded once.
          lifecycle 12 Lifecycle : What happens right after the start and before the stop.
          terminationMessagePath 13 string =/dev/termination-log : File whose text is kept when the container ends.
          terminationMessagePolicy 20 string =File enum(File,FallbackToLogsOnError) : Where the last words come from: the file, or the end of the log.
          imagePullPolicy 14 string enum(Always,Never,IfNotPresent) : When the image is pulled; Always for the tag latest, else IfNotPresent.
          securityContext 15 SecurityContext : Users and privileges of this container.
          stdin 16 bool : Standard input stays open.
          stdinOnce 17 bool : Standard input closes after the first client that was attached.
          tty 18 bool : The container gets a terminal.
        type ContainerPort : A port that a container listens at.
          name 1 string : Name that services may call the port by.
          hostPort 2 int32 : Port of the host that leads to it.
          containerPort 3 int32 ! : Number of the port in the pod.
          protocol 4 string =TCP enum(SCTP,TCP,UDP) : TCP, UDP or SCTP; TCP when nothing is said.
          hostIP 5 string : Address of the host at which the host port is bound.
        type EnvFromSource : A ConfigMap or Secret whose keys become variables.
          prefix 1 string : Put in front of each name.
          configMapRef 2 ConfigMapEnvSource : Every entry of this ConfigMap becomes a variable.
          secretRef 3 SecretEnvSource : Every entry of this Secret becomes a variable.
        type ConfigMapEnvSource : A ConfigMap whose entries become variables.
          inline 1 LocalObjectReference
          optional 2 bool zero : Whether the container may start while the ConfigMap is missing.
        type SecretEnvSource : A Secret whose entries become variables.
          inline 1 LocalObjectReference
          optional 2 bool zero : Whether the container may start while the Secret is missing.
        type EnvVar : One environment variable.
          name 1 string ! : Name of the variable.
          value 2 string : Its value; $(NAME) stands for a variable set before.
          valueFrom 3 EnvVarSource : Where its value comes from.
        type EnvVarSource : Where a value comes from; one of these.
          fieldRef 1 ObjectFieldSelector : A field of the pod.
          resourceFieldRef 2 ResourceFieldSelector : A request or limit of a container.
          configMapKeyRef 3 ConfigMapKeySelector : A key of a ConfigMap.
          secretKeyRef 4 SecretKeySelector : A key of a Secret.
        type ConfigMapKeySelector atomic : An entry of a ConfigMap.
          inline 1 LocalObjectReference
          key 2 string ! : The entry whose value is taken.
          optional 3 bool zero : Whether the container may start while the ConfigMap or the entry is missing.
        type SecretKeySelector atomic : An entry of a Secret.
          inline 1 LocalObjectReference
          key 2 string ! : The entry whose value is taken.
          optional 3 bool zero : Whether the container may start while the Secret or the entry is missing.
        type ResourceRequirements : What is set aside, and the most that may be used.
          limits 1 {}quantity : The most that may be used, by resource.
          requests 2 {}quantity : What is set aside for it on the node, by resource.
          claims 3 []ResourceClaim map(name) replace : Devices of the pod's claims that the container uses.
        type ResourceClaim : A device of the pod that a container uses.
          name 1 string ! : The claim, as spec.resourceClaims of the pod calls it.
          request 2 string : The request of the claim that is meant; all of them when empty.
        type ContainerResizePolicy : What a change of a resource does to a running container.
          resourceName 1 string ! : The resource: cpu or memory.
          restartPolicy 2 string ! enum(NotRequired,RestartContainer) : NotRequired, or RestartContainer.
        type VolumeMount : Where a volume appears in a container.
          name 1 string ! : Name of the pod's volume.
          readOnly 2 bool : Whether the container may only read there.
          recursiveReadOnly 7 string enum(Disabled,IfPossible,Enabled) : Whether mounts below are read-only too.
          mountPath 3 string ! : Where it appears.
          subPath 4 string : The part of the volume that appears.
          mountPropagation 5 string enum(None,HostToContainer,Bidirectional) : Whether mounts made later pass between host and container.
          subPathExpr 6 string : As subPath, with $(NAME) standing for variables.
        type VolumeDevice : A raw block device given to a container.
          name 1 string ! : The claim, as spec.volumes of the pod calls it.
          devicePath 2 string ! : Where the device appears in the container.
        type Probe : A question that a container is asked again and again, and how its answers count.
          inline 1 ProbeHandler
          initialDelaySeconds 2 int32 : Time after the start before the first probe.
          timeoutSeconds 3 int32 =1 : Time a probe may take.
          periodSeconds 4 int32 =10 : Time between probes.
          successThreshold 5 int32 =1 : Successes in a row that count as success after a failure.
          failureThreshold 6 int32 =3 : Failures in a row that count as failure.
          terminationGracePeriodSeconds 7 int64 zero : Time to end that a failed probe gives, instead of the pod's.
        type ProbeHandler : How it is asked; one of these.
          exec 1 ExecAction : Runs a program in the container; exit code 0 is good.
          httpGet 2 HTTPGetAction : Asks by HTTP; a code from 200 to 399 is good.
          tcpSocket 3 TCPSocketAction : Opens a connection; getting one is good.
          grpc 4 GRPCAction : Asks the gRPC health service.
        type ExecAction : Runs a program in the container.
          command 1 []string : The program and its arguments; no shell is involved.
        type HTTPGetAction : Asks by HTTP.
          path 1 string =/ : Path of the request.
          port 2 intOrString ! : Number or name of the port.
          host 3 string : Host that is asked; the pod by default.
          scheme 4 string =HTTP enum(HTTP,HTTPS) : HTTP or HTTPS.
          httpHeaders 5 []HTTPHeader : Header fields of the request.
        type HTTPHeader : A header field that a probe sends.
          name 1 string ! : Name of the header; upper and lower case are the same.
          value 2 string ! : What the header says.
        type TCPSocketAction : Opens a connection.
          port 1 intOrString ! : Number or name of the port.
          host 2 string : Host that is called; the pod by default.
        type GRPCAction : A probe by gRPC's health protocol.
          port 1 int32 ! : The port, from 1 to 65535, at which the health service answers.
          service 2 string = : Name of the service that is asked about.
        type Lifecycle : What runs when a container starts and before it ends.
          postStart 1 LifecycleHandler : Runs just after the start; its failure ends the container.
          preStop 2 LifecycleHandler : Runs before the container is told to end.
        type LifecycleHandler : What is done; one of these.
          exec 1 ExecAction : Runs a program in the container.
          httpGet 2 HTTPGetAction : Asks by HTTP.
          tcpSocket 3 TCPSocketAction : Accepted from old manifests and without effect: a hook cannot be a connection.
          sleep 4 SleepAction : Waits.
        type SleepAction : A pause instead of a program.
          seconds 1 int64 ! : Length of the pause.
        type SecurityContext : What a container may do to the machine.
          capabilities 1 Capabilities : Capabilities added to or taken from the runtime's.
          privileged 2 bool zero : It may do what root may do on the host.
          seLinuxOptions 3 SELinuxOptions : SELinux label of the processes; it comes before that of the pod.
          windowsOptions 10 WindowsSecurityContextOptions : What concerns Windows containers only.
          runAsUser 4 int64 zero : User id of its processes.
          runAsGroup 8 int64 zero : Group id of its processes.
          runAsNonRoot 5 bool zero : It does not start as root.
          readOnlyRootFilesystem 6 bool zero : Its root file system cannot be written.
          allowPrivilegeEscalation 7 bool zero : Its processes may gain rights that their parent has not.
          procMount 9 string enum(Default,Unmasked) : How much of /proc is hidden: Default or Unmasked.
          seccompProfile 11 SeccompProfile : Which system calls the processes may make; it comes before that of the pod.
          appArmorProfile 12 AppArmorProfile : AppArmor profile of the processes; it comes before that of the pod.
        type Capabilities : Powers of the superuser that a container is given or denied.
          add 1 []string : Powers beside the usual ones.
          drop 2 []string : Usual powers that are taken away.
        type SELinuxOptions : The SELinux label of processes and files.
          user 1 string : The user part of the label.
          role 2 string : Role part of the label.
          type 3 string : The type part of the label.
          level 4 string : Level part of the label.
        type WindowsSecurityContextOptions : Settings for Windows; kept, and used nowhere on Linux.
          gmsaCredentialSpecName 1 string : Name of the account specification.
          gmsaCredentialSpec 2 string : The account specification itself.
          runAsUserName 3 string : User that the container's first program runs as.
          hostProcess 4 bool : The container is a process of the host.
        type SeccompProfile : Which system calls may be made.
          type 1 string ! enum(Unconfined,RuntimeDefault,Localhost) : Localhost for a file on the node, RuntimeDefault for the profile of the runtime, Unconfined for none.
          localhostProfile 2 string : File of the profile on the node, for the type Localhost.
        type AppArmorProfile : The AppArmor profile that confines a container.
          type 1 string ! enum(Unconfined,RuntimeDefault,Localhost) : Localhost for a profile loaded on the node, RuntimeDefault for the profile of the runtime, Unconfined for none.
          localhostProfile 2 string : Name of the profile on the node, for the type Localhost.
        type EphemeralContainer : A container added to a running pod to look into it.
          inline 1 EphemeralContainerCommon
          targetContainerName 2 string : The container whose processes it can see.
        type EphemeralContainerCommon : The part that is like an ordinary container.
          name 1 string : Name of the container, unlike that of any other container of the pod.
          image 2 string : Image to run.
          command 3 []string : Program and first arguments, in place of those of the image.
          args 4 []string : Arguments of the program.
          workingDir 5 string : Folder in which the program starts.
          ports 6 []ContainerPort map(containerPort,protocol) : Not allowed here.
          envFrom 19 []EnvFromSource : Objects all of whose entries become variables.
          env 7 []EnvVar map(name) : Variables of the process.
          resources 8 ResourceRequirements ={} : Not allowed here: it uses what the pod has to spare.
          resizePolicy 23 []ContainerResizePolicy : Not allowed here.
          restartPolicy 24 string : Not allowed here.
          volumeMounts 9 []VolumeMount map(mountPath) : Where volumes of the pod appear in its file system; parts of volumes cannot be mounted.
          volumeDevices 21 []VolumeDevice map(devicePath) : Claims that appear as block devices.
          livenessProbe 10 Probe : Not allowed here: nothing watches over such a container.
          readinessProbe 11 Probe : Not allowed here: nothing waits for such a container.
          startupProbe 22 Probe : Not allowed here: nothing waits for such a container.
          lifecycle 12 Lifecycle : Not allowed here.
          terminationMessagePath 13 string =/dev/termination-log : File in which the program may leave its last words.
          terminationMessagePolicy 20 string =File enum(File,FallbackToLogsOnError) : Whether the end of the log stands in for last words: File or FallbackToLogsOnError.
          imagePullPolicy 14 string enum(Always,Never,IfNotPresent) : When the image is pulled: Always, IfNotPresent or Never.
          securityContext 15 SecurityContext : With which rights it runs; what is said here comes before what the pod says.
          stdin 16 bool : Whether the program has an input that stays open.
          stdinOnce 17 bool : Whether the input closes after the first client.
          tty 18 bool : Whether the program gets a terminal.
        type PodSecurityContext : What the pod's containers may do, where they do not say it themselves.
          seLinuxOptions 1 SELinuxOptions : SELinux label of all containers that have none of their own.
          windowsOptions 8 WindowsSecurityContextOptions : What concerns Windows containers only.
          runAsUser 2 int64 zero : User id of all processes.
          runAsGroup 6 int64 zero : Group id of all processes.
          runAsNonRoot 3 bool zero : No container starts as root.
          supplementalGroups 4 []int64 : Further groups of all processes.
          supplementalGroupsPolicy 12 string enum(Merge,Strict) : Whether groups of the image count too: Merge or Strict.
          fsGroup 5 int64 zero : Group that owns the volumes.
          sysctls 7 []Sysctl : Kernel parameters that are set for the pod.
          fsGroupChangePolicy 9 string enum(OnRootMismatch,Always) : When volumes change their group: Always or OnRootMismatch.
          seccompProfile 10 SeccompProfile : Which system calls containers may make that say nothing themselves.
          appArmorProfile 11 AppArmorProfile : AppArmor profile of all containers that have none of their own.
          seLinuxChangePolicy 13 string : How volumes get their SELinux label: MountOption or Recursive.
        type Sysctl : A kernel parameter that the pod sets for itself.
          name 1 string ! : Name of the parameter, with dots.
          value 2 string ! : What it is set to.
        type Affinity : Where pods like to be, and where they do not.
          nodeAffinity 1 NodeAffinity : By labels of nodes.
          podAffinity 2 PodAffinity : Near other pods.
          podAntiAffinity 3 PodAntiAffinity : Away from other pods.
        type NodeAffinity : Which nodes are needed and which are liked.
          requiredDuringSchedulingIgnoredDuringExecution 1 NodeSelector : Nodes that may be chosen.
          preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm : Nodes that are liked, with how much.
        type NodeSelector atomic : Nodes that fit one of the terms.
          nodeSelectorTerms 1 []NodeSelectorTerm ! : One of these has to fit.
        type NodeSelectorTerm atomic : Conditions that all have to fit.
          matchExpressions 1 []NodeSelectorRequirement : Conditions on labels.
          matchFields 2 []NodeSelectorRequirement : Conditions on fields: metadata.name.
        type NodeSelectorRequirement : A condition on one label.
          key 1 string ! : The label of the node that is looked at.
          operator 2 string ! enum(In,NotIn,Exists,DoesNotExist,Gt,Lt) : In and NotIn compare with the values, Exists and DoesNotExist take none, Gt and Lt compare integers.
          values 3 []string : What the label is compared with.
        type PreferredSchedulingTerm : Nodes that are liked, and how much.
          weight 1 int32 ! : From 1 to 100: how much a node gains that fits.
          preference 2 NodeSelectorTerm ! : What the node should have.
        type PodAffinity : Pods that this one wants to be near to.
          requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm : Pods that must run in the same place already when this one is scheduled.
          preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm : Nearness that is liked, each with its weight.
        type PodAffinityTerm : Pods, and what counts as near them.
          labelSelector 1 LabelSelector : Labels of the pods meant; none are meant when it is missing.
          namespaces 2 []string : Namespaces of the pods meant.
          topologyKey 3 string ! : Label whose value nodes share that are near each other.
          namespaceSelector 4 LabelSelector : Labels of the namespaces meant.
          matchLabelKeys 5 []string : Labels in whose values the other pods must be like this one.
          mismatchLabelKeys 6 []string : Labels in whose values the other pods must be unlike this one.
        type WeightedPodAffinityTerm : A nearness, and how much it counts.
          weight 1 int32 ! : From 1 to 100: how much a place counts where such pods run.
          podAffinityTerm 2 PodAffinityTerm ! : Which pods, and what counts as one place.
        type PodAntiAffinity : Pods that this one wants to be away from.
          requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm : Pods that must not run in the same place when this one is scheduled.
          preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm : Distance that is liked, each with its weight.
        type Toleration : A taint that the pod bears.
          key 1 string : Key of the taint; all keys when empty.
          operator 2 string enum(Equal,Exists) : Equal compares the value, Exists does not.
          value 3 string : Value of the taint.
          effect 4 string enum(NoSchedule,PreferNoSchedule,NoExecute) : Effect of the taint; all effects when empty.
          tolerationSeconds 5 int64 zero : How long a NoExecute taint is borne; for ever when absent.
        type HostAlias : A line of the hosts file.
          ip 1 string ! : The address that the names stand for.
          hostnames 2 []string : Names of the address.
        type PodDNSConfig : Settings of name lookup inside the pod.
          nameservers 1 []string : Addresses of name servers.
          searches 2 []string : Domains that are tried behind short names.
          options 3 []PodDNSConfigOption : Options of the resolver; of two with one name the one given here holds.
        type PodDNSConfigOption : An option of the resolver, such as ndots.
          name 1 string : Name of the option, such as ndots.
          value 2 string : Its value, where it takes one.
        type PodReadinessGate : A further condition of readiness.
          conditionType 1 string ! : The type of the pod's condition that must be True.
        type TopologySpreadConstraint : How evenly pods lie over zones, nodes or other domains.
          maxSkew 1 int32 ! : The most by which domains may differ.
          topologyKey 2 string ! : Label whose values are the domains.
          whenUnsatisfiable 3 string ! enum(DoNotSchedule,ScheduleAnyway) : Whether the pod waits or goes somewhere all the same.
          labelSelector 4 LabelSelector : Labels of the pods that are counted.
          minDomains 5 int32 : How many domains there should be at least.
          nodeAffinityPolicy 6 string enum(Honor,Ignore) : Whether nodes that the pod may not go to count: Honor or Ignore.
          nodeTaintsPolicy 7 string enum(Honor,Ignore) : Whether nodes whose taints keep the pod away count: Honor or Ignore.
          matchLabelKeys 8 []string : Labels in whose values the counted pods must be like this one.
        type PodOS : The operating system that a pod is for.
          name 1 string ! enum(linux,windows) : linux or windows.
        type PodSchedulingGate : Something that has to happen before the pod is placed.
          name 1 string ! : Name of the gate, unlike that of any other gate of the pod.
        type PodResourceClaim : A device that containers of the pod may use.
          name 1 string ! : What containers call the claim.
          resourceClaimName 3 string : Name of a claim that is there.
          resourceClaimTemplateName 4 string : Name of a template from which a claim is made for the pod.
        type PodStatus : How a pod is doing.
          phase 1 string : Pending, Running, Succeeded, Failed or Unknown.
          conditions 2 []PodCondition map(type) : How far the pod has come: scheduled, initialized, ready.
          message 3 string : Why the pod is in its phase, in a sentence.
          reason 4 string : Why the pod is in its phase, in one word such as Evicted.
          nominatedNodeName 11 string : Node where room is being made for it.
          hostIP 5 string : Address of its node.
          hostIPs 16 []HostIP merge(name) : Addresses of its node.
          podIP 6 string : Address of the pod.
          podIPs 12 []PodIP map(ip) replace : Addresses of the pod.
          startTime 7 time : When the node took it.
          initContainerStatuses 10 []ContainerStatus : How its init containers are doing.
          containerStatuses 8 []ContainerStatus : How its containers are doing.
          qosClass 9 string : How well it is protected when memory runs short.
          ephemeralContainerStatuses 13 []ContainerStatus : How the containers are that were added for debugging.
          resize 14 string : How far a change of resources has come: Proposed, InProgress, Deferred or Infeasible.
          resourceClaimStatuses 15 []PodResourceClaimStatus map(name) retainKeys : Which claims were made for the pod.
        type PodCondition : Something that holds of a pod.
          type 1 string ! : PodScheduled, Initialized, ContainersReady, Ready, PodReadyToStartContainers, or one that somebody else watches over.
          status 2 string ! : True, False or Unknown.
          lastProbeTime 3 time : When the condition was last looked at.
          lastTransitionTime 4 time : When it last went from one status to another.
          reason 5 string : Why it last changed, in one word.
          message 6 string : Why it last changed, in a sentence.
        type HostIP : An address of the node.
          ip 1 string ! : An address of the node.
        type PodIP : An address of the pod.
          ip 1 string ! : An address of the pod.
        type ContainerStatus : How a container is doing.
          name 1 string ! : Name of the container in the specification.
          state 2 ContainerState : What it does now.
          lastState 3 ContainerState : How its last run ended.
          ready 4 bool ! : Whether it passes its readiness probe.
          restartCount 5 int32 ! : How often it was started again.
          image 6 string ! : The image it runs.
          imageID 7 string ! : Identity of the image's content.
          containerID 8 string : Identity at the runtime.
          started 9 bool zero : Whether it has passed its startup probe.
          allocatedResources 10 {}quantity : What the node has set aside for the container.
          resources 11 ResourceRequirements : What the running container has been granted.
          volumeMounts 12 []VolumeMountStatus map(mountPath) : How its volumes are mounted.
          user 13 ContainerUser : As whom its first process was started.
          allocatedResourcesStatus 14 []ResourceStatus map(name) : How the devices are that it was given.
        type ContainerState : What a container does; one of these.
          waiting 1 ContainerStateWaiting : It does not run yet, or not again yet.
          running 2 ContainerStateRunning : It runs.
          terminated 3 ContainerStateTerminated : It has ended.
        type ContainerStateWaiting : A waiting container.
          reason 1 string : Why it does not run yet, in one word such as CrashLoopBackOff.
          message 2 string : Why it does not run yet, in a sentence.
        type ContainerStateRunning : A running container.
          startedAt 1 time : When the run began.
        type ContainerStateTerminated : How a container ended.
          exitCode 1 int32 ! : Exit code of its program.
          signal 2 int32 : Signal that ended it.
          reason 3 string : How it ended, in one word: Completed, Error, OOMKilled.
          message 4 string : Its last words, or why it could not begin.
          startedAt 5 time : When the run began.
          finishedAt 6 time : When the run ended.
          containerID 7 string : Identity of the run that ended.
        type VolumeMountStatus : How a volume was mounted.
          name 1 string ! : The volume, as the pod calls it.
          mountPath 2 string ! : Where the volume appears in the container.
          readOnly 3 bool : Whether it is mounted for reading only.
          recursiveReadOnly 4 string : Whether mounts below are read-only too: Disabled or Enabled.
        type ContainerUser : The user that the first program started as.
          linux 1 LinuxContainerUser : User and groups of the first process.
        type LinuxContainerUser : User and groups on Linux, as numbers.
          uid 1 int64 ! : Number of the user.
          gid 2 int64 ! : The primary group.
          supplementalGroups 3 []int64 : Further groups.
        type ResourceStatus : How the devices of a container are doing.
          name 1 string ! : Name of the resource.
          resources 2 []ResourceHealth map(resourceID) replace : How each device is.
        type ResourceHealth : How one device is doing.
          resourceID 1 string ! : Identity of the device.
          health 2 string : Healthy, Unhealthy or Unknown.
        type PodResourceClaimStatus : The claim that was made for the pod.
          name 1 string ! : What containers call the claim.
          resourceClaimName 2 string : Name of the claim.
        type PodTemplateSpec : What new pods look like.
          metadata 1 ObjectMeta : Labels and annotations of the pods that are made.
          spec 2 PodSpec : What the pods are that are made.
        """
}
