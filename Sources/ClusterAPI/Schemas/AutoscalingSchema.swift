extension SchemaText {
    /// HorizontalPodAutoscaler in its present form.
    static let autoscalingV2 = """
        package io.k8s.api.autoscaling.v2
        kind HorizontalPodAutoscaler autoscaling/v2 horizontalpodautoscalers horizontalpodautoscaler short(hpa) namespaced categories(all) sub(status)

        type HorizontalPodAutoscaler : Resizes a workload by measured metrics.
          metadata 1 ObjectMeta
          spec 2 HorizontalPodAutoscalerSpec
          status 3 HorizontalPodAutoscalerStatus
        type HorizontalPodAutoscalerSpec : What is scaled, by what, and within which limits.
          scaleTargetRef 1 CrossVersionObjectReference ! : The workload that is resized.
          minReplicas 2 int32 =1 zero : The lowest replica count.
          maxReplicas 3 int32 ! : The highest replica count.
          metrics 4 []MetricSpec : What is measured; the largest proposal wins.
          behavior 5 HorizontalPodAutoscalerBehavior : How fast it may grow and shrink.
        type CrossVersionObjectReference atomic : An object by its kind and name.
          kind 1 string !
          name 2 string !
          apiVersion 3 string
        type MetricSpec : Something that is measured and what it should be.
          type 1 string ! enum(Object,Pods,Resource,ContainerResource,External)
          object 2 ObjectMetricSource : A metric of one object.
          pods 3 PodsMetricSource : A metric of each pod.
          resource 4 ResourceMetricSource : CPU or memory of the pods.
          containerResource 7 ContainerResourceMetricSource : CPU or memory of one container of the pods.
          external 5 ExternalMetricSource : A metric from outside.
        type ObjectMetricSource : A figure that describes one object, such as requests of a Service.
          describedObject 1 CrossVersionObjectReference !
          target 2 MetricTarget !
          metric 3 MetricIdentifier !
        type MetricTarget : What a metric should be.
          type 1 string ! enum(Utilization,Value,AverageValue) : Utilization, Value or AverageValue.
          value 2 quantity
          averageValue 3 quantity : The value per pod.
          averageUtilization 4 int32 zero : Per cent of what the pods request.
        type MetricIdentifier : A metric by name and labels.
          name 1 string !
          selector 2 LabelSelector
        type PodsMetricSource : A figure of each pod of the target, averaged over them.
          metric 1 MetricIdentifier !
          target 2 MetricTarget !
        type ResourceMetricSource : CPU or memory of the target's pods.
          name 1 string !
          target 2 MetricTarget !
        type ContainerResourceMetricSource : CPU or memory of one container of the target's pods.
          name 1 string !
          target 2 MetricTarget !
          container 3 string ! : Name of the container.
        type ExternalMetricSource : A figure of something outside the cluster.
          metric 1 MetricIdentifier !
          target 2 MetricTarget !
        type HorizontalPodAutoscalerBehavior : How fast it may grow and shrink.
          scaleUp 1 HPAScalingRules : How fast it may grow.
          scaleDown 2 HPAScalingRules : How fast it may shrink.
        type HPAScalingRules : How fast the count may change in one direction.
          stabilizationWindowSeconds 3 int32 zero : How far back proposals are looked at, so that the count does not flap.
          selectPolicy 1 string enum(Max,Min,Disabled) : Max, Min or Disabled.
          policies 2 []HPAScalingPolicy : Limits of the change.
          tolerance 4 quantity : Share by which current and wanted value may differ before anything is done.
        type HPAScalingPolicy : The most that may change in a period.
          type 1 string ! enum(Pods,Percent)
          value 2 int32 ! : How many pods, or per cent of them.
          periodSeconds 3 int32 ! : Length of the period.
        type HorizontalPodAutoscalerStatus : What an autoscaler last saw and did.
          observedGeneration 1 int64
          lastScaleTime 2 time : When the count was last changed.
          currentReplicas 3 int32 : How many there are.
          desiredReplicas 4 int32 ! : How many there should be.
          currentMetrics 5 []MetricStatus : What was measured last.
          conditions 6 []HorizontalPodAutoscalerCondition map(type)
        type MetricStatus : The last reading of one metric.
          type 1 string !
          object 2 ObjectMetricStatus
          pods 3 PodsMetricStatus
          resource 4 ResourceMetricStatus
          containerResource 7 ContainerResourceMetricStatus
          external 5 ExternalMetricStatus
        type ObjectMetricStatus : The last reading of a figure of one object.
          metric 1 MetricIdentifier !
          current 2 MetricValueStatus !
          describedObject 3 CrossVersionObjectReference !
        type MetricValueStatus : A reading, in the form that the target has.
          value 1 quantity
          averageValue 2 quantity : The value divided by the number of pods.
          averageUtilization 3 int32 zero : The value in per cent of what the pods request.
        type PodsMetricStatus : The last reading of a figure of the target's pods.
          metric 1 MetricIdentifier !
          current 2 MetricValueStatus !
        type ResourceMetricStatus : The last reading of the pods' CPU or memory.
          name 1 string !
          current 2 MetricValueStatus !
        type ContainerResourceMetricStatus : The last reading of one container's CPU or memory.
          name 1 string !
          current 2 MetricValueStatus !
          container 3 string ! : Name of the container.
        type ExternalMetricStatus : The last reading of a figure from outside.
          metric 1 MetricIdentifier !
          current 2 MetricValueStatus !
        type HorizontalPodAutoscalerCondition : A statement about an autoscaler's work.
          type 1 string !
          status 2 string !
          lastTransitionTime 3 time
          reason 4 string
          message 5 string
        """
}
