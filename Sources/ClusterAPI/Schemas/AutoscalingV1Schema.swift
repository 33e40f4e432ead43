extension SchemaText {
    /// HorizontalPodAutoscaler in its first form, and the scale of anything that scales.
    static let autoscalingV1 = """
        package io.k8s.api.autoscaling.v1
        kind HorizontalPodAutoscalerV1 autoscaling/v1 horizontalpodautoscalers horizontalpodautoscaler short(hpa) namespaced categories(all) sub(status)
        kind Scale autoscaling/v1 - scale namespaced verbs()

        type HorizontalPodAutoscalerV1 as HorizontalPodAutoscaler : Keeps the mean CPU use of a workload's pods near a target by their number.
          metadata 1 ObjectMeta
          spec 2 HorizontalPodAutoscalerSpecV1
          status 3 HorizontalPodAutoscalerStatusV1
        type HorizontalPodAutoscalerSpecV1 as HorizontalPodAutoscalerSpec : What is scaled, between which bounds, and at which CPU use.
          scaleTargetRef 1 CrossVersionObjectReference ! : What is scaled.
          minReplicas 2 int32 =1 zero : The lowest count.
          maxReplicas 3 int32 ! : The highest count.
          targetCPUUtilizationPercentage 4 int32 zero : CPU use that is aimed at, in per cent of the request.
        type HorizontalPodAutoscalerStatusV1 as HorizontalPodAutoscalerStatus : What an autoscaler last saw and did.
          observedGeneration 1 int64
          lastScaleTime 2 time : When the replica count was last changed.
          currentReplicas 3 int32 ! : Replicas that the target had at the last look.
          desiredReplicas 4 int32 ! : Replicas that were last asked for.
          currentCPUUtilizationPercentage 5 int32 : CPU use of the pods in per cent of what they request.
        type Scale : How many replicas something has and should have.
          metadata 1 ObjectMeta
          spec 2 ScaleSpec
          status 3 ScaleStatus
        type ScaleSpec : How many replicas are wanted.
          replicas 1 int32 zero : How many there should be.
        type ScaleStatus : How many replicas there are, and which pods they are.
          replicas 1 int32 ! zero
          selector 2 string : The pods that count.
        """
}
